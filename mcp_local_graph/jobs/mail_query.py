"""Which question to put to Graph for what somebody wants to find in mail.

Messages can be asked for by `$filter` with `$orderby` or by `$search`, never by both (SearchWithFilter,
SearchWithOrderBy). A sorted filter must begin with the property that sorts (InefficientFilter). `$search` knows words,
people, subject, dates and attachments, but neither unread nor flagged; those are then looked for in what was found.
Source: learn.microsoft.com, "Use the $search query parameter", "List messages".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.errors import RequestRefused
from mcp_local_graph.jobs import zones

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NEWEST = ("receivedDateTime desc",)
# Earlier than any mail: a filter that says so costs nothing and lets a sorted filter begin with what it is sorted by.
_EVER = "1900-01-01T00:00:00Z"
# The last moment before a time.
_MOMENT = timedelta(microseconds=1)
_ADDRESS = re.compile(r"[^@\s\"']+@[^@\s\"']+")
# A term of a search as Outlook's search box takes it: perhaps a minus, perhaps a property, then a phrase or a word.
# Source: learn.microsoft.com, "Use the $search query parameter", searchable email properties.
_TERM = re.compile(
    r"\(*(?P<minus>-(?=[^\s-]))?"
    r"(?:(?P<name>from|to|cc|bcc|participants|recipients|subject|body|attachment|hasattachments?|importance):\s*)?"
    r'(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))',
    re.IGNORECASE,
)
# Properties of a search, here or elsewhere, for which there are arguments.
_ELSEWHERE = re.compile(r"\(*-?(received|sent|is|in|has|before|after)[:<>=]", re.IGNORECASE)
# What has a meaning of its own in KQL, or would end the string it stands in.
_KQL = re.compile(r"[\"\\()*:<>=\x00-\x1f]+")


class Wanted(NamedTuple):
    """What somebody wants to find; what is empty does not matter. The times have a zone."""

    words: str = ""
    sender: str = ""
    recipient: str = ""
    subject: str = ""
    after: datetime | None = None
    before: datetime | None = None
    unread: bool = False
    flagged: bool = False
    attachments: bool = False

    @property
    def is_search(self) -> bool:
        """Whether only `$search` finds it: words, a subject, a recipient, or a sender who is no whole address."""
        return bool(self.words or self.recipient or self.subject or (self.sender and not _is_address(self.sender)))

    def stored(self) -> dict[str, Any]:
        """As JSON can hold it: what is not empty."""
        kept = {name: value for name, value in self._asdict().items() if value}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in kept.items()}

    @classmethod
    def restored(cls, facts: Mapping[str, Any]) -> Wanted:
        """Back from there."""
        times = {name: datetime.fromisoformat(facts[name]) for name in ("after", "before") if name in facts}
        return cls(**{**facts, **times})


class Plan(NamedTuple):
    """The options for Graph, and a test for what Graph cannot be asked together with them.

    `said` tells a model how the question was put; `local` names what is only looked for in what Graph found. `drops`
    is whether `keep` may leave something out of that.
    """

    options: dict[str, Any]
    keep: Callable[[Mapping[str, Any]], bool]
    said: str
    local: str = ""
    drops: bool = False


def planned(wanted: Wanted) -> Plan:
    """The one form that Graph accepts for what is wanted.

    Raises:
        RequestRefused: there is nothing to search for, or it is to be said otherwise.
    """
    return _search(wanted) if wanted.is_search else _filter(wanted)


def _search(wanted: Wanted) -> Plan:
    parts = [*_words(wanted.words), *_properties(wanted)]
    local = [name for name, on in (("unread", wanted.unread), ("flagged", wanted.flagged)) if on]
    if not parts:
        raise RequestRefused("There is nothing to search for in this.", "Give words, a name or an address.")
    kql = " AND ".join(parts)
    return Plan(
        options={"search": '"{}"'.format(kql.replace('"', '\\"'))},
        keep=lambda message: _fits(message, wanted),
        said=f"searched for {kql}",
        local=" and ".join(local),
        drops=bool(local or wanted.after or wanted.before),
    )


def _properties(wanted: Wanted) -> list[str]:
    """The restrictions of KQL. `received` is by whole days of UTC: the hours are looked at in what was found.

    Source: learn.microsoft.com, "Keyword queries and search conditions for eDiscovery": all searches are in UTC.
    """
    named = (("from", wanted.sender), ("to", wanted.recipient), ("subject", wanted.subject))
    last = wanted.before - _MOMENT if wanted.before else None
    days = (("received>=", wanted.after), ("received<=", last))
    return [
        *(f"{name}:{phrase}" for name, value in named if (phrase := _phrase(value))),
        *(f"{name}{when.astimezone(UTC):%Y-%m-%d}" for name, when in days if when),
        *(["hasattachment:true"] if wanted.attachments else []),
    ]


def _words(text: str) -> list[str]:
    """The terms, all of which have to be there. OR joins two of which either will do; NOT or a minus denies one."""
    choices: list[list[str]] = []
    is_or = is_not = False
    for found in _TERM.finditer(text):
        said = found[0].strip("()")
        if said in {"AND", "OR", "NOT"}:
            is_or, is_not = is_or or said == "OR", is_not or said == "NOT"
        elif term := _term(found):
            term = f"NOT {term}" if is_not or found["minus"] else term
            if is_or and choices:
                choices[-1].append(term)
            else:
                choices.append([term])
            is_or = is_not = False
    return [one[0] if len(one) == 1 else f"({' OR '.join(one)})" for one in choices]


def _term(found: re.Match[str]) -> str:
    """One term of KQL; empty where it has nothing that could be looked for.

    Raises:
        RequestRefused: an argument is for it.
    """
    if elsewhere := _ELSEWHERE.match(found[0]):
        raise RequestRefused(
            f"`query` takes no `{elsewhere[1].lower()}`.",
            "Use the arguments after, before, unread, flagged, has_files, folder.",
        )
    value = found["phrase"] or found["word"] or ""
    plain = _phrase(value)
    if not any(sign.isalnum() for sign in plain):
        return ""
    name = (found["name"] or "").lower().replace("hasattachments", "hasattachment")
    beginning = "*" if value.strip("()").endswith("*") and '"' not in plain else ""
    return f"{name}{':' if name else ''}{plain}{beginning}"


def _phrase(text: str) -> str:
    """One word as it is, several in quotation marks, without what has a meaning in KQL.

    The words AND, OR and NOT mean something in capitals only.
    """
    plain = _KQL.sub(" ", text).split()
    words = [word.lower() if word in {"AND", "OR", "NOT", "NEAR"} else word for word in plain]
    return f'"{" ".join(words)}"' if len(words) > 1 else "".join(words)


def _filter(wanted: Wanted) -> Plan:
    tests = [f"receivedDateTime ge {zones.utc(wanted.after) if wanted.after else _EVER}"]
    tests += [f"receivedDateTime lt {zones.utc(wanted.before)}"] if wanted.before else []
    tests += [f"from/emailAddress/address eq '{wanted.sender}'"] if wanted.sender else []  # an address has no quotes
    tests += ["isRead eq false"] if wanted.unread else []
    tests += ["flag/flagStatus eq 'flagged'"] if wanted.flagged else []
    tests += ["hasAttachments eq true"] if wanted.attachments else []
    only_order = len(tests) == 1 and wanted.after is None
    options = {"orderby": NEWEST} if only_order else {"orderby": NEWEST, "filter": " and ".join(tests)}
    return Plan(options=options, keep=lambda _: True, said=", ".join([*_named(wanted), "newest first"]))


def _named(wanted: Wanted) -> list[str]:
    """What a filter asks for, in words."""
    times = (("from", wanted.after), ("until", wanted.before))
    return [
        *(["unread"] if wanted.unread else []),
        *(["flagged"] if wanted.flagged else []),
        *(["with files"] if wanted.attachments else []),
        *([f"by {wanted.sender}"] if wanted.sender else []),
        *(f"{name} {when:%Y-%m-%d %H:%M}" for name, when in times if when),
    ]


def _fits(message: Mapping[str, Any], wanted: Wanted) -> bool:
    """What Graph could not be asked together with a search."""
    received = zones.moment(message.get("receivedDateTime"), UTC)  # a draft has none
    return (
        not (wanted.unread and message.get("isRead"))
        and not (wanted.flagged and (message.get("flag") or {}).get("flagStatus") != "flagged")
        and not (wanted.after and received and received < wanted.after)
        and not (wanted.before and received and received >= wanted.before)
    )


def _is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None
