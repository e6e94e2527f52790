"""The language of mail searches: words, phrases, and properties such as `from:` and `received>=`.

After Microsoft's page on $search with messages, and its list of searchable properties in Exchange. Days are UTC's.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.graph.odata.dialects import bad_request
from mcp_local_graph.sandbox.graph.odata.search import Sign, combined, phrases, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_local_graph.sandbox.graph.odata.rules import Item, Test

    # What a property's words are looked for in.
    Texts = Callable[[Item], list[str]]

_TOKEN = re.compile(
    r"""\s*(?:(?P<sign>[()])
    |(?P<not>-(?=\S))
    |(?P<term>(?:(?P<name>\w+)\s*(?P<operator>:|<=|>=|<>|<|>|=)\s*)?(?:"[^"]*"|[^\s()"]+))
    |(?P<wrong>.))""",
    re.VERBOSE,
)
_TERM = re.compile(r'(?:(?P<name>\w+)\s*(?P<operator>:|<=|>=|<>|<|>|=)\s*)?(?P<value>"[^"]*"|.+)', re.DOTALL)
_DATES = {"received": "receivedDateTime", "sent": "sentDateTime"}
_SPAN = re.compile(r"(.+)\.\.(.+)")


def search(texts: dict[str, Texts], today: date) -> Callable[[str], Test]:
    """A search over mails. `texts` says what each property is looked for in; "" is for words without a property."""

    def leaf(term: str) -> Test:
        found = _TERM.fullmatch(term)
        name, operator, value = (found["name"], found["operator"], found["value"]) if found else ("", "", term)
        name = (name or "").lower()
        if name in _DATES:
            return _dated(_DATES[name], operator, value.strip('"').lower(), today)
        if name in {"hasattachment", "hasattachments", "isread", "importance", "kind"}:
            return _exact(name, value.strip('"').lower())
        if name not in texts:
            return lambda _item: False
        return _texts(texts[name], value)

    def phrase(text: str) -> Test:
        return combined(_terms(text), leaf)

    return lambda text: combined(phrases(text), phrase)


def _terms(text: str) -> list[Sign | str]:
    terms: list[Sign | str] = []
    for match in _TOKEN.finditer(text):
        if match["wrong"] and match["wrong"].strip():
            raise bad_request(f"Syntax error: character '{match['wrong']}' is not valid at position {match.start()}.")
        if match["sign"] or match["not"]:
            terms.append(Sign(match["sign"] or "NOT"))
        elif term := match["term"]:
            terms.append(Sign(term) if term in {"AND", "OR", "NOT"} else term)
    return terms


def _texts(texts: Texts, value: str) -> Test:
    """Words side by side where they stand in quotes; the last may end in a star."""
    phrase = value.startswith('"')
    beginning = value.strip('"').endswith("*")
    wanted = words(value)
    if not wanted:
        return lambda _item: False
    if phrase or len(wanted) > 1:
        return lambda item: any(_side_by_side(words(text), wanted, beginning=beginning) for text in texts(item))
    return lambda item: any(_among(words(text), wanted[0], beginning=beginning) for text in texts(item))


def _side_by_side(found: list[str], wanted: list[str], *, beginning: bool) -> bool:
    *first, last = wanted
    for start in range(len(found) - len(wanted) + 1):
        *here, end = found[start : start + len(wanted)]
        if here == first and (end.startswith(last) if beginning else end == last):
            return True
    return False


def _among(found: list[str], wanted: str, *, beginning: bool) -> bool:
    return any(word.startswith(wanted) for word in found) if beginning else wanted in found


def _exact(name: str, value: str) -> Test:
    tests: dict[str, Test] = {
        "hasattachment": lambda item: item["hasAttachments"] == _truth(value),
        "hasattachments": lambda item: item["hasAttachments"] == _truth(value),
        "isread": lambda item: item["isRead"] == _truth(value),
        "importance": lambda item: item["importance"] == value,
        "kind": lambda _item: value == "email",
    }
    return tests[name]


def _truth(value: str) -> bool | None:
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(value)


def _dated(name: str, operator: str, value: str, today: date) -> Test:
    first, last = _days(value, today)

    def test(item: Item) -> bool:
        day = _day_of(item[name])
        checks = {
            ":": first <= day <= last,
            "=": first <= day <= last,
            "<>": not first <= day <= last,
            "<": day < first,
            "<=": day <= last,
            ">": day > last,
            ">=": day >= first,
        }
        return checks[operator]

    return test


def _days(value: str, today: date) -> tuple[date, date]:
    """The first and the last day that are meant."""
    if span := _SPAN.fullmatch(value):
        return _days(span[1], today)[0], _days(span[2], today)[1]
    monday = today - timedelta(days=today.weekday())
    named = {
        "today": (today, today),
        "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "this week": (monday, monday + timedelta(days=6)),
        "last week": (monday - timedelta(days=7), monday - timedelta(days=1)),
        "this month": (today.replace(day=1), today),
    }
    return named.get(value) or (_day(value), _day(value))


def _day(value: str) -> date:
    """A day as 2026-11-25 (a time behind it is left out) or as 11/25/2026."""
    for shape in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(value[:10], shape).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise bad_request(f"The date '{value}' of the search cannot be read.")


def _day_of(value: Any) -> date:  # noqa: ANN401 - JSON
    return datetime.fromisoformat(value).date()
