"""Relationships of a docx that lead nowhere are taken out, since python-docx gives up on them.

Word writes them itself: `NULL` for a linked picture that it did not find, `#place` for a link within the document.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from typing import TYPE_CHECKING

from docx.oxml.parser import parse_xml
from lxml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element


def whole(members: zipfile.ZipFile, content: bytes) -> io.BytesIO:
    """The package to open: as it is, or a copy without those relationships."""
    names = set(members.namelist())
    mended = {
        name: xml for name in names if name.endswith(".rels") and (xml := _mended(members.read(name), name, names))
    }
    if not mended:
        return io.BytesIO(content)
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as archive:
        for name in names:
            archive.writestr(name, mended.get(name) or members.read(name))
    return copy


def _mended(xml: bytes, name: str, names: set[str]) -> bytes:
    """The relationships without those that lead nowhere; nothing if all is well."""
    root = parse_xml(xml)
    lost = [each for each in root if not _leads_somewhere(each, name, names)]
    for each in lost:
        root.remove(each)
    return etree.tostring(root) if lost else b""


def _leads_somewhere(relation: _Element, name: str, names: set[str]) -> bool:
    if relation.get("TargetMode") == "External":
        return True
    folder = posixpath.dirname(posixpath.dirname(name))
    target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target") or ""))
    return target.lstrip("/") in names
