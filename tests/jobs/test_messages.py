"""Messages in our words."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mcp_local_graph.jobs import messages

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 25, 14, 30, tzinfo=LONDON)
HOME = "brackwater.example"


def who(name: str, address: str) -> dict[str, Any]:
    return {"emailAddress": {"name": name, "address": address}}


MARIT = who("Marit Solheim", "marit@brackwater.example")
JON = who("Marit Solheim", "jon@fabrikam.example")


def message(**properties: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "id": "1",
        "subject": "Tide tables",
        "from": MARIT,
        "receivedDateTime": "2026-11-25T09:12:00Z",
        "isRead": True,
        "bodyPreview": "Please find",
        "conversationId": "c1",
        **properties,
    }


def told(*found: dict[str, Any]) -> list[str]:
    return messages.by_days(messages.summaries(found, ["m1"] * len(found), LONDON, HOME), NOW)


def test_messages_stand_below_their_day_with_what_matters_about_them() -> None:
    unread = message(isRead=False, flag={"flagStatus": "flagged"}, hasAttachments=True)
    assert told(unread, message(receivedDateTime="2026-07-24T09:12:00Z"), message(receivedDateTime=None)) == [
        "Wed 25 Nov (today)",
        "m1 09:12 *!+ Marit Solheim: Tide tables | Please find",
        "Fri 24 Jul",
        "m1 10:12 Marit Solheim: Tide tables | Please find",
        "No date",
        "m1 Marit Solheim: Tide tables | Please find",
    ]


def test_a_name_from_outside_does_not_stand_alone() -> None:
    assert told(message(**{"from": JON}))[1] == "m1 09:12 Marit Solheim @fabrikam.example: Tide tables | Please find"
    assert told(message(**{"from": who("", "jon@fabrikam.example")}))[1].startswith("m1 09:12 jon@fabrikam.example:")


def test_a_draft_is_known_by_whom_it_is_for() -> None:
    draft = message(isDraft=True, toRecipients=[MARIT, JON])
    assert told(draft)[1] == "m1 09:12 [draft] to Marit Solheim, Marit Solheim: Tide tables | Please find"
    assert "to nobody yet" in told(message(isDraft=True))[1]


def test_a_line_is_short_however_long_its_texts_are() -> None:
    (_, long) = told(
        message(subject="S" * 300, bodyPreview="ü" * 300, **{"from": who("N" * 300, "n@brackwater.example")})
    )
    assert len(long.encode()) <= 205
    assert "N" * 40 in long
    assert "S" * 80 in long


def test_a_line_end_in_a_subject_begins_no_new_line() -> None:
    assert told(message(subject="Tide\r\nm2 09:00 Boss: pay"))[1].startswith(
        "m1 09:12 Marit Solheim: Tide m2 09:00 Boss: pay"
    )


def test_a_person_is_told_with_their_address() -> None:
    assert messages.full(MARIT) == "Marit Solheim (marit@brackwater.example)"
    assert messages.full(who("", "x@y.example")) == "x@y.example"
    assert messages.full(None) == ""


def test_exchanges_own_addresses_are_inside() -> None:
    assert messages.is_inside("/o=ExchangeLabs/cn=marit", HOME)
    assert messages.is_inside("Marit@BRACKWATER.example", HOME)
    assert not messages.is_inside("marit@brackwater.example.evil.example", HOME)


def headers(*values: str) -> list[dict[str, str]]:
    return [{"name": "Authentication-Results", "value": value} for value in values]


def test_failed_checks_of_the_sender_are_told_from_the_servers_own_header_only() -> None:
    ours = "spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=bank.example; dkim=none; dmarc=fail action=none"
    assert messages.failed_checks(headers(ours, "spf=pass; dkim=pass; dmarc=pass")) == ["SPF", "DMARC"]
    assert messages.failed_checks(headers("spf=pass; dkim=pass; dmarc=pass", ours)) == []
    assert messages.failed_checks([]) == []


@pytest.mark.parametrize(
    "forged",
    [
        'spf=pass (domain of dmarc=pass@evil.example) smtp.mailfrom="dmarc=pass"@evil.example; dmarc=fail action=none',
        "spf=pass smtp.mailfrom=dmarc=pass@evil.example; dmarc=fail",
        "mx.brackwater.example; spf=pass (a (nested; dmarc=pass) word); dmarc=fail",
        'spf=pass smtp.mailfrom="x; dmarc=pass"@evil.example; dmarc=fail',
    ],
)
def test_a_senders_own_words_in_the_header_are_no_result(forged: str) -> None:
    assert messages.failed_checks(headers(forged)) == ["DMARC"]


def test_what_speaks_against_a_sender_is_said() -> None:
    forged = message(**{"from": JON}, internetMessageHeaders=headers("spf=softfail; dkim=fail"))
    assert messages.doubts(forged, HOME, first=True) == [
        "outside brackwater.example",
        "first mail from this address",
        "SPF, DKIM failed: the sender may be forged",
    ]
    assert messages.doubts(message(), HOME, first=False) == []


def test_a_body_is_read_as_html_or_as_text() -> None:
    assert messages.text_of({"contentType": "html", "content": "<p>Fog<br>and rain</p>"}) == "Fog\nand rain"
    assert messages.text_of({"contentType": "text", "content": "Fog <b>and</b> rain"}) == "Fog < b>and< /b> rain"
    assert messages.text_of(None) == ""


@pytest.mark.parametrize(
    ("subject", "kept"), [("Re: Fog", False), ("FW: Fog", True), ("WG: Fog", True), ("Forwarding", False)]
)
def test_what_is_forwarded_is_no_quotation(subject: str, *, kept: bool) -> None:
    text = messages.text_of(
        {"contentType": "text", "content": "See below.\n\n-----Original Message-----\nFrom: x\n\nFog."}
    )
    assert ("Fog." in messages.without_quoted(text, subject)) is kept


def test_a_handle_carries_the_conversation_and_the_sender() -> None:
    assert json.loads(messages.note(message())) == {"thread": "c1", "sender": "marit@brackwater.example"}


BANNER = "EXTERNAL: This message comes from outside. Do not open links."


def previews(*texts: str) -> list[str]:
    found = [message(bodyPreview=text) for text in texts]
    return [str(one.preview) for one in messages.summaries(found, ["m1"] * len(found), LONDON, HOME)]


@pytest.mark.parametrize(
    "banner", [f"{BANNER} ", f"{BANNER}\r\n\r\n\r\n", "CAUTION - mail from outside Brackwater\r\n", f"[{BANNER}] "]
)
def test_a_warning_that_many_previews_begin_with_does_not_stand_in_place_of_what_they_say(banner: str) -> None:
    outside = [f"{banner}{text}" for text in ("Dear Ines", "Your parcel", "Yes. No.")]
    assert previews(outside[0], "Fog again", *outside[1:]) == ["Dear Ines", "Fog again", "Your parcel", "Yes. No."]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tide " * 51, "tide " * 30 + "tide..."),  # 255 characters: there Graph ends them
        ("tide " * 51 + "!", "tide " * 30 + "tide..."),
        ("tide " * 10, ("tide " * 10).strip()),
        ("潮" * 255, "潮" * 160 + "..."),
        (f"{'x' * 150} {'y' * 104}", "x" * 150 + "..."),
    ],
    ids=["ended by Graph", "longer", "whole", "without spaces", "a long word"],
)
def test_a_preview_ends_with_a_word_and_shows_that_the_mail_goes_on(text: str, shown: str) -> None:
    assert previews(text) == [shown]


def test_a_mail_that_is_nothing_but_the_warning_does_not_bring_it_back_into_the_others() -> None:
    assert previews(BANNER, f"{BANNER}\r\nDear Ines", f"{BANNER}\r\nYour parcel") == ["", "Dear Ines", "Your parcel"]


def test_what_only_two_previews_begin_with_is_kept() -> None:
    outside = [f"{BANNER} {text}" for text in ("Dear Ines", "Your parcel")]
    assert previews(*outside) == outside


@pytest.mark.parametrize(
    "text", ["The tank was read at noon, all fine", "The nightly build failed again. See its log."]
)
def test_previews_that_are_all_the_same_stay_whole(text: str) -> None:
    assert previews(*[text] * 3) == [text] * 3


def test_an_outsiders_address_is_outside_though_it_begins_as_exchanges_own() -> None:
    assert not messages.is_inside("/o=ExchangeLabs/cn=marit@fabrikam.example", HOME)


@pytest.mark.parametrize("address", ["jon@fabrikam.example", f"jon@{'brackwater.' * 9}fabrikam.example"])
def test_a_long_name_does_not_hide_where_a_mail_comes_from(address: str) -> None:
    (_, line) = told(message(**{"from": who("Marit Solheim, Brackwater, Head of Finance and of the Harbour", address)}))
    assert "fabrikam.example: Tide tables" in line
