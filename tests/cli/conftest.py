from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """A command configures logging for its whole process, which here is the one that the tests run in."""
    root = logging.getLogger()
    before = root.level, root.handlers[:], logging.raiseExceptions
    root.handlers[:] = []
    yield
    logging.captureWarnings(False)  # noqa: FBT003 - the library's signature
    root.setLevel(before[0])
    root.handlers[:], logging.raiseExceptions = before[1:]
