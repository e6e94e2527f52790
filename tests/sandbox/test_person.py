from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from mcp_local_graph.sandbox import Person
from tests.sandbox.rig import BASIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.rig import Rig


@dataclass
class App:
    """A loopback app: a start page with one button, then the address that the sign-in ends at."""

    rig: Rig
    policy: str = ""
    scope: str = BASIC
    mode: str = "form_post"
    start_status: int = 200
    question: str = "<form method=post action=/start><input name=x value=1><button>Continue</button></form>"
    address: str = ""
    posts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    gets: list[str] = field(default_factory=list)

    @property
    def start(self) -> str:
        return f"{self.address}/start"

    @property
    def authorize(self) -> str:
        return self.rig.authorize_url(redirect_uri=self.address, scope=self.scope, response_mode=self.mode)


@pytest.fixture
def app(rig: Rig) -> Iterator[App]:
    it = App(rig)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            it.gets.append(self.path)
            if self.path == "/away":
                self._redirect(302, "http://elsewhere.example/")
            elif self.path == "/secure":
                self._redirect(302, "https://localhost:1/")
            else:
                words = it.question if self.path.startswith("/start") else "Signed in."
                self._page(b"<title>Start</title><style>p{}</style>" + words.encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            it.posts.append((self.headers["Origin"], dict(parse_qsl(body)) | {"path": self.path}))
            if self.path == "/start":
                self._redirect(303, it.authorize)
            else:
                self._page(b"<title>Done</title>You can close this page.")

        def log_message(self, format: str, *_arguments: object) -> None:  # noqa: A002 (the library's own name)
            """Say nothing."""

        def _page(self, page: bytes) -> None:
            self.send_response(it.start_status if self.path == "/start" else 200)
            if it.policy:
                self.send_header("Referrer-Policy", it.policy)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def _redirect(self, status: int, to: str) -> None:
            self.send_response(status)
            self.send_header("Location", to)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    it.address = f"http://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    yield it
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_person_goes_from_the_apps_first_page_to_its_last(rig: Rig, app: App) -> None:
    page = Person().sign_in(app.start)
    (first_origin, first), (second_origin, second) = app.posts
    assert (page.title, page.text) == ("Done", "You can close this page.")
    assert (first_origin, first) == (app.address, {"x": "1", "path": "/start"})
    assert (second_origin, second["state"]) == (rig.tenant.pages_url, "s-1")
    assert rig.redeem(second["code"], redirect_uri=app.address).status_code == 200


def test_a_person_starts_at_entra_just_as_well(app: App) -> None:
    assert Person().sign_in(app.authorize, account=app.rig.tenant.people[4].user_name).title == "Done"


def test_the_code_can_come_in_the_query(app: App) -> None:
    app.mode = "query"
    page = Person().sign_in(app.start)
    assert page.text == "Signed in."
    assert dict(parse_qsl(urlsplit(page.url).query))["state"] == "s-1"


@pytest.mark.parametrize(("consent", "cancel"), [(False, False), (True, True)])
def test_a_person_says_no(app: App, consent: bool, cancel: bool) -> None:  # noqa: FBT001 (a row of the table above)
    assert Person().sign_in(app.start, consent=consent, cancel=cancel).title == "Done"
    assert app.posts[-1][1]["error"] == "access_denied"


def test_a_person_stops_where_only_an_administrator_can_go_on(app: App) -> None:
    app.scope = "User.Read.All"
    assert Person().sign_in(app.start).title.startswith("Need admin approval")
    person = Person(app.rig.tenant.person.user_name)
    page = person.submit(person.browse(app.authorize), app.rig.tenant.person.user_name)
    assert person.submit(person.submit(page, "Return without consent")).title == "Done"
    assert app.posts[-1][1]["error_description"].startswith("AADSTS90094")


def test_a_person_stops_at_an_error(app: App) -> None:
    app.start_status = 500
    assert Person().sign_in(app.start).status == 500
    app.address = "http://127.0.0.1:1"
    assert "AADSTS50011" in Person().sign_in(app.authorize).text


@pytest.mark.parametrize(
    ("policy", "origin"), [("no-referrer", "null"), ("same-origin", None), ("strict-origin", None)]
)
def test_a_person_tells_the_origin_as_browsers_do(app: App, policy: str, origin: str | None) -> None:
    app.policy = policy
    Person().sign_in(app.start)
    assert app.posts[0][0] == (origin or app.address)


@pytest.mark.parametrize("path", ["/away", "/secure"])
def test_a_person_is_not_led_away_from_this_machine(app: App, path: str) -> None:
    with pytest.raises(ValueError, match="this machine only"):
        Person().browse(app.address + path)


@pytest.mark.parametrize("url", ["https://localhost:1/", "http://elsewhere.example/", "file:///etc/passwd"])
def test_a_person_opens_nothing_elsewhere(url: str) -> None:
    with pytest.raises(ValueError, match="this machine only"):
        Person().browse(url)


def test_a_form_can_ask_by_get(app: App) -> None:
    app.question = "<form action=/found><input name=q><input type=submit name=go value=Find></form>"
    page = Person().browse(app.start)
    Person().submit(page, "Find", {"q": "a b"})
    assert app.gets[-1] == "/found?q=a+b&go=Find"


def test_a_form_without_a_button_is_sent_as_it_is(app: App) -> None:
    app.question = "<form><input name=q value=1><input type=checkbox name=no></form><button>Lost</button>"
    person = Person()
    assert person.submit(person.browse(app.start)).url.endswith("/start?q=1")


def test_a_sign_in_that_goes_in_circles_ends(app: App) -> None:
    app.question = "<form><button name=decision value=accept>Accept</button></form>"
    with pytest.raises(RuntimeError, match="circles"):
        Person().sign_in(app.start)


def test_a_button_that_is_not_there_cannot_be_pressed(app: App) -> None:
    person = Person()
    with pytest.raises(LookupError, match="no button 'Delete'"):
        person.submit(person.browse(app.start), "Delete")
    with pytest.raises(LookupError, match="no button"):
        person.submit(person.browse(app.address))
