"""All kinds of mails."""

from mcp_local_graph.sandbox.data.letterbox import (
    elsewhere,
    hostile,
    languages,
    meetings,
    newsletter,
    notices,
    oneoffs,
    projects,
    vessel,
)

KINDS = (vessel, projects, languages, notices, newsletter, meetings, oneoffs, hostile, elsewhere)
