"""What Graph has and the demo tenant has not: names of its parts, by hand."""

from __future__ import annotations

from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.router import names

# The service has no such code: nobody shall take this answer for one of its own.
CODE = "NotInDemoTenant"
# With the collection before it where the name is served at other places.
_PARTS = frozenset(
    names(
        """activities admin administrativeunits agreements allchannels analytics applications approleassignments
        auditlogs authentication calendargroups channels chats communications compliance contactfolders
        contracts conversations delta deviceappmanagement devicemanagement devices directory directoryobjects
        directoryroles domains education employeeexperience extensions external filestorage following
        followedsites identity identitygovernance identityprotection inferenceclassification
        informationprotection insights installedapps licensedetails manageddevices messagerules
        oauth2permissiongrants onenote onlinemeetings organization outlook ownedobjects owneddevices
        permissions photo photos planner policies presence primarychannel print registereddevices recent
        reports rolemanagement schedule schemaextensions security serviceprincipals settings sharedwithme
        sites solutions special subscribedskus subscriptions tags team teamwork threads thumbnails
        transitivememberof transitivemembers transitivereports versions workbook groups/calendar
        groups/calendarview groups/drive groups/drives groups/events"""
    )
)


def lacks(path: str) -> GraphRefused | None:
    """The refusal of a path (below the version) that leads into such a part; None for one that leads nowhere."""
    words = [segment.partition("(")[0].lower() for segment in path.split("/")]
    if not {*words, "/".join(words[:3:2])} & _PARTS:
        return None
    return GraphRefused(501, CODE, "The demo tenant does not have this part of Microsoft Graph.")
