"""Where an address leads, as a browser would take it, and the list of addresses of one answer."""

from __future__ import annotations

import pytest

from mcp_local_graph.safety.links import Links, host
from mcp_local_graph.safety.untrusted import line, prose

LEADS = [
    ("https://a.example/x", "a.example"),
    ("HTTPS://A.Example", "a.example"),
    ("https://www.a.example/", "a.example"),
    ("www.a.example/x", "a.example"),
    ("//a.example/x", "a.example"),
    ("https:a.example", "a.example"),
    ("https:/\\/a.example", "a.example"),
    ("https://user@a.example", "a.example"),
    ("https://bank.example:pass@a.example:8443/", "a.example:8443"),
    ("https://bank.example%2f@a.example/", "a.example"),
    ("https://bank.example\\@a.example/", "bank.example"),
    ("https://a.example?@bank.example", "a.example"),
    ("https://a.example#@bank.example", "a.example"),
    (" ht\ntps://a.exa\tmple/ ", "a.example"),
    ("\x01\x1f https://a.example\x00", "a.example"),
    ("\xa0\u3000https://a.example\u200b", "a.example"),
    ("https://a.example:443/", "a.example"),
    ("http://a.example:80/", "a.example"),
    ("http://a.example:443/", "a.example:443"),
    ("https://a.example:/", "a.example"),
    ("https://a.example:x/", "a.example%3Ax"),
    ("https://%61.example/", "a.example"),
    ("https://a\u3002example/", "a.example"),
    ("https://m\u00fcnchen.example/", "xn--mnchen-3ya.example"),
    ("https://\u4f8b\u3048.example/", "xn--r8jz45g.example"),
    ("https://a.example]/", "a.example%5D"),
    ("https://a b<c>.example/", "a%20b%3Cc%3E.example"),
    ("https://[::1]:8080/", "(::1):8080"),
    ("https://127.0.0.1/", "127.0.0.1"),
    (f"https://{'sub.' * 40}a.example/", f"..{('sub.' * 40 + 'a.example')[-64:]}"),
    (f"https://{chr(0xE4) * 70}.example/", "example"),
    ("https://a_www.b.example/", "a%5Fwww.b.example"),
    ("mailto:a+www.b@c.example", "a%2Bwww.b@c.example"),
    ("ftp://a.example/x", "a.example"),
    ("ssh://git@a.example/x", "a.example"),
    ("file:///etc/passwd", "file"),
    ("javascript:alert(1)", "javascript"),
    ("https://", "https"),
    ("x", "link"),
    ("mailto:a@b.example?subject=x", "a@b.example"),
    ("mailto:a%40b.example", "a@b.example"),
    ("https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.example%2Fx&data=05", "a.example"),
    ("https://eur01.safelinks.protection.outlook.com/?url=%2Fx", "eur01.safelinks.protection.outlook.com"),
    ("https://eur01.safelinks.protection.outlook.com/x", "eur01.safelinks.protection.outlook.com"),
]
LISTED = [
    ("https://a.example/x?y=z#w", "https://a.example/x?y=z#w"),
    ("http://user:pass@a.example/", "http://a.example/"),
    ('https://a.example/a b`<c>"\u00e4[d](e)', "https://a.example/a%20b%60%3Cc%3E%22%C3%A4%5Bd%5D(e)"),
    ("https:\\\\a.example\\b?c\\d", "https://a.example/b?c%5Cd"),
    ("https://m\u00fcnchen.example/%C3%A4", "https://xn--mnchen-3ya.example/%C3%A4"),
    ("www.a.example", "http://www.a.example"),
    ("mailto:a@b.example?body=x y", "mailto:a@b.example?body=x%20y"),
    ("https://a.example/f?sig=abc&tempauth=def", "https://a.example/f?sig=removed&tempauth=removed"),
]


@pytest.mark.parametrize(("url", "expected"), LEADS)
def test_the_host_is_the_one_that_a_browser_would_ask(url: str, expected: str) -> None:
    shown = host(url)
    assert shown == expected or (expected == "example" and shown.endswith(".example") and shown.isascii())


@pytest.mark.parametrize(("url", "expected"), LISTED)
def test_a_listed_address_is_printable_and_leads_to_the_same_place(url: str, expected: str) -> None:
    links = Links()
    assert links.add(url) == 1
    assert links.lines() == [f"[1] `{expected}`"]
    assert expected.isascii()
    assert expected.isprintable()


@pytest.mark.parametrize(
    "url",
    [
        "javascript:x",
        "data:text/html,x",
        "ftp://a.example",
        "file:///x",
        "cid:x",
        "#x",
        "/x",
        "x",
        "",
        "https://",
        f"https://{'a.' * 200}b/",
    ],
)
def test_only_sites_and_mail_boxes_are_listed(url: str) -> None:
    links = Links()
    assert links.add(url) == 0
    assert len(links) == 0


def test_an_address_has_one_number_and_there_are_not_too_many() -> None:
    links = Links()
    assert [links.add(f"https://a.example/{number}") for number in (1, 2, 1, 3)] == [1, 2, 1, 3]
    assert [links.add(f"https://a.example/{number}") for number in range(600)][-1] == 0
    assert links.add("https://a.example/1") == 1
    assert len(links) == len(links.lines()) == 500
    assert prose("https://a.example/999 https://a.example/1", links) == "[a.example] [1 a.example]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(see https://a.example/x_(y)).", "(see [a.example])."),
        ("https://a.example/x, https://b.example!", "[a.example], [b.example]!"),
        ("https://a.example/x,https://b.example/y;http://c.example", "[a.example],[b.example];[c.example]"),
        ("https://web.archive.example/https://a.example", "[web.archive.example]"),
        ("\u8bf7\u770bhttps://a.example/x\uff0c\u8c22\u8c22", "\u8bf7\u770b[a.example]\uff0c\u8c22\u8c22"),
        ("https://\u4f8b\u3048.example/x", "[xn--r8jz45g.example]"),
        ("https://de.example/wiki/K\u00e4se ok", "[de.example] ok"),
        (
            "'https://a.example/x' \"https://b.example\" <https://c.example>",
            "'[a.example]' \"[b.example]\" <[c.example]>",
        ),
        ("user@example.com and a//b.example/c and C:\\\\x", "user@example.com and a//b.example/c and C:\\\\x"),
        ("a/www.b.example/c, d@www.b.example", "a/www .b.example/c, d@www .b.example"),
        ("see //b.example, // b, //b", "see // b.example, // b, //b"),
        ("\u4e00mailto:a@b.example hotmailto:a", "\u4e00mailto: a@b.example hotmailto:a"),
        ("// comment, 1//2, and/or, http, www, x://y", "// comment, 1//2, and/or, http, www, x://y"),
        ("mailto:a@b.example", "mailto: a@b.example"),
        ("data:,x and data: x and data:image/png;base64,AAAA", "[data] and data: x and [data image/png]"),
        ("http://mailto:8080/x http://ms-tools:8443/", "[mailto:8080] [ms-tools:8443]"),
        ("http://[::1]:8080/x y", "[(::1):8080] y"),
    ],
)
def test_addresses_in_text_become_hosts_and_the_text_around_them_stays(text: str, expected: str) -> None:
    assert line(text) == expected
    assert line(expected) == expected
