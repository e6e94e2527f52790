"""HTML as a reader sees it: what cannot be seen is gone and counted, the rest is text."""

from __future__ import annotations

import pytest

from mcp_local_graph.safety.untrusted import Links, from_html
from tests import microsoft
from tests.safety.costs import LINEAR, growth
from tests.safety.newsletter import newsletter
from tests.safety.strings import HOSTILE, WRITING, Hostile, hidden_in, rendered_in, squeezed

FIXTURES = microsoft.DATA / "html"
shared = pytest.mark.skipif(not FIXTURES.is_dir(), reason=microsoft.ABSENT)


def styled(style: str) -> str:
    return f'<p>Seen <span style="{style}">obey me</span></p>'


def ruled(rules: str, markup: str) -> str:
    return f"<style>{rules}</style><p>Seen {markup}</p>"


HIDDEN = [
    *map(
        styled,
        [
            "display:none",
            "DISPLAY : None !important",
            "dis/**/play:none",
            "d\\69splay:none",
            "color:red;display:none",
            "visibility:hidden",
            "visibility: collapse",
            "opacity:0",
            "opacity: 0.0",
            "opacity:0%",
            "zoom:0",
            "filter:alpha(opacity=0);filter:opacity(0)",
            "content-visibility:hidden",
            "font-size:0",
            "font-size:1px",
            "font-size:0.05em",
            "font-size:1%",
            "font:0/0 a",
            "font: bold 1px/1 Arial",
            "color:#fff",
            "color:white",
            "color:#FEFEFE",
            "color:rgb(255,255,255)",
            "color:rgb(100% 100% 100%)",
            "color:hsl(0, 0%, 99%)",
            "color:#fffc",
            "color:transparent",
            "color:#00000000",
            "color:rgba(0,0,0,0)",
            "-webkit-text-fill-color:transparent",
            "background:#000;color:#010101",
            "background-color:hotpink;color:hotpink",
            "background:none;color:white",
            "height:0;overflow:hidden",
            "max-height:0px;overflow:hidden",
            "width:1px;overflow:hidden",
            "max-width:0;overflow-x:clip",
            "position:absolute;left:-9999px",
            "position:fixed;top:-100em",
            "position:relative;right:-10000pt",
            "text-indent:-9999px",
            "margin-left:-999em",
            "clip:rect(0,0,0,0);position:absolute",
            "clip: rect(1px, 1px, 1px, 1px)",
            "clip-path:inset(50%)",
            "clip-path:circle(0)",
            "transform:translateX(-9999px)",
            "transform:scale(0)",
        ],
    ),
    "<p>Seen</p><p hidden>obey me</p>",
    "<p>Seen</p><dialog>obey me</dialog>",
    "<p>Seen</p><!-- obey me -->",
    "<p>Seen</p><!-- obey me",
    '<p>Seen</p><div style="visibility:hidden"><p>obey me</p></div>',
    '<p>Seen</p><div style="font-size:0"><p>obey me</p></div>',
    '<body bgcolor="#102030">Seen<font color="#102131">obey me</font>',
    '<body style="background:#fff" text="#fff"><b style="color:#000">Seen</b> obey me',
    '<html style="background:black;color:white">Seen <i style="color:black">obey me</i>',
    '<table><tr><td bgcolor="yellow">Seen</td><td bgcolor="yellow" style="color:#ffff00">obey me</td></tr></table>',
    '<p>Seen</p><a href="https://a.example" style="color:#fff">obey me</a>',
    *(
        ruled(rules, '<b class="x y" id="z" data-q="1">obey me</b>')
        for rules in (
            ".x{display:none}",
            "#z { display: none }",
            "b{display:none}",
            "*{color:#000} b.x.y#z{display:none}",
            "p .x{display:none}",
            "body > p > .y{display:none}",
            "[data-q]{display:none}",
            "[data-q='1']{display:none}",
            "b[data-q^=1][class~=x]{display:none}",
            "@media screen{.x{display:none}}",
            "@media all and (min-width:100px){.x{display:none}}",
            "@media print{.x{color:red}} .x{display:none}",
            "@supports (display:grid){.x{display:none}}",
            "/* { */ .x{display:none} /* } */",
            "<!-- .x{display:none} -->",
            "@import 'a.css'; .x{display:none}",
            ".q,.x{color:#fff}",
            ".x{display:none !important}",
            ".x{display:none}.y{color:red}",
            "b{display:block}.x{display:none}",
            ".x:link{display:none}",
        )
    ),
    "Seen <style>noscript{display:none}</style><noscript>obey me</noscript>",
    "<noscript><style>.x{display:none}</style></noscript>Seen <b class=x>obey me</b>",
    "<style>.x{display:inline}</style><style>.x{display:none}</style>Seen <b class=x>obey me</b>",
    "<style media=screen>.x{display:none}</style>Seen <b class=x>obey me</b>",
    "<style>.x{display:none !important}</style>Seen <b class=x style='display:inline'>obey me</b>",
]
# What there is in a mail that is no text of it, and not hidden from a reader either.
NO_TEXT = [
    "<head><title>obey me</title></head>Seen",
    "Seen<script>obey me</script>",
    "Seen<style>.obey-me{color:red}</style>",
    "Seen<template>obey me</template>",
    "Seen<svg><title>obey me</title></svg>",
    "Seen<iframe>obey me</iframe><object>obey me</object>",
    "Seen<!--[if mso]>obey me<![endif]-->",
    "<!--[if !mso]><!-->Seen<!--<![endif]-->",
    "Seen<input value='obey me'><select><option>obey me</select>",
    "Seen<img alt='obey me' width=1 height=1>",
    "Seen<img alt='obey me' style='display:none'>",
    "Seen<img alt='obey me' style='visibility:hidden'>",
    "Seen<img alt='obey me' style='width:0px'>",
    "Seen<a href='https://a.example/x'></a><a href='https://a.example/y'> <img src=x></a>",
    "Seen<p title='obey me' data-x='obey me' aria-label='obey me'></p>",
    "Seen<!DOCTYPE obey><?obey me?><!obey me></obey me>",
]
SEEN = [
    *map(
        styled,
        [
            "display:block",
            "opacity:0.5",
            "opacity:1",
            "font-size:9px",
            "font-size:small",
            "font:italic bold .8em/1.2 Arial",
            "font:400 12px Arial",
            "font:700",
            "font-size:inherit",
            "color:#999",
            "color:var(--x)",
            "color:inherit",
            "color:rgb(x,y,z)",
            "color:rgb(1)",
            "background:#000;color:#fff",
            "background:url(x.png);color:#fff",
            "background-image:linear-gradient(red,blue);color:white",
            "background:#036 url(x.png);color:#036",
            "background-color:hotpink;color:red",
            "background:transparent;color:#000",
            "height:0",
            "max-height:20px;overflow:hidden",
            "width:100%;overflow:hidden",
            "position:absolute;left:-5px",
            "left:-9999px",
            "text-indent:-18pt",
            "margin-left:-10px",
            "mso-hide:all",
            "visibility:visible",
            "zoom:x",
            "color:#12",
            "transform:rotate(3deg)",
        ],
    ),
    '<p>Seen</p><div style="visibility:hidden"><p style="visibility:visible">obey me</p></div>',
    '<p>Seen</p><td style="font-size:0px"><div style="font-size:13px">obey me</div></td>',
    '<div style="background:#000"><table><tr><td style="color:#fff">Seen obey me</td></tr></table></div>',
    '<table><tr><td background="x.png" style="color:#fff">Seen obey me</td></tr></table>',
    '<div style="background:#00e;color:#fff">Seen <b style="color:#fff">obey me</b></div>',
    '<p>Seen</p><div style="color:#fff;background:#fff"><a href="https://a.example">obey me</a></div>',
    *(
        ruled(rules, '<b class="x">obey me</b>')
        for rules in (
            "@media print{.x{display:none}}",
            "@media (max-width:479px){.x{display:none}}",
            "@media (prefers-color-scheme: dark){.x{color:#fff}}",
            "@media only screen and (min-width:2000px){.x{display:none}}",
            "@font-face{.x{display:none}}",
            ".x:hover{display:none}",
            ".x::before{display:none}",
            ".y{display:none}",
            ".x .x{display:none}",
            "u + .x{display:none}",
            "i.x{display:none}",
            "[data-q]{display:none}",
            ".x[class$=y]{display:none}",
            ".x{display:none}.x{display:inline}",
            ".x{display:none} b.x{display:inline}",
            "#q .x{display:none}",
            ".x{}",
            "} .y { .x",
            ".x{display:none",
        )
    ),
    "<style>.x{display:none}</style>Seen <b class=x style='display:inline'>obey me</b>",
    "Seen <noscript>obey me</noscript>",  # mail programs run no scripts
    "<head><noscript><style>i{color:red}</style></noscript></head>Seen <NoScript><i>obey</i> me</NoScript>",
]
TEXT = [
    ("<p>a<p>b", "a\n\nb"),
    (
        "<p class=MsoNormal>a</p><p class=MsoNormal>b</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>c</p>",
        "a\nb\n\nc",
    ),
    ("<p style='margin:0'>a</p><p style='margin-top:0cm'>b</p>", "a\nb"),
    ("<div>a</div><div><br></div><div>b<br>c</div>", "a\n\nb\nc"),
    ("a<br><br><br>b", "a\n\nb"),
    ("<b>a</b> <i> b </i>c", "a b c"),
    ("a\n  b\t c&nbsp;&nbsp;d", "a b c d"),
    ("a<wbr>b<span>c</span>", "abc"),
    ("<span style='display:block'>a</span>b", "a\nb"),
    ("<h1>Title</h1>text<h3>Lower<br>one</h3>more<h2></h2>", "# Title\n\ntext\n\n### Lower one\n\nmore"),
    ("a<ul><li>b<li>c<ul><li>d</ul></ul>e", "a\n\n- b\n- c\n  - d\n\ne"),
    ("<ol start=3><li>a<li><p>b</p><p>c</p></ol>", "3. a\n4. b\n\n  c"),
    ("<ol start=-1><li></li><li>a</ol><li>b", "2. a\n\n- b"),
    ("a<blockquote>b<blockquote>c</blockquote>d</blockquote>e", "a\n> b\n> > c\n> d\ne"),
    ("<blockquote>" * 12 + "a", "> " * 8 + "a"),
    ("<table><tr><th>Day<th>Place<tr><td>Mon<td>Pier</table>", "Day | Place\nMon | Pier"),
    ("<table><tr><td><td>Q1<td>Q2<tr><td>Sum<td><td>5<tr><td>&nbsp;<td></table>", " | Q1 | Q2\nSum |  | 5"),
    ("<table><tr><td><p>a</p><p>b</p></td></tr></table>c", "a\n\nb\nc"),
    ("<table><tr><td>a<br>b<td>c</table>", "a b | c"),
    ("<table><tr><td>" + "a<br>" * 6 + "<td>c</table>", "a\na\na\na\na\na\nc"),
    (f"<table><tr><td>{'a ' * 300}<td>c</table>", f"{'a ' * 299}a\nc"),
    ("<td>a<td>b", "ab"),
    ("<dl><dt>a<dd>b</dl>c", "a\nb\n\nc"),
    ("a<hr>b", "a\n---\nb"),
    ("<pre>a\n  b\n\n\nc</pre>", "a\n  b\n\nc"),
    ("<div style='white-space:pre-wrap'>a\nb</div>", "a\nb"),
    ("<textarea>a <b>\nc</textarea><xmp><i></xmp>", "a < b>\nc\n\n< i>"),
    ("<img alt='A chart [of] tides' src=x>", "[image: A chart (of) tides]"),
    ("<img alt='\U0001f600'> <img alt=''> <img>x", "\U0001f600 x"),
    ("a &lt;b&gt; &amp;amp; &#x41;", "a < b> &amp; A"),
    ("a < b <3 </>", "a < b <3"),
    ("", ""),
    ("plain text", "plain text"),
    ("<o:p>a</o:p><w\u00e9ird>b</w\u00e9ird>", "ab"),
    ("<p>a<div", "a"),
    ("a\0b", "ab"),
    ("<b><p>a</b>b</p>", "ab"),
    ("<div><span>a</div>b</span><div>c</div>", "a\nb\nc"),
    ("<div a=1 =b 'c d=\"x>y\" e='>'>f</div>", "f"),
]


@pytest.mark.parametrize("html", HIDDEN)
def test_what_a_reader_cannot_see_is_dropped_and_counted(html: str) -> None:
    text = from_html(html)
    assert (squeezed(text), text.removed) == ("Seen", len("obey me"))


@pytest.mark.parametrize("html", NO_TEXT)
def test_what_is_no_text_of_the_mail_is_dropped(html: str) -> None:
    text = from_html(html, Links())
    assert (str(text), text.removed) == ("Seen", 0)


@pytest.mark.parametrize("html", SEEN)
def test_what_a_reader_can_see_is_kept(html: str) -> None:
    text = from_html(html)
    assert (squeezed(text), text.removed) == ("Seen obey me", 0)


@pytest.mark.parametrize(("html", "expected"), TEXT)
def test_the_text_has_the_form_of_the_page(html: str, expected: str) -> None:
    assert str(from_html(html)) == expected


def test_hidden_characters_of_entities_are_taken_out_and_counted() -> None:
    text = from_html("He&#8203;l&shy;lo&#x202e; &#xE0041;&zwnj;<b hidden>&#xE0042;x</b>")
    assert (str(text), text.removed) == ("Hello", 7)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda each: each.name.replace(" ", "-"))
def test_hostile_text_in_html_is_harmless(hostile: Hostile) -> None:
    escaped = hostile.text.replace("&", "&amp;").replace("<", "&lt;")
    for html in (
        f"<pre>{escaped}</pre>",
        f"<p><a href='https://a.example'>{escaped}</a> <img alt='{escaped}'>",
        hostile.text,
    ):
        text = from_html(html, Links())
        assert rendered_in(text) == []
        assert [each for each in hidden_in(text) if each not in hidden_in(hostile.visible)] == []
    assert squeezed(hostile.visible) in squeezed(from_html(f"<pre>{escaped}</pre>"))


@pytest.mark.parametrize("language", WRITING)
def test_writing_in_html_comes_through_as_it_is(language: str) -> None:
    escaped = WRITING[language].replace("&", "&amp;").replace("<", "&lt;")
    text = from_html(f"<pre>{escaped}</pre>")
    assert (str(text), text.removed) == (WRITING[language], 0)


def test_links_have_numbers_and_are_listed() -> None:
    links = Links()
    text = from_html(
        "<a href='https://a.example/1?utm=x'>One</a>, <a href='https://b.example'><b>two</b></a> and again "
        "<a href=https://a.example/1?utm=x>one</a> or https://c.example/x or <a href=mailto:x@d.example>write</a>. "
        "<a name=x>No</a> <a href='#x'>link</a> <a href='javascript:x'>at</a> <a href='cid:x'>all</a>",
        links,
    )
    assert text == "One [1], two [2] and again one [1] or [3 c.example] or write [4]. No link at all"
    assert links.lines() == [
        "[1] `https://a.example/1?utm=x`",
        "[2] `https://b.example`",
        "[3] `https://c.example/x`",
        "[4] `mailto:x@d.example`",
    ]


@pytest.mark.parametrize(
    ("shown", "target", "expected", "without_list"),
    [
        (
            "https://bank.example/login",
            "https://evil.example/x",
            "bank.example/login [1 evil.example]",
            "bank.example/login [evil.example]",
        ),
        ("www.bank.example", "https://bank.example.evil.example", "bank.example [1 bank.example.evil.example]", None),
        ("bank.example", "https://bank.example@evil.example/", "bank.example [1 evil.example]", None),
        ("bank.example", "https://www.bank.example/", "bank.example [1]", "bank.example"),
        ("bank.example", "https://login.bank.example/", "bank.example [1]", "bank.example"),
        ("https://bank.example/a", "https://bank.example/a", "[1 bank.example]", "[bank.example]"),
        ("boss@bank.example", "mailto:boss@bank.example", "boss@bank.example", "boss@bank.example"),
        ("boss@bank.example", "mailto:eve@evil.example", "boss@bank.example [1 eve@evil.example]", None),
        ("boss@bank.example", "https://evil.example", "boss@bank.example [1 evil.example]", None),
        (
            "bank.example",
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fbank.example%2F",
            "bank.example [1]",
            "bank.example",
        ),
        (
            "bank.example",
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example%2F",
            "bank.example [1 evil.example]",
            None,
        ),
        ("bank.example", "#top", "bank.example", "bank.example"),
        ("https://bank.example/a", "/login", "bank.example/a", "bank.example/a"),
        ("bank.example.", "https://evil.example", "bank.example. [1 evil.example]", None),
        (
            "Go to https://bank.example/login now",
            "https://evil.example",
            "Go to bank.example/login now [1 evil.example]",
            None,
        ),
        ("Go to https://bank.example/a", "https://bank.example/a", "Go to bank.example/a [1]", "Go to bank.example/a"),
        ("Bank (bank.example)", "https://evil.example", "Bank (bank.example) [1 evil.example]", None),
        ("bank\uff0eexample", "https://evil.example", "bank\uff0eexample [1 evil.example]", None),
        ("http://16909060/", "https://evil.example", "16909060/ [1 evil.example]", None),
        ("192.0.2.1", "https://evil.example", "192.0.2.1 [1 evil.example]", None),
        (
            "\u0431\u0430\u043d\u043a.\u0440\u0444",
            "https://evil.example",
            "\u0431\u0430\u043d\u043a.\u0440\u0444 [1 evil.example]",
            None,
        ),
        ("https://<b>bank.example</b>/x", "https://evil.example", "bank.example/x [1 evil.example]", None),
        ("hthttps://tps://bank.example", "https://evil.example", "[bank.example] [1 evil.example]", None),
        ("https://bank.example/login", "&#1; https://evil.example/p", "bank.example/login [1 evil.example]", None),
        ("https://bank.example/login", "&#xa0;&#xfeff;//evil.example", "bank.example/login [1 evil.example]", None),
        ("bank.example", "javascript:x", "bank.example [javascript]", "bank.example [javascript]"),
        ("bank.example", "ftp://evil.example/x", "bank.example [evil.example]", "bank.example [evil.example]"),
        ("<img alt='bank.example'>", "https://evil.example", "[image: bank.example] [1 evil.example]", None),
        ("Log in", "https://evil.example", "Log in [1]", "Log in"),
    ],
)
def test_the_true_host_is_told_where_a_link_names_another(
    shown: str, target: str, expected: str, without_list: str | None
) -> None:
    html = f'<p>Go <a href="{target}"> {shown} </a> now</p>'
    assert from_html(html, Links()) == f"Go {expected} now"
    assert from_html(html) == f"Go {without_list or expected.replace('[1 ', '[')} now"


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<a href='https://evil.example'>bank.example<br></a>", "bank.example [1 evil.example]"),
        ("<a href='https://evil.example'><div>https://bank.example/a</div></a>", "bank.example/a [1 evil.example]"),
        ("<a href='https://evil.example'>Log in<br>at bank.example</a>", "Log in\nat bank.example [1 evil.example]"),
        ("<a href='https://bank.example/a'><div>https://bank.example/a</div></a>", "[1 bank.example]"),
        (
            "<base href='https://evil.example/x/y'><a href='/a'>https://bank.example/a</a>",
            "bank.example/a [1 evil.example]",
        ),
        (
            "<head><base href='https&#58;\\\\evil.example'></head><a href=a>bank.example</a>",
            "bank.example [1 evil.example]",
        ),
        ("<a name=x>https://bank.example/a</a>", "[1 bank.example]"),
        ("<a href='https://evil.example'><table><tr><td>bank.example</table></a>", "bank.example [1 evil.example]"),
    ],
)
def test_the_true_host_is_told_however_the_link_is_written(markup: str, expected: str) -> None:
    links = Links()
    assert from_html(markup, links) == expected
    assert len(links) == 1


def test_links_within_a_page_that_says_where_it_is_lead_there() -> None:
    links = Links()
    hrefs = ["/a?b", "c/d", "?e", "#f", "//b.example/g", "mailto:x@c.example", "https://d.example"]
    from_html("<base href='https://a.example/x/y?z#w'>" + "".join(f"<a href='{href}'>x</a>" for href in hrefs), links)
    assert [each.split("`")[1] for each in links.lines()] == [
        "https://a.example/a?b",
        "https://a.example/x/c/d",
        "https://a.example/x/y?e",
        "https://a.example/x/y?z#f",
        "https://b.example/g",
        "mailto:x@c.example",
        "https://d.example",
    ]


def test_links_within_links_cost_no_more_than_others() -> None:
    nest = "<a href='https://a.example'><table><tr><td>"
    assert growth(lambda html: from_html(html, Links()), lambda n: nest * (n // 10) + "b.example " * 5000, 40) < LINEAR


def test_a_link_around_blocks_and_one_around_a_picture_have_their_numbers() -> None:
    html = "<a href=https://a.example><table><tr><td>Read<tr><td>more</table></a>"
    html += "<a href=https://b.example><img alt=Logo></a>"
    assert from_html(html, Links()) == "Read\nmore [1]\n[image: Logo] [2]"


@shared
@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.glob("*.html")))
def test_a_reply_as_mail_programs_write_it_is_its_few_words(name: str) -> None:
    text = from_html((FIXTURES / name).read_text(encoding="utf-8"), Links())
    assert text.startswith("Hi. I am fine.")
    assert "Hello! How are you?" in text
    assert len(text.encode()) <= 90 * 4
    assert rendered_in(text) == []


def test_a_newsletter_of_40_kb_is_its_text() -> None:
    html = newsletter()
    links = Links()
    text = from_html(html, links)
    assert len(html) >= 40_000
    assert len(text.encode()) <= 350 * 4
    assert text.startswith("[image: Harbour news] [1]\nHarbour news, June\n## The pier opens again\n")
    assert text.endswith("Unsubscribe [10] or read it in the browser [11]. Harbour Trust, 1 Quay Street.")
    assert "Tide table 2027\n4.50 EUR\nBuy [6]" in text
    assert len(links) == 11
    assert text.removed > len("The pier opens again, and a walk for everybody.")
