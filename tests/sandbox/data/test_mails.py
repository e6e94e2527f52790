"""The demo tenant's mails as they were written, before Graph has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data import mails
from mcp_local_graph.sandbox.data.days import LONDON, Days
from mcp_local_graph.sandbox.data.mail import File, Mail
from mcp_local_graph.sandbox.data.staff import SUPPORT

STARTS = [
    datetime(2026, 11, 25, 9, 37, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 59, tzinfo=UTC),  # the clocks change in a minute
    datetime(2028, 2, 29, 23, 59, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # a Sunday, when one hour comes twice
]
DAYS = Days.around(STARTS[0])
ALL = {mail.key: mail for mail in mails.mails(DAYS)}
INES = company.INES.user_name


def of_ines() -> list[Mail]:
    return [one for one in ALL.values() if INES in {who.address for who in (one.sender, *one.to, *one.cc, *one.bcc)}]


class Words(HTMLParser):
    """The text between the tags, whether anybody sees it or not."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.pieces += data.split()


def words(html: str) -> str:
    return " ".join(Words(html).pieces)


@pytest.mark.parametrize("start", STARTS)
def test_no_mail_is_from_the_future_whenever_the_tenant_starts(start: datetime) -> None:
    days = Days.around(start)
    written = mails.mails(days)
    assert max(one.at for one in written) <= start
    assert len({one.key for one in written}) == len(written)
    assert days.today == start.astimezone(LONDON).date()


def test_tenants_that_start_together_have_the_same_mails() -> None:
    later = Days.around(STARTS[0] + timedelta(minutes=2))
    assert mails.mails(later) is mails.mails(DAYS)


def test_ines_has_six_lively_weeks_of_mail() -> None:
    found = of_ines()
    assert 100 <= len(found) <= 150
    assert timedelta(weeks=5) < DAYS.now - min(one.at for one in found) < timedelta(weeks=7)
    places = {(one.elsewhere.get(INES) or one.placed).folder for one in found}
    assert {"inbox", "drafts", "archive", "deleteditems", "junkemail", "inbox/Besprechungen"} <= places


def test_an_answer_quotes_all_that_was_said_before_it() -> None:
    last = ALL["vessel-10"]
    assert "we have to settle the vessel" in words(last.html)
    for number in range(2, 10):
        assert words(ALL[f"vessel-{number}"].unique)[:40] in words(last.html)
    assert "Decided" in words(last.unique)
    assert "which would you take" not in words(last.unique).lower()


@pytest.mark.parametrize("start", STARTS)
def test_every_mail_of_a_conversation_answers_one_before_it(start: datetime) -> None:
    written = {one.key: one for one in mails.mails(Days.around(start))}
    threads: dict[str, list[Mail]] = {}
    for one in written.values():
        threads.setdefault(one.thread or one.key, []).append(one)
    assert len(threads["vessel-1"]) == 10
    for conversation in threads.values():
        for before, after in pairwise(conversation):
            assert before.at < after.at
            assert written[after.answers].at < after.at


def test_the_headers_tell_the_way_of_an_answer_back_to_the_first_mail() -> None:
    headers = dict(ALL["vessel-10"].headers)
    assert len(headers["References"].split()) == 9
    assert headers["In-Reply-To"] == headers["References"].split()[-1]
    assert "phish" not in str(ALL["phish-finance"].headers).replace(ALL["phish-finance"].sender.address, "")


def test_the_checks_of_a_forged_sender_failed_and_are_said() -> None:
    checks = dict(ALL["phish-director"].headers)["Authentication-Results"]
    assert ALL["phish-director"].sender.address == company.MARIT.user_name
    assert all(word in checks for word in ("spf=fail", "dkim=none", "dmarc=fail"))
    assert "dmarc=pass" in dict(ALL["vessel-8"].headers)["Authentication-Results"]
    assert dict(ALL["vessel-6"].headers)["X-MS-Exchange-Organization-AuthAs"] == "Internal"


@pytest.mark.parametrize(
    ("key", "mark"),
    [
        ("vessel-5", 'class="MsoNormal"'),
        ("vessel-5", "<!--[if gte mso 9]>"),
        ("vessel-10", 'id="divRplyFwdMsg"'),
        ("vessel-8", 'class="gmail_quote gmail_quote_container"'),
        ("vessel-9", 'x-apple-data-detectors="true"'),
        ("vessel-6", "ms-outlook-mobile-reference-message"),
        ("vessel-3", "Mail</a> for Windows"),
        ("permit-3", "mso-list:Ignore"),
        ("calibration-3", "moz-cite-prefix"),
        ("hamburg-3", "<b>Gesendet:</b>"),
        ("porto-3", "<b>Enviada:</b>"),
        ("calibration-4", "divRplyFwdMsg"),
        ("permit-1", "You don't often get email from"),
        ("vessel-8", "EXTERNAL:"),
        ("vessel-8", "confidential and intended solely"),
    ],
)
def test_mail_programs_leave_their_marks(key: str, mark: str) -> None:
    assert mark in ALL[key].html.replace("<b>Gesendet:</b><span", "<b>Gesendet:</b>"), (
        f"{key} was not written by the program it says"
    )


def test_the_newsletter_is_forty_kilobytes_around_a_page_of_words() -> None:
    assert 40 * 1024 <= len(ALL["newsletter-0"].html.encode()) <= 48 * 1024
    assert len(words(ALL["newsletter-0"].html)) < 5000


def test_words_for_the_assistant_stand_in_every_place() -> None:
    assert all(
        mark in ALL["hostile-hidden"].html for mark in ("display:none", "#ffffff", "0px", "-9999px", "hidden", "<!--")
    )
    assert any(0xE0000 <= ord(letter) <= 0xE007F for letter in ALL["hostile-invisible"].subject)
    assert "[1]: https://" in words(ALL["hostile-images"].html)
    assert "<|im_start|>" in ALL["hostile-boundary"].text
    names = {one.name for one in ALL["hostile-names-of-files"].attachments if isinstance(one, File)}
    assert any("\u202e" in name for name in names)


def test_shared_mailbox_and_localised_folders_are_said_beside_the_mails() -> None:
    assert INES in mails.DELEGATES[SUPPORT.user_name]
    assert mails.NAMES[INES]["sentitems"] == "Itens Enviados"
    asked = [one for one in ALL.values() if SUPPORT.user_name in {who.address for who in one.to}]
    assert len(asked) == 5
    assert ALL["support-2"].sent_by is not None
