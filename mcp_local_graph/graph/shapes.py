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
_LISTS_OF_TEXTS = "businessPhones daysOfWeek"
_NUMBERS = "@odata.count childFolderCount interval month size totalItemCount unreadItemCount"
_TYPES: dict[str, type] = {
    **dict.fromkeys(_TEXTS.split(), str),
    **dict.fromkeys(_OBJECTS.split(), dict),
    **dict.fromkeys(_LISTS_OF_OBJECTS.split(), list),
    **dict.fromkeys(_LISTS_OF_TEXTS.split(), list),
    **dict.fromkeys(_NUMBERS.split(), int),
    "id": str,
}
_ITEMS: dict[str, type] = {
    **dict.fromkeys(_LISTS_OF_OBJECTS.split(), dict),
    **dict.fromkeys(_LISTS_OF_TEXTS.split(), str),
}
_NEVER_NULL = frozenset({"value", *_LISTS_OF_TEXTS.split()})
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
        kind = _TYPES.get(name)
        if kind is None or kind is str is type(each):  # most are, and a list has hundreds
            whole[name] = fitting(each) if type(each) is dict or type(each) is list else each
        elif name == "id":
            whole[name] = ""  # an object that has no other cannot be asked for again
        elif _fits(name, kind, each):
            whole[name] = fitting(each)
    return whole


def _fits(name: str, kind: type, value: object) -> bool:
    if value is None:
        return name not in _NEVER_NULL
    if not isinstance(value, kind) or isinstance(value, bool):
        return False
    if isinstance(value, int):
        return 0 <= value <= _LARGEST
    return not isinstance(value, list) or all(isinstance(each, _ITEMS[name]) for each in value)
