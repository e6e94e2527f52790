"""The reader's process: one document in, one answer out, then its end.

It is started by `process` with nothing but pipes: a head of JSON behind its length in four bytes, then the document.
The answer is JSON behind its length. Nothing that it says is believed (`service`).
"""

from __future__ import annotations

import base64
import gc
import importlib
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from mcp_local_graph.documents import charsets, confinement, detect
from mcp_local_graph.documents.kinds import KINDS
from mcp_local_graph.documents.parsed import Hints, Unreadable, chosen, pieces, window

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_local_graph.documents.parsed import Parsed

Answer = dict[str, Any]
# Formats that are of ASCII and hold text in other charsets, behind escapes.
_ESCAPED = ("eml", "rtf", "vcf")
_NO_MEMORY = 2


def answer(request: dict[str, Any], content: bytes, seal: Callable[[], None]) -> Answer:
    """What is to be said about the document: its text, or a word for why there is none.

    `request` has `extension`, `media_type`, `charset`, `pages`, `offset`, `most` (characters), `image` and
    `seconds`. `seal` is called when all is loaded and the document is about to be read.
    """
    kind = ""
    try:
        hints = Hints(request["extension"], request["media_type"], request["charset"])
        kind = detect.kind(content, hints)
        module = importlib.import_module(f"mcp_local_graph.documents.formats.{KINDS[kind].module}")
        if KINDS[kind].foreign and (kind in _ESCAPED or not content.isascii()):
            charsets.ready()
        seal()
        return _read(
            module.parse(content, Hints(hints.extension, hints.media_type, hints.charset, kind)), kind, request
        )
    except Unreadable as error:
        return {"kind": kind, "error": [error.code, *error.numbers]}
    except MemoryError:
        return {"kind": kind, "error": ["memory"]}
    except BaseException as error:  # noqa: BLE001 - a library raises what it likes; a panic of Rust's is no Exception
        # lxml says so by a number of libxml2's: XML_ERR_NO_MEMORY
        no_memory = type(error).__name__ == "XMLSyntaxError" and getattr(error, "code", 0) == _NO_MEMORY
        return {"kind": kind, "error": ["memory" if no_memory else "broken"]}


def _read(parsed: Parsed, kind: str, request: dict[str, Any]) -> Answer:
    wanted, offset = request["pages"], request["offset"]
    if wanted and parsed.whole:
        parsed.notes.append(("whole",))
    parts = chosen(wanted, parsed.names) if wanted and not parsed.whole else range(len(parsed.names))
    picture = parsed.picture(parts[0]) if request["image"] and parsed.picture else b""
    found = window(pieces(parsed, parts), offset, request["most"], request["seconds"])
    end = offset + len(found.text)
    if not found.total and not parsed.notes:
        parsed.notes.append(("no_text",))
    if not found.complete and end >= found.total:
        parsed.notes.append(("unfinished",))
    if not found.text and not found.complete:
        raise Unreadable("time")
    if offset and offset >= found.total:
        raise Unreadable("offset", found.total)
    return {
        "kind": kind,
        "text": found.text,
        "total": found.total,
        "complete": found.complete,
        "parts": 0 if parsed.whole else len(parsed.names),
        "notes": [*([("shown", parts[0] + 1)] if picture else []), *parsed.notes],
        "picture": base64.b64encode(picture).decode(),
    }


def main() -> None:  # pragma: no cover - runs in the reader's process, which writes no coverage
    """Read one document from stdin, answer on stdout, end."""
    started = time.monotonic()
    gc.disable()
    source, out = sys.stdin.buffer, _reply_stream()
    request = json.loads(source.read(int.from_bytes(source.read(4), "big")))
    confinement.limit(request["memory"], request["seconds"])
    content = source.read(request["size"])
    if len(content) == request["size"]:
        request["seconds"] -= time.monotonic() - started
        text = json.dumps(answer(request, content, confinement.seal)).encode()
        out.write(len(text).to_bytes(4, "big") + text)
        out.flush()
    os._exit(0)


def _reply_stream() -> Any:  # noqa: ANN401 # pragma: no cover - as above
    """Where the answer goes. What a library prints goes nowhere."""
    out = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return out
