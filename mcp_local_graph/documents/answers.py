"""What the reader's process says, believed only as far as it can be checked: it may be in a stranger's hands."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, NamedTuple

from mcp_local_graph.documents import messages
from mcp_local_graph.documents.kinds import KINDS
from mcp_local_graph.documents.messages import MOST_PICTURE
from mcp_local_graph.documents.parsed import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Container

# Numbers that are said are counts of characters, parts or pixels.
_LARGEST = 10**12
_PNG = b"\x89PNG\r\n\x1a\n"


class Heard(NamedTuple):
    """What the reader's process said, once it is known to be of the right form."""

    kind: str
    text: str
    total: int
    complete: bool
    parts: int
    notes: list[str]
    sides: list[int]
    picture: bytes


def heard(said: bytes) -> Heard:
    """Believe nothing: words must be in our tables, numbers must be numbers, the text must fit.

    Raises:
        DocumentUnreadable: it said why there is no text, or it did not speak as agreed.
    """
    try:
        answer = json.loads(said)
        if "error" in answer:
            code, *numbers = answer["error"]
            raise messages.error(code, *map(_number, numbers))
        notes = [(code, [_number(number) for number in numbers]) for code, *numbers in answer["notes"]]
        return Heard(
            kind=_one_of(KINDS, answer["kind"]),
            text=_short(answer["text"]),
            total=_number(answer["total"]),
            complete=answer["complete"] is True,
            parts=_number(answer["parts"]),
            notes=[messages.note(code, *numbers) for code, numbers in notes],
            sides=next((numbers for code, numbers in notes if code == "size"), [0]),
            picture=_png(answer["picture"]),
        )
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise messages.error("crashed") from error


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < _LARGEST:
        raise ValueError
    return value


def _one_of(known: Container[str], value: object) -> str:
    if not isinstance(value, str) or value not in known:
        raise ValueError
    return value


def _png(value: object) -> bytes:
    """A picture as the reader draws them, in base64; or nothing."""
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004 - all that is wrong is one error
    picture = base64.b64decode(value, validate=True)
    if picture and (not picture.startswith(_PNG) or len(picture) > MOST_PICTURE):
        raise ValueError
    return picture


def _short(value: object) -> str:
    """A text that fits and has no halves of characters."""
    if not isinstance(value, str) or len(value.encode()) > MOST_BYTES:
        raise ValueError
    return value
