"""What the reader's process may say about a document, and what becomes of it.

The process read what a stranger wrote, and could be in their hands: it sends words of this table with numbers, and the
sentences are ours.
"""

from __future__ import annotations

from typing import NamedTuple

from mcp_local_graph.documents.kinds import KINDS
from mcp_local_graph.errors import DocumentUnreadable

# Bytes of the largest file that is read: what Exchange Online lets through by default, and a copy of it is no burden.
MOST_CONTENT = 25 * 1024 * 1024
# Files in an archive, and bytes that they may unpack to.
MOST_ENTRIES = 10_000
MOST_UNPACKED = 200 * 1024 * 1024
# Bytes of a picture that models take: 5 MB in base64 (Anthropic's vision guide).
MOST_PICTURE = 3_750_000
# Bytes of address space that the reader's process may have.
MOST_MEMORY = 512 * 1024 * 1024
# Seconds that a document may take.
DEADLINE = 20.0


class _Error(NamedTuple):
    what: str
    remedy: str = "Open it in its own application."


_ASK = "Ask its sender for it as pdf or docx, or open it in its own application."
_SUSPECT = "Open it only if you trust its sender."

ERRORS = {
    "large": _Error(f"The file is larger than {MOST_CONTENT // 2**20} MB; larger ones are not read."),
    "encrypted": _Error("It is protected: it cannot be read without its password.", "Ask for a copy without password."),
    "broken": _Error("It is damaged or cut short, so it cannot be read.", "Fetch it again, or ask for another copy."),
    "unpacked": _Error(f"It unpacks to more than {MOST_UNPACKED // 2**20} MB, as a zip bomb does; not read.", _SUSPECT),
    "entries": _Error(f"It holds more than {MOST_ENTRIES:,} files, which no honest document does; not read.", _SUSPECT),
    "entities": _Error("It declares XML entities, which no honest document of its kind does; not read.", _SUSPECT),
    "memory": _Error(f"Reading it takes more than {MOST_MEMORY // 2**20} MB of memory."),
    "time": _Error("Reading it takes too long.", "Ask for a part of it with `pages`, such as 1-3."),
    "crashed": _Error(f"The reader broke down on it: it is damaged, or takes more than {MOST_MEMORY // 2**20} MB."),
    "start": _Error("The reader's process cannot be started on this machine.", "Try again; if it stays, restart us."),
    "pages": _Error(
        "`pages` names none of its parts; there are {0:,}.", "Write numbers as in 1-3,7, or a sheet's name."
    ),
    "offset": _Error("`offset` is beyond the end of its text, which has {0:,} characters.", "Begin with offset 0."),
    "strict": _Error("It is a Strict Open XML file, which is not read.", "Save it as an ordinary docx, xlsx or pptx."),
    "word97": _Error("It is a Word 97 document (.doc), which is not read.", _ASK),
    "powerpoint97": _Error("It is a PowerPoint 97 presentation (.ppt), which is not read.", _ASK),
    "outlook": _Error("It is an Outlook message file (.msg), which is not read.", "Ask for it as eml, or forwarded."),
    "winmail": _Error(
        "It is a winmail.dat (TNEF), Outlook's own wrapping of a mail, which is not read.",
        "Ask its sender to send the mail as HTML or plain text, or open it in Outlook.",
    ),
    "archive": _Error("It is an archive of a kind that is not read; of zip the list of files is.", _ASK),
    "picture": _Error("It is a picture of a kind that is not shown; png, jpeg, gif and webp are.", _ASK),
    "media": _Error("It is sound or video: there is no text to read."),
    "program": _Error("It is a program: it was not read, nor run.", _SUSPECT),
    "unknown": _Error("It is of no type that has text for us to read.", _ASK),
}

NOTES = {
    "empty": "The file is empty.",
    "no_text": "There is no text in it.",
    "scanned": "Pages that are pictures (scans), without text: {0:,} of {1:,}. image=true with pages=N shows page N.",
    "shown": "Page {0:,} is shown as a picture.",
    "blank_pages": "Blank pages among those read here: {0:,} of {1:,}.",
    "whole": "It has no pages to choose from: `pages` was not applied.",
    "macros": "It has macros; they were neither run nor read.",
    "embedded": "Embedded objects or files that were not read: {0:,}.",
    "pictures": "Pictures that are not shown: {0:,}.",
    "charts": "Charts that are not shown: {0:,}.",
    "comments": "It has comments, which are not read.",
    "tracked": "Tracked changes are shown as if accepted; deletions left out: {0:,}.",
    "hidden": "Hidden pieces of text left out: {0:,}.",
    "unseen": "Characters left out because its reader does not see them: {0:,}.",
    "hidden_parts": "Hidden ones among them, marked (hidden): {0:,}.",
    "unread_parts": "Damaged parts that could not be read: {0:,}.",
    "guessed": "Its charset was guessed.",
    "lossy": "Characters that could not be decoded: {0:,}.",
    "unfinished": "Time ran out before its end. Ask for later parts with `pages`.",
    "size": "A picture of {0:,} x {1:,} pixels.",
    "not_shown": "It is too large to be shown.",
    "many_parts": "It has more than {0:,} parts; those behind them are left out.",
    "encrypted_files": "Encrypted files in it: {0:,}.",
}


def error(code: str, *numbers: int) -> DocumentUnreadable:
    """The error that a word of ERRORS means."""
    known = ERRORS[code]
    return DocumentUnreadable(known.what.format(*numbers), known.remedy)


def note(code: str, *numbers: int) -> str:
    """The sentence that a word of NOTES means."""
    return NOTES[code].format(*numbers)


def really(kind: str) -> str:
    """What is said of a file whose name promises another kind."""
    return f"Whatever its name says, this is what it is: {KINDS[kind].title} ({kind})."


def counted(kind: str, count: int) -> str:
    """`12 pages`, or nothing for a kind without parts."""
    unit = KINDS[kind].unit
    return f"{count:,} {unit}{'' if count == 1 else 's'}" if unit else ""
