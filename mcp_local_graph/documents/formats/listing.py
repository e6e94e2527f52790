"""zip: what is in it. Nothing is unpacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_local_graph.documents import archive
from mcp_local_graph.documents.parsed import Parsed

if TYPE_CHECKING:
    from mcp_local_graph.documents.parsed import Hints

_ENCRYPTED = 0x1


def parse(content: bytes, _hints: Hints) -> Parsed:
    """One line per file: its path and the bytes that it claims to have."""
    members = [member for member in archive.opened(content).infolist() if not member.is_dir()]
    locked = sum(1 for member in members if member.flag_bits & _ENCRYPTED)
    head = f"{len(members):,} file{'' if len(members) == 1 else 's'} in this archive:"
    lines = [head, *(f"{member.filename} | {member.file_size:,} bytes" for member in members)]
    return Parsed(lambda _part: lines, notes=[("encrypted_files", locked)] if locked else [])
