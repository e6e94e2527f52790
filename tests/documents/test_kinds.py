"""Each kind: what was put in comes out, here and from the sealed process."""

from __future__ import annotations

import pytest

from mcp_local_graph.documents.kinds import BY_EXTENSION, KINDS, PICTURES, readable
from mcp_local_graph.documents.service import Documents
from tests.documents import kit
from tests.documents.samples import Sample, all_kinds

SAMPLES = all_kinds()
each_kind = pytest.mark.parametrize("sample", SAMPLES, ids=[sample.kind for sample in SAMPLES])
TEXTS = {
    "docx": """\
# Annual report

# Results
Sales grew by 12 % in Zürich.
- first point
1. step one
2. step two

Region | Sum
North | 1,200

## Outlook
We expect more.[comment 0]

== Comments ==
[comment 0] Ana Ruiz: Is that so?

== Headers and footers ==
Contoso, confidential
Board only""",
    "xlsx": """\
== Sheet "Costs" (7 rows x 3 columns) ==
Item | Amount | Due
Rent | 1200.5 | 2026-12-01
Power | 88 | 2026-11-30 08:15
 | TRUE

Total | 0.3 | 09:30:00

== Sheet "Old" (1 row x 1 column) (hidden) ==
x""",
    "xlsb": """\
== Sheet "Binär" (2 rows x 2 columns) ==
a | 1.5
b | 2""",
    "xls": """\
== Sheet "Alt" (1 row x 2 columns) ==
Größe | 7.25

== Sheet "Neu" (1 row x 1 column) ==
z""",
    "ods": """\
== Sheet "Kasse" (1 row x 2 columns) ==
Brot | 3.5""",
    "pptx": """\
== Slide 1: Plan 2027 ==
Three goals
  - Grow

Notes: Smile here

== Slide 2 (hidden) ==

Quarter | Sum
Q1 | 17

Source: books

Chart: By region
 | North | South
Sales | 3.5 | 4""",
    "odt": """\
# Protokoll
Anwesend:  alle\tja
Ende
- eins
  - innen
- zwei

A | B

Satz [note: Fuß] weiter""",
    "odp": """\
== Slide 1: Anfang ==
Guten Tag

Notes: langsam

== Slide 2: Ende ==
Danke""",
    "pdf": """\
== Page 1 ==
First page
second line

== Page 2 ==
Last page""",
    "rtf": """\
Schöne Grüße
Preis €5 fett\tEnde
a{b}""",
    "html": """\
One \u2013 Ünïcode

Two""",
    "eml": """\
From: Jürgen <j@fabrikam.com>
To: ana@contoso.com
Date: Mon, 02 Mar 2026 10:00:00 +0100
Subject: Grüße

Schön.

Attachments (1, not read):
- plan.pdf | application/pdf | 3 bytes""",
    "ics": """\
Method: REQUEST

Event: Jour fixe, Büro
Start: 2026-03-02 10:00 (Europe/Berlin)
End: 2026-03-02 11:00 (Europe/Berlin)
Repeats: every 2 weeks, on MO, until 2026-12-31 00:00 UTC
Except: 2026-03-16 09:00 UTC
Where: Raum 5
Organizer: Ana Ruiz <ana@contoso.com>
Attendee: Weber, Jo <jo@contoso.com> | req-participant | accepted
Description:
Agenda:
- alles""",
    "vcf": """\
Contact: Ana Ruiz
Organization: Contoso, Sales
Email (work): ana@contoso.com
Phone (cell): +49 30 1
Address (home): Weg 1, Berlin, 10115, DE""",
    "csv": """\
Name | Ort
Müller | Köln
a; b""",
    "json": """\
{"a": [1, 2],
 "b": null}""",
    "xml": """\
<?xml version='1.0'?><a>
<b>1</b></a>""",
    "text": """\
One
Ünïcode""",
    "zip": """\
2 files in this archive:
a/b.txt | 3 bytes
c.pdf | 2,000 bytes""",
    **dict.fromkeys(PICTURES, ""),
}


def test_there_is_a_sample_of_every_kind() -> None:
    assert [sample.kind for sample in SAMPLES] == [*TEXTS]
    assert set(TEXTS) == set(KINDS)


@each_kind
def test_what_was_put_in_comes_out(sample: Sample) -> None:
    said = kit.answer(sample.content, sample.name)
    assert said["kind"] == sample.kind
    assert said["text"] == TEXTS[sample.kind]
    assert (said["total"], said["complete"]) == (len(said["text"]), True)


@pytest.mark.anyio
@each_kind
async def test_the_sealed_process_reads_the_same(sample: Sample) -> None:
    here = kit.answer(sample.content, sample.name)
    there = await Documents().read(sample.content, name=sample.name)
    assert there.text == here["text"]
    assert there.kind == ("image" if sample.kind in PICTURES else sample.kind)
    assert (there.total_chars, there.next_offset) == (here["total"], None)


@each_kind
def test_a_kind_is_known_without_a_name_where_its_bytes_say_it(sample: Sample) -> None:
    known = kit.answer(sample.content)["kind"]
    assert known == ("text" if sample.kind in {"csv", "json"} else sample.kind)


def test_every_extension_is_of_one_kind() -> None:
    assert len(BY_EXTENSION) == sum(len(kind.extensions) for kind in KINDS.values())


def test_what_is_read_is_listed_for_people() -> None:
    lines = readable()
    assert ("Word document", "docx, docm, dotx, dotm") in lines
    assert ("picture", "png, jpg, jpeg, jpe, jfif, gif, webp") in lines
