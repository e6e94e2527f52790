"""The loopback side of a browser sign-in: one listener for one attempt, on 127.0.0.1 and ::1.

    GET  /start/<one-time path>    a page with a button; changes nothing
    POST /start/<one-time path>    the button: marks this browser with a cookie, then on to Microsoft
    POST /                         Microsoft's answer (form_post); kept if its `state` is ours, then on to /finish
    GET  /finish                   only for the marked browser: redeems the answer and names the account
    POST /keep, POST /cancel       only for the marked browser: the answer where another account was expected

So neither another page (it has no one-time path and no cookie) nor another local user (no cookie) can start or end a
sign-in, and a connection that says nothing holds up nobody: each has a thread and a deadline.
"""

from __future__ import annotations

import contextlib
import errno
import hmac
import logging
import secrets
import socket
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import parse_qsl, urlsplit

from mcp_local_graph.auth.pages import HEADERS, Button, Mood, page
from mcp_local_graph.errors import LocalGraphError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Seconds a connection may keep us waiting for its next byte; browsers open some in advance and say nothing.
_IDLE = 10
_BODY_LIMIT = 64 * 1024
_PORT_TRIES = 10
_logger = logging.getLogger(__name__)


class SignedIn(NamedTuple):
    """An account that came out of a sign-in, and the one that was expected in its place; empty where it is right."""

    user_name: str
    instead_of: str


class Conversation(Protocol):
    """What the listener asks of the attempt it serves."""

    def sign_in_address(self) -> str:
        """Microsoft's page to go to."""

    def is_answer(self, state: str) -> bool:
        """Whether an answer with this `state` is one to our question."""

    def redeem(self, answer: dict[str, str]) -> SignedIn:
        """Turn Microsoft's answer into an account. Raises LocalGraphError."""

    def keep(self) -> bool:
        """The person wants the account. False where the attempt is over and it comes too late."""

    def cancel(self) -> None:
        """The person does not."""


class Listener:
    """Serves one conversation until `close`. `address` is what to open; `redirect_uri` what Microsoft answers to."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self._servers = _bind(self)
        self.port: int = self._servers[0].server_address[1]
        self.redirect_uri = f"http://localhost:{self.port}"
        self._path = f"/start/{secrets.token_urlsafe(16)}"
        self.address = self.redirect_uri + self._path
        self.cookie_name = f"mcp_local_graph_{self.port}"
        self._browser: str | None = None
        self._answer: dict[str, str] | None = None
        self._outcome: bytes | None = None
        self._is_asking = False
        self._name = ""
        self._turn = threading.Lock()
        self.served_last_page = threading.Event()
        for server in self._servers:
            name = f"sign-in page {self.port}"
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True, name=name).start()

    @property
    def visited(self) -> bool:
        """Whether a browser has begun, and may come back for its last page."""
        return self._browser is not None

    def close(self) -> None:
        """Give the port back. Answers under way are still finished; what has not been asked by now is not heard."""
        for server in self._servers:
            server.shutdown()
            server.server_close()
            server.stop_hearing()

    # What each request means. A handler holds the turn, so that two tabs cannot both redeem.

    def show_start(self, path: str) -> bytes | None:
        """The start page, if `path` is the one-time path."""
        if not _same(path, self._path):
            return None
        return page(
            "Sign in to Microsoft 365",
            "A program on this computer, mcp-local-graph, wants to work with Microsoft 365 for you.",
            "Go on only if you have just asked for it.",
            buttons=(Button("Continue to Microsoft", self._path, main=True),),
            small="You sign in at Microsoft; your password does not pass through this program.",
        )

    def start(self, path: str, cookie: str | None) -> tuple[str, str] | None:
        """Microsoft's address and the cookie for a browser that may begin; None for any other."""
        with self._turn:
            if not _same(path, self._path) or (self._browser and not self.is_marked(cookie)):
                return None
            self._browser = self._browser or secrets.token_urlsafe(24)
            return self.conversation.sign_in_address(), self._browser

    def take_answer(self, answer: dict[str, str]) -> bool:
        """Keep Microsoft's answer, if it is one to our question and the first."""
        with self._turn:
            if not self.conversation.is_answer(answer.get("state", "")):
                return False
            self._answer = self._answer or answer
            return True

    def is_marked(self, cookie: str | None) -> bool:
        """Whether the cookie is the one that the start button gave out."""
        return bool(self._browser and cookie and _same(cookie, self._browser))

    def finish(self) -> bytes:
        """Redeem the answer once and say how it went; the same again for whoever reloads."""
        with self._turn:
            if self._outcome is None and self._answer is not None:
                self._outcome = self._redeemed(self._answer)
            return self._outcome or _NOT_FINISHED

    def settle(self, *, keep: bool) -> bytes:
        """The person's word on an account that was not the expected one. The first counts: people click twice."""
        with self._turn:
            if not self._is_asking:
                return self._outcome or _NOT_FINISHED
            self._is_asking = False
            if keep and self.conversation.keep():
                self._outcome = _done(self._name)
            else:
                self.conversation.cancel()
                words = "The account was not kept. You can close this page."
                self._outcome = page("Not signed in", words, mood=Mood.BAD)
            return self._outcome

    def _redeemed(self, answer: dict[str, str]) -> bytes:
        try:
            account = self.conversation.redeem(answer)
        except LocalGraphError as error:
            ids = error.trace.line()
            return page("Not signed in", error.what, advice=error.remedy, small=ids, mood=Mood.BAD)
        self._name = account.user_name
        if not account.instead_of:
            return _done(self._name)
        self._is_asking = True
        return page(
            "Is this the right account?",
            f"You signed in as {self._name}. Until now {account.instead_of} was in use here.",
            buttons=(Button("Use this account", "/keep"), Button("Cancel", "/cancel")),
        )


def _done(name: str) -> bytes:
    return page("You are signed in", f"Account: {name}", "You can close this page and go back to work.", mood=Mood.GOOD)


_NOT_FINISHED = page("Not finished", "Microsoft has not answered yet. Go back and sign in.")
_UNKNOWN = page("Nothing here", "This address belongs to a sign-in that is over, or to none.")
_ELSEWHERE = page(
    "Begun in another browser",
    "This sign-in was begun in another browser or window. Finish it there, or ask for a new one.",
)


class _Server(ThreadingTCPServer):
    # Not http.server's own: that one looks up this machine's name in the DNS before it listens.
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], listener: Listener) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.listener = listener
        self._connections: set[socket.socket] = set()
        self._counting = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's signature
        """Begin with a connection."""
        with self._counting:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - the library's signature
        """End with it."""
        with self._counting:
            self._connections.discard(request)
        super().shutdown_request(request)

    def stop_hearing(self) -> None:
        """Let the threads go that wait for somebody who says nothing."""
        with self._counting:
            for connection in self._connections:
                with contextlib.suppress(OSError):  # whose other end is gone
                    connection.shutdown(socket.SHUT_RD)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the library's signature
        """Note that a connection broke; never its content."""
        _logger.debug("A connection to the sign-in page broke")


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _IDLE
    server_version = "mcp-local-graph"
    sys_version = ""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if not self._is_for_us():
            self._reply(421, _UNKNOWN)
        elif path == "/finish":
            if self._listener.is_marked(self._cookie()):
                self._reply(200, self._listener.finish())
                self._listener.served_last_page.set()
            else:
                self._reply(403, _ELSEWHERE)
        else:
            start = self._listener.show_start(path)
            self._reply(200 if start else 404, start or _UNKNOWN)

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        form = self._form()
        if form is None or not self._is_for_us():
            self._reply(400, _UNKNOWN)
        elif path == "/":
            taken = self._listener.take_answer(form)
            self._reply(303 if taken else 400, _UNKNOWN, **({"Location": "/finish"} if taken else {}))
        elif self.headers.get("Origin") != self._listener.redirect_uri:
            self._reply(403, _UNKNOWN)
        elif path in {"/keep", "/cancel"}:
            self._settle(keep=path == "/keep")
        else:
            self._begin(path)

    def _settle(self, *, keep: bool) -> None:
        if self._listener.is_marked(self._cookie()):
            self._reply(200, self._listener.settle(keep=keep))
            self._listener.served_last_page.set()
        else:
            self._reply(403, _ELSEWHERE)

    def _begin(self, path: str) -> None:
        begun = self._listener.start(path, self._cookie())
        if begun is None:
            self._reply(403, _ELSEWHERE)
            return
        address, mark = begun
        # Lax, not Strict: the way back from Microsoft is a redirect that another site began.
        cookie = f"{self._listener.cookie_name}={mark}; HttpOnly; SameSite=Lax; Path=/"
        self._reply(303, b"", **{"Location": address, "Set-Cookie": cookie})

    @property
    def _listener(self) -> Listener:
        return self.server.listener

    def _is_for_us(self) -> bool:
        """A name of ours in Host: a page elsewhere could point its own name at 127.0.0.1 (DNS rebinding)."""
        port = self._listener.port
        return self.headers.get("Host") in {f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"}

    def _cookie(self) -> str | None:
        """Our cookie. By hand: other programs on `localhost` set some too, and the library gives up at an odd one."""
        for pair in self.headers.get("Cookie", "").split(";"):
            name, _, value = pair.strip().partition("=")
            if name == self._listener.cookie_name:
                return value
        return None

    def _form(self) -> dict[str, str] | None:
        try:
            length = int(self.headers.get("Content-Length", "0"))
            if not 0 <= length <= _BODY_LIMIT:
                return None
            return dict(parse_qsl(self.rfile.read(length).decode(), max_num_fields=20))
        except ValueError:
            return None

    def _reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's signature
        """Say nothing: the request line holds the one-time path."""


def _same(given: str, secret: str) -> bool:
    """Compare in a time that tells nothing."""
    return hmac.compare_digest(given.encode(), secret.encode())


def _bind(listener: Listener) -> list[_Server]:
    """One free port on both loopback addresses; `localhost` may mean either. Raises OSError."""
    for _ in range(_PORT_TRIES):
        first = _Server(("127.0.0.1", 0), listener)
        try:
            return [first, *_second(first.server_address[1], listener)]
        except OSError:
            first.server_close()  # somebody has the port on ::1
    raise OSError("no port is free on both loopback addresses")


def _second(port: int, listener: Listener) -> Iterator[_Server]:
    try:
        yield _Server(("::1", port), listener)
    except OSError as error:
        if error.errno not in {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}:  # a machine without IPv6 needs none
            raise
