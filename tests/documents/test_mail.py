"""eml, ics, vcf: what people send around as files."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from mcp_local_graph.documents.formats.calendar import rule
from tests.documents import kit


def mail(text: str = "Hello") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ana <ana@contoso.com>"
    message["Subject"] = "Plan"
    message.set_content(text)
    return message


def read(message: EmailMessage) -> str:
    return kit.text(message.as_bytes(), "a.eml")


def test_the_plain_text_is_taken_where_there_are_two() -> None:
    message = mail("plain words")
    message.add_alternative("<p>html words</p>", subtype="html")
    assert read(message) == "From: Ana <ana@contoso.com>\nSubject: Plan\n\nplain words"


def test_html_is_read_where_there_is_nothing_else() -> None:
    message = EmailMessage()
    message["Subject"] = "Plan"
    message.set_content("<p>one</p><script>no()</script><p>two</p>", subtype="html")
    assert read(message) == "Subject: Plan\n\none\n\ntwo"


def test_what_is_attached_is_listed_with_type_and_size() -> None:
    message = mail()
    message.add_attachment(b"12345", maintype="application", subtype="pdf", filename="Über\nPlan.pdf")
    message.add_attachment(b"1", maintype="image", subtype="png")
    message.add_attachment(mail("inner"))
    assert read(message).splitlines()[-4:] == [
        "Attachments (3, not read):",
        "- Über Plan.pdf | application/pdf | 5 bytes",
        "- (no name) | image/png | 1 bytes",
        f"- mail: Plan | message/rfc822 | {len(bytes(list(message.iter_attachments())[2])):,} bytes",
    ]


def test_a_sender_who_is_not_the_author_is_shown() -> None:
    message = mail()
    message["Sender"] = "Ana <ana@contoso.com>"
    assert "Sender" not in read(message)
    message.replace_header("Sender", "bot@fabrikam.com")
    assert "Sender: bot@fabrikam.com" in read(message)


def test_a_mail_without_a_text_says_so_by_its_headers_alone() -> None:
    message = EmailMessage()
    message["Subject"] = "Only a file"
    message.add_attachment(b"x", maintype="application", subtype="zip", filename="a.zip")
    assert read(message) == "Subject: Only a file\n\nAttachments (1, not read):\n- a.zip | application/zip | 1 bytes"


def test_headers_that_break_the_rules_are_read_as_far_as_they_go() -> None:
    content = b'From: a\r\nTo: =?utf-8?b?////?=, <@@@>, "\r\nDate: never\r\nSubject: =?x?y?z?=\r\n\r\nbody'
    text = kit.text(content, "a.eml")
    assert text.startswith("From: a\n")
    assert text.endswith("body")


def test_the_librarys_own_failure_on_a_header_is_not_ours() -> None:
    # CPython fails with an IndexError on this group (as of 3.11).
    content = b"To: a@[\r\nSubject: here\r\n\r\nbody"
    assert "Subject: here\n\nbody" in kit.text(content, "a.eml")


def test_a_list_of_very_many_recipients_is_shown_with_their_names_and_one_without_end_is_cut() -> None:
    one = "=?utf-8?q?J=C3=BCrgen?= <j@fabrikam.com>"
    many = ",\r\n ".join([one] * 150)
    text = kit.text(f"To: {many}\r\n\r\nbody".encode(), "a.eml", most=20_000)
    assert text == f"To: {', '.join(['Jürgen <j@fabrikam.com>'] * 150)}\n\nbody"
    text = kit.text(f"To: {', '.join(['j@fabrikam.com'] * 2000)}\r\n\r\nbody".encode(), "a.eml", most=20_000)
    assert text.endswith(" \u2026\n\nbody")
    assert len(text) < 16_100


def test_a_text_in_a_charset_that_is_not_the_named_one_is_read() -> None:
    content = "Subject: x\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nGröße".encode()
    assert kit.text(content, "a.eml").endswith("Größe")


CALENDAR = "BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n"
EVENT = "BEGIN:VEVENT\r\n{}END:VEVENT\r\n"


def event(*lines: str) -> str:
    body = "".join(f"{line}\r\n" for line in lines)
    return kit.text(CALENDAR.format(EVENT.format(body)).encode(), "a.ics")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("DTSTART;VALUE=DATE:20260302", "Start: 2026-03-02"),
        ("DTSTART:20260302T100000", "Start: 2026-03-02 10:00"),
        ("DTSTART:20260302T100030Z", "Start: 2026-03-02 10:00:30 UTC"),
        ("DTSTART;TZID=W. Europe Standard Time:20260302T100000", "Start: 2026-03-02 10:00 (W. Europe Standard Time)"),
        ("DTSTART:tomorrow", "Start: tomorrow"),
        ("DURATION:PT1H", "Duration: PT1H"),
        ("RDATE:20260302T100000Z,20260303T100000Z", "Also: 2026-03-02 10:00 UTC, 2026-03-03 10:00 UTC"),
        ("RECURRENCE-ID;TZID=Asia/Tokyo:20260302T100000", "Instead of: 2026-03-02 10:00 (Asia/Tokyo)"),
        ("ORGANIZER:MAILTO:ana@contoso.com", "Organizer: ana@contoso.com"),
        ("STATUS:CANCELLED", "Status: CANCELLED"),
    ],
)
def test_the_lines_of_an_event(line: str, says: str) -> None:
    assert event(line) == f"Event: (no title)\n{says}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=6", "every month, on -1FR, 6 times"),
        ("FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", "every 4 years, BYMONTH=2, BYMONTHDAY=29"),
        ("FREQ=WEEKLY;UNTIL=20261231", "every week, until 2026-12-31"),
        ("FREQ=SECONDLY;COUNT=1", "FREQ=SECONDLY;COUNT=1"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_rule_in_words_or_as_it_is(text: str, says: str) -> None:
    assert rule(text) == says


def test_tasks_and_a_calendars_name_are_read_and_zones_are_not() -> None:
    zone = "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    task = (
        "BEGIN:VTODO\r\nSUMMARY:Buy\r\nDUE:20260302\r\nBEGIN:VALARM\r\nDESCRIPTION:Ring\r\nEND:VALARM\r\nEND:VTODO\r\n"
    )
    content = CALENDAR.format(f"X-WR-CALNAME:Team\r\n{zone}{task}").encode()
    assert kit.text(content, "a.ics") == "Calendar: Team\n\nTask: Buy\nDue: 2026-03-02"


def test_an_event_outside_of_a_calendar_and_without_an_end_is_read() -> None:
    assert kit.text(b"BEGIN:VEVENT\r\nSUMMARY:Loose\r\n", "a.ics") == "Event: Loose"


def test_lines_that_are_none_are_counted() -> None:
    content = CALENDAR.format(EVENT.format("SUMMARY:x\r\nthis is no line\r\n\r\n:neither\r\n")).encode()
    assert kit.text(content, "a.ics") == "Event: x"
    assert kit.notes(content, "a.ics") == [("unread_parts", 2)]


def test_a_card_of_the_old_kind() -> None:
    content = (
        b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=\r\n=F6rg\r\n"
        b"TEL;WORK;VOICE:030 1\r\nNOTE;QUOTED-PRINTABLE:a=20b\r\nitem1.EMAIL:j@contoso.com\r\nEND:VCARD\r\n"
        b"no card\r\nBEGIN:VCARD\r\nFN:Second\r\nEND:VCARD\r\n"
    )
    assert kit.text(content, "a.vcf") == (
        "Contact: Müller, Jörg\nEmail: j@contoso.com\nPhone (work, voice): 030 1\nNote: a b\n\nContact: Second"
    )
    assert kit.notes(content, "a.vcf") == [("unread_parts", 1)]
