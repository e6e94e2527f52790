"""A process of its own for one document: started for it, ended with it, whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import anyio

from mcp_local_graph import threads
from mcp_local_graph.documents.messages import MOST_PICTURE
from mcp_local_graph.documents.parsed import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

# Bytes of an answer: 23,000 of text, each written as six at most, a picture in base64, and what goes with it.
_MOST_ANSWER = 512 * 1024 + MOST_PICTURE * 4 // 3
# Bytes of a length.
_LENGTH = 4
_MAIN = "import sys; sys.path[:0] = sys.argv[1:]; from mcp_local_graph.documents.worker import main; main()"
_PACKAGES = Path(__file__).parents[2]


def command() -> list[str]:
    """An interpreter that heeds neither the environment nor the person's own packages, and finds our libraries."""
    places = dict.fromkeys(str(place) for place in (_PACKAGES, *map(Path, sys.path)) if place.is_absolute())
    return [sys.executable, "-I", "-S", "-X", "utf8", "-c", _MAIN, *places]


def environment() -> dict[str, str]:
    """Nothing; but Windows' libraries need to know where Windows is."""
    return {name: os.environ[name] for name in ("SYSTEMROOT",) if sys.platform == "win32" and name in os.environ}


async def ask(request: Mapping[str, Any], content: bytes, seconds: float) -> bytes:
    """The answer of a reader's process, unexamined. It lives no longer than `seconds`, and no longer than this call.

    Raises:
        Unreadable: it did not start, took too long, or broke down.
    """
    head = json.dumps({**request, "size": len(content)}).encode()
    with tempfile.TemporaryDirectory(prefix="mcp-local-graph-") as nothing:
        child = _started(nothing)
        talk = threads.start(_talk, child, len(head).to_bytes(_LENGTH, "big") + head, content)
        try:
            with anyio.fail_after(seconds):
                return await asyncio.wrap_future(talk)
        except TimeoutError as error:
            raise Unreadable("time") from error
        finally:
            child.kill()
            with anyio.CancelScope(shield=True), contextlib.suppress(Unreadable):
                await asyncio.wrap_future(talk)


def _started(directory: str) -> subprocess.Popen[bytes]:
    """The process, in an empty directory. It inherits nothing but the two pipes."""
    try:
        return subprocess.Popen(  # noqa: S603 - our own interpreter with our own words
            command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=directory,
            env=environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise Unreadable("start") from error


def _talk(child: subprocess.Popen[bytes], head: bytes, content: bytes) -> bytes:
    """Hand it the document, hear its answer, see it gone.

    Raises:
        Unreadable: it said nothing, half of it, or too much.
    """
    to, from_ = cast("IO[bytes]", child.stdin), cast("IO[bytes]", child.stdout)
    try:
        with contextlib.suppress(OSError):  # it has died, as its silence will say
            to.write(head)
            to.write(content)
            to.flush()
        said = from_.read(_LENGTH + _MOST_ANSWER)
    finally:
        child.kill()
        with contextlib.suppress(OSError):
            to.close()
        from_.close()
        child.wait()
    if len(said) < _LENGTH or len(said) != _LENGTH + int.from_bytes(said[:_LENGTH], "big"):
        raise Unreadable("crashed")
    return said[_LENGTH:]
