"""Graph's answers held to the types that its documentation gives: a property of another type counts as missing.

An answer is input. Tools read what they know by name, and need not ask of each value what it is. What is named here has
one type wherever the tools meet it; graph_get, which shows any resource, takes answers as they are.
"""

from __future__ import annotations

from typing import Any

_TEXTS = """
    address bodyPreview companyName contentType conversationId department displayName jobTitle mail mobilePhone name
    number officeLocation preferredLanguage showAs sensitivity subject userPrincipalName availabilityView joinUrl
    seriesMasterId scheduleId type
"""
_OBJECTS = """
    body emailAddress flag from location onlineMeeting organizer pattern range recurrence responseStatus uniqueBody
    workingHours
"""
_LISTS_OF_OBJECTS = """
    attachments attendees ccRecipients childFolders emailAddresses internetMessageHeaders phones scheduleItems
    scoredEmailAddresses toRecipients value
"""
_NUMBERS = "@odata.count childFolderCount interval month size totalItemCount unreadItemCount"
_TYPES: dict[str, type] = {
    **dict.fromkeys(_TEXTS.split(), str),
    **dict.fromkeys(_OBJECTS.split(), dict),
    **dict.fromkeys(_LISTS_OF_OBJECTS.split(), list),
    **dict.fromkeys(_NUMBERS.split(), int),
}
_OF_OBJECTS = frozenset(_LISTS_OF_OBJECTS.split())
# These have texts in them.
_OF_TEXTS = frozenset({"businessPhones", "daysOfWeek"})
# The largest number that Graph's types have.
_LARGEST = 2**63 - 1


def fitting(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A copy of a JSON value without the properties of another type than theirs. `bodies` bounds its depth."""
    if isinstance(value, list):
        return [fitting(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "name" in value and isinstance(value.get("value"), str):  # a header, whose value is no list
        return {"name": value["name"], "value": value["value"]}
    whole: dict[str, Any] = {}
    for name, each in value.items():
        # Most are texts that are, or may be, some; and a list has hundreds.
        if type(each) is str and _TYPES.get(name, str) is str and name not in _OF_TEXTS:
            whole[name] = each
        elif _fits(name, each):
            whole[name] = fitting(_whole(name, each)) if isinstance(each, dict | list) or name == "id" else each
    return whole


def _whole(name: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    """An id is a text, if an empty one: an object that has no other cannot be asked for again."""
    return value if name != "id" or isinstance(value, str) else ""


def _fits(name: str, value: object) -> bool:
    if name in _OF_TEXTS:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    kind = _TYPES.get(name)
    if kind is None or (value is None and name != "value"):
        return True
    if not isinstance(value, kind) or isinstance(value, bool):
        return False
    if isinstance(value, int):
        return 0 <= value <= _LARGEST
    return name not in _OF_OBJECTS or (isinstance(value, list) and all(isinstance(each, dict) for each in value))
