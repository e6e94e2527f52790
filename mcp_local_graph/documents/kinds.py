"""The kinds of documents that are read, by the name that a document bears as its `kind`."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """One kind.

    `module` is the one of `documents.formats` that reads it; `unit` is what its parts are called, if it has parts;
    `extensions` are the usual ones, without the dot. `foreign`: its text may be in any charset.
    """

    title: str
    module: str
    extensions: tuple[str, ...]
    unit: str = ""
    foreign: bool = False


KINDS = {
    "docx": Kind("Word document", "word", ("docx", "docm", "dotx", "dotm")),
    "xlsx": Kind("Excel workbook", "workbook", ("xlsx", "xlsm", "xltx", "xltm", "xlam"), "sheet"),
    "xlsb": Kind("Excel binary workbook", "workbook", ("xlsb",), "sheet"),
    "xls": Kind("Excel 97 workbook", "workbook", ("xls", "xlt"), "sheet"),
    "ods": Kind("OpenDocument spreadsheet", "workbook", ("ods", "ots"), "sheet"),
    "pptx": Kind("PowerPoint presentation", "slides", ("pptx", "pptm", "ppsx", "ppsm", "potx", "potm"), "slide"),
    "odt": Kind("OpenDocument text", "opendocument", ("odt", "ott")),
    "odp": Kind("OpenDocument presentation", "opendocument", ("odp", "otp"), "slide"),
    "pdf": Kind("PDF", "pdf", ("pdf",), "page"),
    "rtf": Kind("Rich Text Format", "rtf", ("rtf",), foreign=True),
    "html": Kind("web page", "html", ("html", "htm", "xhtml"), foreign=True),
    "eml": Kind("mail", "mail", ("eml", "mht", "mhtml"), foreign=True),
    "ics": Kind("calendar", "calendar", ("ics", "ical", "ifb"), foreign=True),
    "vcf": Kind("contact card", "contacts", ("vcf", "vcard"), foreign=True),
    "csv": Kind("table", "table", ("csv", "tsv", "tab"), foreign=True),
    "json": Kind("JSON", "plain", ("json", "geojson", "jsonl", "ndjson", "ipynb"), foreign=True),
    "xml": Kind("XML", "plain", ("xml", "svg", "xsd", "xsl", "rss", "kml", "gpx"), foreign=True),
    "text": Kind(
        "plain text in any charset", "plain", ("txt", "text", "md", "log", "ini", "yaml", "yml"), foreign=True
    ),
    "zip": Kind("archive: its list of files", "listing", ("zip",)),
    "png": Kind("picture", "picture", ("png",)),
    "jpeg": Kind("picture", "picture", ("jpg", "jpeg", "jpe", "jfif")),
    "gif": Kind("picture", "picture", ("gif",)),
    "webp": Kind("picture", "picture", ("webp",)),
}
PICTURES = ("png", "jpeg", "gif", "webp")
BY_EXTENSION = {extension: name for name, kind in KINDS.items() for extension in kind.extensions}


def readable() -> list[tuple[str, str]]:
    """What is read, for people: each title with the extensions of its files."""
    titles: dict[str, list[str]] = {}
    for kind in KINDS.values():
        titles.setdefault(kind.title, []).extend(kind.extensions)
    return [(title, ", ".join(extensions)) for title, extensions in titles.items()]
