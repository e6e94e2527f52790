"""A scripted person at a browser: opens pages, presses buttons, carries cookies; on this machine's pages only."""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMEOUT_SECONDS = 30
# A sign-in that takes more pages than this goes in circles.
_MOST_PAGES = 12
_HERE = {"localhost", "127.0.0.1", "::1"}
_SILENT = {"script", "style", "title", "head"}


@dataclass(frozen=True, slots=True)
class Button:
    """A submit button: what it sends, and what stands on it."""

    name: str
    value: str
    label: str


@dataclass(slots=True)
class Form:
    """A form: where it goes, how, and what it sends before anything is pressed."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as a person sees it. `text` is its visible words; `url` is where it was found in the end."""

    status: int
    url: str
    title: str
    text: str
    forms: tuple[Form, ...]
    headers: Mapping[str, str]


class Person:
    """One person with one browser. `user_name` is the account they choose; without one, the first that is offered."""

    def __init__(self, user_name: str | None = None) -> None:
        self.user_name = user_name
        self._cookies = CookieJar(DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainLiberal))
        # No proxy: whoever has one set would otherwise send loopback through it.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(self._cookies),
            _OnlyHere(),
            _UntilNobodyListens(),
        )

    def browse(self, url: str) -> Page:
        """Open an address, following redirects.

        Raises:
            ValueError: it leads away from this machine.
            urllib.error.URLError: nobody answers there.
        """
        return self._open(url, None, _navigation("none"))

    def submit(self, page: Page, button: str | None = None, fields: Mapping[str, str] | None = None) -> Page:
        """Send a page's form by one of its buttons, named by value or label (the first when absent).

        `fields` are what the person fills in.

        Raises:
            LookupError: there is no such button, or no form.
        """
        form, pressed = _press(page, button)
        sent = form.fields | dict(fields or {})
        if pressed is not None and pressed.name:
            sent[pressed.name] = pressed.value
        address = urljoin(page.url, form.action or page.url)
        site = "same-origin" if _origin(address) == _origin(page.url) else "same-site"
        headers = _navigation(site)
        if form.method == "get":
            return self._open(f"{address.split('?')[0]}?{urlencode(sent)}", None, headers)
        return self._open(address, urlencode(sent).encode(), headers | {"Origin": _told_origin(page, address)})

    def sign_in(
        self, start_url: str, *, consent: bool = True, cancel: bool = False, account: str | None = None
    ) -> Page:
        """Go through a sign-in from any first page to the page it ends on.

        With `cancel` the person cancels where they could first; without `consent` they cancel where consent is asked
        for. Where only an administrator could go on, or an error is shown, that page is the end.
        """
        page = self.browse(start_url)
        if page.status == HTTPStatus.OK and page.forms and not _decisions(page):
            # The app's own first page, with its one button.
            page = self.submit(page)
        return self._go_on(page, account, consent=consent, cancel=cancel)

    def enter_device_code(
        self, verification_uri: str, user_code: str, *, accept: bool = True, account: str | None = None
    ) -> Page:
        """Enter the code that a device shows, sign in, accept or cancel; the page it ends on."""
        page = self.submit(self.browse(verification_uri), fields={"code": user_code})
        return self._go_on(page, account, consent=accept, cancel=False)

    def _go_on(self, page: Page, account: str | None, *, consent: bool, cancel: bool) -> Page:
        for _ in range(_MOST_PAGES):
            decisions = _decisions(page)
            if not decisions:
                # No sign-in page: either it sends the result to the app, or the app or an error has the last word.
                return self.submit(page) if _sends_result(page) else page
            if cancel:
                page = self.submit(page, "back" if "back" in decisions else "cancel")
            elif "other" in decisions:
                return page
            elif any(button.name == "account" for button in page.forms[0].buttons):
                page = self.submit(page, account or self.user_name)
            else:
                page = self.submit(page, "accept" if consent else "cancel")
        raise RuntimeError("The sign-in goes in circles.")

    def _open(self, url: str, data: bytes | None, headers: Mapping[str, str]) -> Page:
        _only_here(url)
        request = urllib.request.Request(url, data, dict(headers))  # noqa: S310 (the line above lets http on loopback through only)
        try:
            with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
                return _read(response)
        except urllib.error.HTTPError as error:
            with error:
                return _read(error)


class _OnlyHere(urllib.request.BaseHandler):
    """Every request, one by a redirect too, stays on this machine."""

    def http_request(self, request: urllib.request.Request) -> urllib.request.Request:
        _only_here(request.full_url)
        return request

    https_request = ftp_request = http_request


class _UntilNobodyListens(urllib.request.HTTPRedirectHandler):
    """A redirect to the bare http://localhost is where it ends: a browser shows that address, and that nobody is there.

    The person then has the answer that sent them there.
    """

    def redirect_request(self, req: urllib.request.Request, *answer: Any) -> urllib.request.Request | None:  # noqa: ANN401 - urllib's
        """Follow, or end with the answer that is there."""
        goal = urlsplit(answer[-1])
        nobody = (goal.scheme, goal.hostname, goal.port) == ("http", "localhost", None)
        return None if nobody else super().redirect_request(req, *answer)


class _Reader(HTMLParser):
    """A page's title, words and forms."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.words: list[str] = []
        self.forms: list[Form] = []
        self._inside: list[str] = []
        self._button: dict[str, str] | None = None
        self._label = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"title", "script", "style"}:
            self._inside.append(tag)
        elif tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag == "input" and self.forms:
            self._input(given)
        elif tag == "button" and self.forms:
            self._button, self._label = given, ""

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()
        if tag == "button" and self._button is not None:
            given, self._button = self._button, None
            self.forms[-1].buttons.append(Button(given.get("name", ""), given.get("value", ""), self._label.strip()))

    def handle_data(self, data: str) -> None:
        if self._inside == ["title"]:
            self.title += data
        elif not self._inside:
            self.words += data.split()
            self._label += data

    def _input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind == "submit":
            self.forms[-1].buttons.append(Button(given.get("name", ""), given.get("value", ""), given.get("value", "")))
        elif kind != "checkbox" and given.get("name"):
            self.forms[-1].fields[given["name"]] = given.get("value", "")


def _read(response: Any) -> Page:  # noqa: ANN401 (urllib types its responses as anything)
    reader = _Reader()
    reader.feed(response.read().decode("utf-8", "replace"))
    return Page(
        status=response.status,
        url=response.url,
        title=reader.title.strip(),
        text=" ".join(reader.words),
        forms=tuple(reader.forms),
        headers=dict(response.headers.items()),
    )


def _decisions(page: Page) -> set[str]:
    """What the sign-in's own pages let a person decide; nothing on any other page."""
    return {button.value for form in page.forms for button in form.buttons if button.name == "decision"}


def _sends_result(page: Page) -> bool:
    """Whether this is the page that hands a code or an error over to the app."""
    return any(form.action.startswith("http:") and {"code", "error"} & form.fields.keys() for form in page.forms)


def _press(page: Page, wanted: str | None) -> tuple[Form, Button | None]:
    for form in page.forms:
        if wanted is None:
            return form, form.buttons[0] if form.buttons else None
        for button in form.buttons:
            if wanted in {button.value, button.label}:
                return form, button
    raise LookupError(f"There is no button {wanted!r} on the page {page.title!r}.")


def _navigation(site: str) -> dict[str, str]:
    """The headers by which a browser says that a person goes somewhere. All ports of one host are one site."""
    return {
        "Accept": "text/html,application/xhtml+xml",
        "User-Agent": "Demo-Person/1.0",
        "Sec-Fetch-Site": site,
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }


def _told_origin(page: Page, address: str) -> str:
    """The Origin header of a form that is posted: `null` where the page's referrer policy hides it, as in browsers."""
    policies = {name.lower(): value for name, value in page.headers.items()}
    policy = policies.get("referrer-policy", "").split(",")[-1].strip()
    away = _origin(address) != _origin(page.url)
    return "null" if policy == "no-referrer" or (policy == "same-origin" and away) else _origin(page.url)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _only_here(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in _HERE:
        raise ValueError("A demo person opens plain http pages of this machine only.")
