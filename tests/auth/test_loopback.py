"""The loopback pages against every visitor but the right one, and against the right one who comes twice."""

from __future__ import annotations

import base64
import hashlib
import http.client
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import pytest

from mcp_local_graph.auth.loopback import Listener, SignedIn
from mcp_local_graph.errors import BlockedByPolicy, Trace
from mcp_local_graph.sandbox import Person
from tests.auth.kit import SOON, refuses

if TYPE_CHECKING:
    from collections.abc import Iterator

# Seconds; a connection that says nothing may do so for ten while a sign-in is under way.
_AT_ONCE = 3.0
MICROSOFT = "https://login.example/authorize?state=s-1"


@dataclass
class Talk:
    """The attempt's side, played: it knows one state and one account."""

    account: SignedIn = field(default_factory=lambda: SignedIn("ines@brackwater.example", ""))
    refusal: BlockedByPolicy | None = None
    in_time: bool = True
    heard: list[object] = field(default_factory=list)

    def sign_in_address(self) -> str:
        return MICROSOFT

    def is_answer(self, state: str) -> bool:
        return state == "s-1"

    def redeem(self, answer: dict[str, str]) -> SignedIn:
        self.heard.append(answer)
        if self.refusal:
            raise self.refusal
        return self.account

    def keep(self) -> bool:
        self.heard.append("keep")
        return self.in_time

    def cancel(self) -> None:
        self.heard.append("cancel")


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def cookie(self) -> str:
        return self.headers.get("set-cookie", "").partition(";")[0]


class Visitor:
    """Somebody who speaks HTTP with the listener, as they like."""

    def __init__(self, listener: Listener, host: str = "127.0.0.1") -> None:
        self.listener, self.host = listener, host
        self.path = urlsplit(listener.address).path

    def ask(self, method: str, path: str, form: dict[str, str] | bytes = b"", **headers: str) -> Reply:
        connection = http.client.HTTPConnection(self.host, self.listener.port, timeout=SOON)
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        said = {"Host": f"localhost:{self.listener.port}", "Content-Length": str(len(body))}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, said)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, b"", **headers)

    def post(self, path: str, form: dict[str, str] | bytes = b"", **headers: str) -> Reply:
        return self.ask("POST", path, form, **{"Origin": self.listener.redirect_uri, **headers})

    def begin(self) -> str:
        """Press the button; the cookie that marks this browser."""
        reply = self.post(self.path)
        assert (reply.status, reply.headers["location"]) == (303, MICROSOFT)
        return reply.cookie

    def answer(self, state: str = "s-1") -> Reply:
        """What Microsoft's page posts."""
        return self.post("/", {"code": "c-1", "state": state}, Origin="https://login.example")


@pytest.fixture
def talk() -> Talk:
    return Talk()


@pytest.fixture
def listener(talk: Talk) -> Iterator[Listener]:
    listening = Listener(talk)
    yield listening
    listening.close()


@pytest.fixture
def visitor(listener: Listener) -> Visitor:
    return Visitor(listener)


def title(reply: Reply) -> str:
    found = re.search("<h1>(.*?)</h1>", reply.text)
    return unescape(found[1]) if found else ""


# The right way


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_sign_in_goes_through_in_either_family(listener: Listener, talk: Talk, host: str) -> None:
    visitor = Visitor(listener, host)
    assert title(visitor.get(visitor.path)) == "Sign in to Microsoft 365"
    cookie = visitor.begin()
    reply = visitor.answer()
    assert (reply.status, reply.headers["location"]) == (303, "/finish")
    finish = visitor.get("/finish", Cookie=cookie)
    assert (finish.status, title(finish)) == (200, "You are signed in")
    assert "Account: ines@brackwater.example" in finish.text
    assert talk.heard == [{"code": "c-1", "state": "s-1"}]
    assert listener.served_last_page.wait(SOON)


def test_looking_at_the_start_page_changes_nothing(visitor: Visitor, talk: Talk) -> None:
    for _ in range(3):
        reply = visitor.get(visitor.path)
        assert (reply.status, reply.cookie) == (200, "")
    assert visitor.begin()
    assert talk.heard == []


def test_reloading_the_last_page_shows_it_again_and_redeems_nothing_twice(visitor: Visitor, talk: Talk) -> None:
    cookie = visitor.begin()
    visitor.answer()
    pages = {visitor.get("/finish", Cookie=cookie).text for _ in range(3)}
    assert len(pages) == 1
    assert len(talk.heard) == 1


def test_only_microsofts_first_answer_counts(visitor: Visitor, talk: Talk) -> None:
    cookie = visitor.begin()
    visitor.answer()
    visitor.post("/", {"code": "c-2", "state": "s-1"}, Origin="null")
    visitor.get("/finish", Cookie=cookie)
    assert talk.heard == [{"code": "c-1", "state": "s-1"}]


def test_coming_back_without_an_answer_says_what_to_do(visitor: Visitor, talk: Talk) -> None:
    reply = visitor.get("/finish", Cookie=visitor.begin())
    assert (reply.status, title(reply), talk.heard) == (200, "Not finished", [])


def test_a_second_tab_of_the_same_browser_may_go_on(visitor: Visitor) -> None:
    cookie = visitor.begin()
    again = visitor.post(visitor.path, Cookie=cookie)
    assert (again.status, again.cookie) == (303, cookie)


def test_an_error_is_shown_with_its_remedy_and_ids(visitor: Visitor, talk: Talk) -> None:
    remedy = "Run `mcp-local-graph login`, or open https://aka.ms/mfasetup, then ask your IT."
    talk.refusal = BlockedByPolicy("It is blocked.", remedy, trace=Trace(code="AADSTS53003"))
    cookie = visitor.begin()
    visitor.answer()
    reply = visitor.get("/finish", Cookie=cookie)
    assert title(reply) == "Not signed in"
    for words in ("It is blocked.", "then ask your IT.", "code AADSTS53003"):
        assert words in unescape(reply.text)
    assert "<code>mcp-local-graph login</code>" in reply.text
    assert '<a href="https://aka.ms/mfasetup" rel=noreferrer>https://aka.ms/mfasetup</a>,' in reply.text


# Another account than expected


@pytest.mark.parametrize(
    ("action", "in_time", "words", "heard"),
    [
        ("/keep", True, "You are signed in", ["keep"]),
        ("/cancel", True, "Not signed in", ["cancel"]),
        ("/keep", False, "Not signed in", ["keep", "cancel"]),
    ],
)
def test_another_account_is_the_persons_choice(
    visitor: Visitor, talk: Talk, *, action: str, in_time: bool, words: str, heard: list[str]
) -> None:
    talk.account, talk.in_time = SignedIn("marit@brackwater.example", "ines@brackwater.example"), in_time
    cookie = visitor.begin()
    visitor.answer()
    for _ in range(2):
        question = visitor.get("/finish", Cookie=cookie)
        assert title(question) == "Is this the right account?"
        for name in ("marit@brackwater.example", "ines@brackwater.example"):
            assert name in question.text
    settled = visitor.post(action, Cookie=cookie)
    assert title(settled) == words
    assert ("Account: marit@brackwater.example" in settled.text) == (words == "You are signed in")
    assert talk.heard[1:] == heard
    assert title(visitor.get("/finish", Cookie=cookie)) == words
    for again in ("/keep", "/cancel"):  # a double click, or a second tab
        assert title(visitor.post(again, Cookie=cookie)) == words
    assert talk.heard[1:] == heard


@pytest.mark.parametrize("action", ["/keep", "/cancel"])
def test_nobody_else_makes_that_choice(visitor: Visitor, talk: Talk, action: str) -> None:
    talk.account = SignedIn("marit@brackwater.example", "ines@brackwater.example")
    cookie = visitor.begin()
    visitor.answer()
    visitor.get("/finish", Cookie=cookie)
    name = visitor.listener.cookie_name
    assert visitor.post(action).status == 403
    assert visitor.post(action, Cookie=f"{name}=guessed").status == 403
    assert visitor.post(action, Cookie=cookie, Origin="https://evil.example").status == 403
    assert visitor.ask("POST", action, Cookie=cookie).status == 403
    assert visitor.get(action, Cookie=cookie).status == 404
    assert talk.heard[1:] == []


@pytest.mark.parametrize("action", ["/keep", "/cancel"])
def test_a_word_on_a_question_that_was_not_put_changes_nothing(visitor: Visitor, talk: Talk, action: str) -> None:
    cookie = visitor.begin()
    assert title(visitor.post(action, Cookie=cookie)) == "Not finished"
    visitor.answer()
    assert title(visitor.get("/finish", Cookie=cookie)) == "You are signed in"
    assert title(visitor.post(action, Cookie=cookie)) == "You are signed in"
    assert talk.heard[1:] == []


# Everybody else


@pytest.mark.parametrize(
    "path",
    ["/", "/start", "/start/", "/start/guessed", "/favicon.ico", "/start/%C3%A9", "//start", "/../finish", "/keep"],
)
def test_a_stray_get_finds_nothing(visitor: Visitor, talk: Talk, path: str) -> None:
    reply = visitor.get(path)
    assert (reply.status, title(reply), reply.cookie, talk.heard) == (404, "Nothing here", "", [])


@pytest.mark.parametrize("path", ["/start", "/start/guessed", "/elsewhere"])
def test_a_stray_post_begins_nothing(visitor: Visitor, talk: Talk, path: str) -> None:
    reply = visitor.post(path, {"state": "s-1"})
    assert (reply.status, reply.cookie, talk.heard) == (403, "", [])
    assert "location" not in reply.headers


def test_a_path_that_is_no_ascii_finds_nothing(visitor: Visitor) -> None:
    for method in ("GET", "POST"):
        raw = f"{method} /start/\xe9\xff HTTP/1.1\r\nHost: localhost:{visitor.listener.port}\r\n\r\n".encode("latin-1")
        with socket.create_connection(("127.0.0.1", visitor.listener.port), timeout=SOON) as connection:
            connection.sendall(raw)
            assert b" 40" in connection.recv(100).split(b"\r\n")[0]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD", "TRACE", "BREW"])
def test_other_methods_are_not_offered(visitor: Visitor, method: str) -> None:
    reply = visitor.ask(method, visitor.path)
    assert (reply.status, reply.cookie) == (501, "")
    assert not any(name.startswith("access-control-") for name in reply.headers)


def test_another_browser_cannot_begin_what_one_has_begun(visitor: Visitor) -> None:
    cookie = visitor.begin()
    other = visitor.post(visitor.path)
    assert (other.status, title(other), other.cookie) == (403, "Begun in another browser", "")
    assert visitor.post(visitor.path, Cookie="mcp_local_graph=wrong").status == 403
    assert visitor.post(visitor.path, Cookie=cookie).status == 303


@pytest.mark.parametrize("cookie", ["", "{name}=", "{name}=guessed", "other=1", "{name}", "\x7f=;;=", "{name}=\xe9"])
def test_another_browser_cannot_finish(visitor: Visitor, talk: Talk, cookie: str) -> None:
    """Login CSRF: whoever could make this browser finish somebody else's sign-in would choose the account."""
    visitor.begin()
    visitor.answer()
    reply = visitor.get("/finish", Cookie=cookie.format(name=visitor.listener.cookie_name))
    assert (reply.status, title(reply), talk.heard) == (403, "Begun in another browser", [])


def test_nobody_can_finish_what_nobody_began(visitor: Visitor, talk: Talk) -> None:
    visitor.answer()
    assert visitor.get("/finish", Cookie=f"{visitor.listener.cookie_name}=").status == 403
    assert visitor.get("/finish").status == 403
    assert talk.heard == []


@pytest.mark.parametrize(
    "form", [{"code": "c-1", "state": "wrong"}, {"code": "c-1"}, {}, {"error": "x", "state": "S-1"}]
)
def test_an_answer_with_another_state_is_none(visitor: Visitor, talk: Talk, form: dict[str, str]) -> None:
    cookie = visitor.begin()
    reply = visitor.post("/", form)
    assert (reply.status, "location" in reply.headers) == (400, False)
    assert title(visitor.get("/finish", Cookie=cookie)) == "Not finished"
    assert talk.heard == []
    # And it takes nothing away from the right one.
    assert visitor.answer().status == 303


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "localhost", "localhost:1", "", "localhost:{port}."]
)
def test_a_name_that_was_pointed_here_from_elsewhere_is_refused(visitor: Visitor, talk: Talk, host: str) -> None:
    """DNS rebinding: a page at evil.example whose name now means 127.0.0.1."""
    named = host.format(port=visitor.listener.port)
    cookie = visitor.begin()
    assert visitor.get(visitor.path, Host=named).status == 421
    assert visitor.get("/finish", Host=named, Cookie=cookie).status == 421
    assert visitor.post(visitor.path, Host=named, Cookie=cookie).status == 400
    assert visitor.post("/", {"state": "s-1"}, Host=named).status == 400
    assert talk.heard == []


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}"])
def test_each_name_of_this_machine_is_answered(visitor: Visitor, host: str) -> None:
    assert visitor.get(visitor.path, Host=host.format(port=visitor.listener.port)).status == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost", "http://localhost:1", "http://127.0.0.1:{port}", ""]
)
def test_a_button_that_stands_on_another_page_starts_nothing(visitor: Visitor, origin: str) -> None:
    named = origin.format(port=visitor.listener.port)
    reply = visitor.post(visitor.path, Origin=named)
    assert (reply.status, reply.cookie, "location" in reply.headers) == (403, "", False)
    assert visitor.ask("POST", visitor.path).status == 403


@pytest.mark.parametrize("length", ["65537", "99999999999", "-1", "1e3", "many", "9" * 5000])
def test_a_body_that_is_too_large_or_of_no_length_is_not_read(visitor: Visitor, talk: Talk, length: str) -> None:
    reply = visitor.post("/", Content_Length=length)
    assert (reply.status, talk.heard) == (400, [])


@pytest.mark.parametrize("body", [b"\xff\xfe", "&".join(f"a{n}=1" for n in range(30)).encode()])
def test_a_body_that_is_no_form_is_refused(visitor: Visitor, body: bytes) -> None:
    assert visitor.post("/", body).status == 400


def test_a_connection_that_says_nothing_holds_up_nobody(visitor: Visitor, talk: Talk) -> None:
    idle = [socket.create_connection((host, visitor.listener.port)) for host in ("127.0.0.1", "::1") for _ in range(5)]
    half = socket.create_connection(("127.0.0.1", visitor.listener.port))
    half.sendall(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nonly a part")
    cookie = visitor.begin()
    visitor.answer()
    assert title(visitor.get("/finish", Cookie=cookie)) == "You are signed in"
    assert len(talk.heard) == 1
    for connection in (*idle, half):
        connection.close()


def test_a_connection_that_breaks_says_nothing_of_its_content(
    visitor: Visitor, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    with socket.create_connection(("127.0.0.1", visitor.listener.port), timeout=SOON) as connection:
        connection.sendall(b"GET http://[SECRET HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1000) == b""
    visitor.get(visitor.path)
    said = caplog.text + "".join(capfd.readouterr())
    assert "A connection to the sign-in page broke" in said
    assert "SECRET" not in said
    assert visitor.path not in said


# The pages


def replies(visitor: Visitor) -> list[Reply]:
    """Each kind of page."""
    cookie = visitor.begin()
    return [
        visitor.get(visitor.path),
        visitor.get("/nowhere"),
        visitor.get("/finish"),
        visitor.post(visitor.path, Cookie=cookie),
        visitor.answer(),
        visitor.answer("wrong"),
        visitor.get("/finish", Cookie=cookie),
        visitor.get(visitor.path, Host="evil.example"),
    ]


def test_no_page_is_stored_framed_or_told_to_others(visitor: Visitor) -> None:
    for reply in replies(visitor):
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["x-frame-options"] == "DENY"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "same-origin"
        policy = reply.headers["content-security-policy"]
        for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert part in policy
        assert "unsafe" not in policy
        assert "Python" not in reply.headers["server"]
        assert not any(name.startswith("access-control-") for name in reply.headers)


def test_the_style_is_the_one_that_the_policy_allows_and_there_is_nothing_else(visitor: Visitor) -> None:
    reply = visitor.get(visitor.path)
    (style,) = re.findall("<style>(.*?)</style>", reply.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in reply.headers["content-security-policy"]
    assert not re.search("<script|<img|<link|src=|https?://|style=|onclick", reply.text)


@pytest.mark.parametrize("others", ['prefs={"theme":"dark"}', "theme=dark mode", "flag", "a=b=c", "=", ";;"])
def test_cookies_of_other_programs_on_this_machine_do_not_hide_ours(visitor: Visitor, others: str) -> None:
    mine = visitor.begin()
    reply = visitor.get("/finish", Cookie=f"{others}; {mine}")
    assert reply.status == 200


def test_the_cookie_is_for_this_listener_and_no_script(visitor: Visitor) -> None:
    cookie = visitor.post(visitor.path).headers["set-cookie"]
    assert cookie.startswith(f"mcp_local_graph_{visitor.listener.port}=")
    assert cookie.endswith("; HttpOnly; SameSite=Lax; Path=/")


def test_secrets_differ_between_listeners(talk: Talk, visitor: Visitor) -> None:
    other = Listener(talk)
    assert urlsplit(other.address).path != visitor.path
    assert Visitor(other).begin() != visitor.begin()
    other.close()


def test_a_hostile_account_name_is_text_and_nothing_more(visitor: Visitor, talk: Talk) -> None:
    hostile = '"><script>alert(1)</script><form action=https://evil.example>&amp;'
    for instead_of in ("", hostile):
        talk.account = SignedIn(hostile, instead_of)
        listener = Listener(talk)
        somebody = Visitor(listener)
        cookie = somebody.begin()
        somebody.answer()
        page = somebody.get("/finish", Cookie=cookie).text
        listener.close()
        assert "<script" not in page
        assert "<form action" not in page
        assert "<a " not in page
        assert hostile in unescape(page)


def test_a_persons_browser_finds_the_button(listener: Listener) -> None:
    page = Person().browse(listener.address)
    assert [button.label for form in page.forms for button in form.buttons] == ["Continue to Microsoft"]


# The end


def test_nothing_listens_and_no_thread_is_left_afterwards(talk: Talk) -> None:
    before = set(threading.enumerate())
    listener = Listener(talk)
    assert not refuses(listener.port)
    assert {socket.gethostbyname("localhost")} == {"127.0.0.1"}
    listener.close()
    assert refuses(listener.port)
    for thread in set(threading.enumerate()) - before:
        thread.join(SOON)
    assert set(threading.enumerate()) <= before


def test_connections_that_say_nothing_are_over_at_once_when_nothing_listens_any_more(talk: Talk) -> None:
    before = set(threading.enumerate())
    listener = Listener(talk)
    Visitor(listener).get("/")  # so that those in front of it have been taken too
    silent = [socket.create_connection(("127.0.0.1", listener.port), timeout=SOON) for _ in range(3)]
    half = socket.create_connection(("127.0.0.1", listener.port), timeout=SOON)
    half.sendall(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nst")
    Visitor(listener).get("/")
    listener.close()
    deadline = time.monotonic() + _AT_ONCE
    for thread in set(threading.enumerate()) - before:
        thread.join(max(deadline - time.monotonic(), 0))
    assert set(threading.enumerate()) <= before
    for connection in (*silent, half):
        connection.close()


def test_only_loopback_is_listened_on(listener: Listener) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing; names the address that others reach this machine by
        outside = probe.getsockname()[0]
    if outside.startswith("127."):
        pytest.skip("this machine has no address but loopback")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((outside, listener.port), timeout=SOON)
