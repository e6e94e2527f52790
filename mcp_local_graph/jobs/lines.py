"""Lines for a model: what does not fit is cut where one can see it. Sizes are bytes of UTF-8, which tokens follow."""

from __future__ import annotations

from mcp_local_graph.errors import RequestRefused

_MARK = "..."
_MEGABYTE = 1_000_000


def cut(text: str, size: int) -> str:
    """At most so many bytes of the text, with a mark at the end where some is missing."""
    stored = text.encode()
    if len(stored) <= size:
        return text
    return stored[: max(size - len(_MARK), 0)].decode(errors="ignore").rstrip() + _MARK


def cut_sender(text: str, size: int) -> str:
    """As `cut`, but what stands behind the last ` @` stays: a long name must not hide where its mails come from."""
    name, at, host = text.rpartition(" @")
    if not at or len(text.encode()) <= size:
        return cut(text, size)
    host = host if len(host) <= size // 2 else _MARK + host[len(_MARK) - size // 2 :]  # its end says whose it is
    return cut(name, size - len((at + host).encode())) + at + host


def end_of_part(text: str, offset: int, size: int) -> int:
    """Where a part of about `size` characters from `offset` ends: after a line or a word, where one ends near.

    Raises:
        RequestRefused: the text has no characters from there on.
    """
    if 0 < offset >= len(text):
        raise beyond("text", counted(len(text), "character"))
    if len(text) <= offset + size:
        return len(text)
    near = offset + max(size - 200, size // 2)
    ends = (text.rfind(border, near, offset + size) + 1 for border in "\n ")
    return next((end for end in ends if end), offset + size)


def beyond(what: str, size: str) -> RequestRefused:
    """An `offset` that is not in something of so many parts, such as `3 messages`."""
    return RequestRefused(f"`offset` is beyond the end of the {what}, which has {size}.", "Begin with offset 0.")


def rest_of(size: int, end: int) -> list[str]:
    """How to get the rest of a text that is so long, behind a part of it."""
    return [f"{size - end} more characters: offset={end}"] if end < size else []


def bytes_in_words(size: int) -> str:
    """`48 KB`, `3.2 MB`."""
    return f"{size / _MEGABYTE:.1f} MB" if size >= _MEGABYTE else f"{max(round(size / 1000), 1)} KB"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 file`, `2 files`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
