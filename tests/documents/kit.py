"""Read a document in this process, where the tests can see what runs."""

from __future__ import annotations

from typing import Any

from mcp_local_graph.documents import worker


def _free() -> None:
    """No seal: it would hold for all tests that follow."""


def answer(content: bytes, name: str = "", **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a request
    """What the reader's process would say."""
    request = {
        "extension": name.rpartition(".")[2].lower(),
        "media_type": "",
        "charset": "",
        "pages": "",
        "offset": 0,
        "image": False,
        "most": 12_000,
        "seconds": 60.0,
        **asked,
    }
    return worker.answer(request, content, _free)


def text(content: bytes, name: str = "", **asked: Any) -> str:  # noqa: ANN401 - as above
    said = answer(content, name, **asked)
    assert "error" not in said, said
    return str(said["text"])


def error(content: bytes, name: str = "", **asked: Any) -> list[Any]:  # noqa: ANN401 - as above
    said = answer(content, name, **asked)
    assert "error" in said, said
    return list(said["error"])


def notes(content: bytes, name: str = "", **asked: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - as above
    said = answer(content, name, **asked)
    assert "error" not in said, said
    return list(said["notes"])
