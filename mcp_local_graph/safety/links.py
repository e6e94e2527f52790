"""Addresses in other people's texts: a model reads which host they lead to, and a client has nothing to fetch."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple
from urllib.parse import parse_qs, quote, unquote

from mcp_local_graph.safety.secrets import masked

# Links kept for one answer; characters of one, of a host, of what is shown of it. More is no text for a reader.
_MOST, _LONGEST, _LONGEST_HOST, _LONGEST_SHOWN = 500, 4096, 253, 64

# Ideographs and kana end an address, as they are written without spaces; within a host they may stand where it begins
# with one.
_PLAIN = r"(?:[!#-;=?-Z\\_a-z|~\xa1-\u1fff]|\[[0-9a-f:.]{2,45}\])*"
_HOST = r"(?:[^\W\x00-\u1fff][\w.\-\u3002\uff0e\uff61]{0,250})?"
_SCHEME = r"(?:https?|ftps?|wss?):[/\\]+|\b[a-z][a-z0-9+.\-]{1,30}://"
_ADDRESS = (
    rf"(?:{_SCHEME}){_HOST}{_PLAIN}"
    rf"|(?<![^\W_])(?<![@./\\\-])www\.(?=\w){_PLAIN}"  # behind those it is part of something else: a path, a name
    rf"|(?<![\w:./\\])//(?=[\w.\-]{{1,250}}\.[a-z]{{2,63}}/){_PLAIN}"
)
# Without one of these, in lower case, there is no address in a text.
_SIGNS = ("//", "\\", ":/", "www.", "data:", "script:", "mailto:", "xmpp:", "ms-", "-ms:")
_NUMBER = re.compile(r"\[(\d{1,3})[ \]]", re.ASCII)
_TOGETHER = re.compile(r"([,;|]+)(?=https?:[/\\])", re.IGNORECASE)
_DATA = re.compile(r"\bdata:(?=[^\s,]{0,200},)([\w/+.\-]{0,60})[^\s,]{0,200},[^\s)\"'<>]*", re.IGNORECASE)
# Schemes that act without `//`; what is left of sites without a scheme. A space behind them keeps them to be read, and
# from being followed. What is a host with its port in a mark of ours stays. Some programs see no letter in one that is
# not ASCII.
_ACTING = re.compile(
    r"(?<!(?-i:[A-Za-z0-9]))(?:javascript|vbscript|mailto|xmpp|search-ms|ms-[a-z\-]{2,30}):(?=\S)(?!\d{1,5}\])"
    r"|(?<![^\W_])www(?=\.[^ \t\n])",
    re.IGNORECASE,
)
# After those, as one may have stood before it.
_NO_SCHEME = re.compile(r"(?<![\w:/])//(?=localhost|\[|[^\s/]{0,255}\.)", re.IGNORECASE)
_SHARE = re.compile(r"(?<!\\)\\(?=\\[\w.\-@$?]{1,255}\\)")

# Of the schemes that browsers know, any number of slashes and backslashes begins the host; of others, two slashes.
_SPLIT = re.compile(
    r"(?:(?:(https?|ftp|wss?):|(?=[/\\]{2}))[/\\]*([^/\\?#]*)|([a-z][a-z0-9+.\-]*):(?://([^/?#]*))?)(.*)",
    re.IGNORECASE | re.DOTALL,
)
_PORT = re.compile(r":(\d{0,5})$")
_USUAL_PORTS = {"http": "80", "https": "443"}
_INNER_WWW = re.compile(r"[~_+](?=www\.)")  # behind these, some take it for the beginning of an address
_WWW = re.compile(r"^(?:www\.)+(?=.)")
_NUMBERED = re.compile(r"\[[0-9a-f:.]{2,45}\]")  # an address of IPv6
# What a browser takes off an address, and the white space that a program before it may take off.
_EDGES = "".join(map(chr, range(0x21))) + "\x7f\x85\xa0\u1680\u180e\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
_EDGES += "".join(map(chr, range(0x2000, 0x2010)))
_ROUND = str.maketrans("[]", "()")
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")
_SAFE_LINKS = ".safelinks.protection.outlook.com"


class _Parts(NamedTuple):
    scheme: str
    host: str
    rest: str


class Links:
    """The addresses of one answer, in the order in which they were met; each has one number, however often it comes."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, url: str) -> int:
        """The number of an address, from 1 on; 0 for what is no http(s) or mail address, or one too many."""
        address = _normal(url)
        if not address or (len(self) >= _MOST and address not in self._numbers):
            return 0
        return self._numbers.setdefault(address, len(self) + 1)

    def lines_of(self, *texts: str) -> list[str]:
        """The lines of those whose numbers stand in these texts, as `[1]` or `[1 host]`."""
        numbers = {int(number) for text in texts for number in _NUMBER.findall(text)}
        return [line for number, line in enumerate(self.lines(), 1) if number in numbers]

    def lines(self) -> list[str]:
        """`[1] `, then the address in backticks: it can be read and copied, and no client makes a link of it."""
        return [f"[{number}] `{address}`" for address, number in self._numbers.items()]


def host(url: str) -> str:
    """The host that an address really leads to, with a port that is not the usual one; of a mail address, itself.

    What stands before an @ is not the host; names in other scripts are shown as `xn--`; an address that Outlook has
    wrapped shows what is in the wrapping. Without a host it is the scheme.
    """
    parts = _parts(url)
    if parts.scheme == "mailto":
        box = quote(unquote(parts.rest.partition("?")[0]), safe="@.+-_")[:_LONGEST_SHOWN]
        return _INNER_WWW.sub(_encoded, box)
    if parts.host.endswith(_SAFE_LINKS):
        (inner, *_) = parse_qs(parts.rest.partition("?")[2]).get("url", [""])
        parts = _parts(inner) if leads_out(inner) else parts
    name = _INNER_WWW.sub(_encoded, _WWW.sub("", parts.host)).translate(_ROUND) or parts.scheme or "link"
    return name if len(name) <= _LONGEST_SHOWN else f"..{name[-_LONGEST_SHOWN:]}"


def _encoded(found: re.Match[str]) -> str:
    return f"%{ord(found[0]):02X}"


def leads_out(url: str) -> bool:
    """Whether an address is one of a site or of a mail box."""
    return _parts(url).scheme in ("http", "https", "mailto")


def is_relative(url: str) -> bool:
    """Whether an address leads only on from the page that it stands in."""
    return not _parts(url).scheme


def resolved(url: str, base: str) -> str:
    """The address that one in a page leads to, where the page says what its own is."""
    parts = _parts(base)
    if not is_relative(url) or parts.scheme not in _USUAL_PORTS or not parts.host:
        return url
    url = url.strip(_EDGES).replace("\\", "/")
    page = parts.rest.partition("#")[0]
    path = page.partition("?")[0]
    before = {"/": "", "?": path, "#": page}.get(url[:1], path.rpartition("/")[0] + "/")
    return f"{parts.scheme}://{parts.host}{before}{url}"


def without_addresses(text: str, links: Links | None = None) -> str:
    """The text with `[number host]` in the place of each address, `[host]` without a list to put it on."""
    lower = text.lower()
    if not any([sign in lower for sign in _SIGNS]):  # noqa: C419 - all of a list is twice as fast as some of a generator
        return text
    text = _DATA.sub(lambda found: f"[data {found[1]}]".replace(" ]", "]"), text)
    text = _pattern().sub(lambda found: _replaced(found[0], links), text)
    text = _ACTING.sub(r"\g<0> ", text)
    text = _NO_SCHEME.sub(r"\g<0> ", text) if "//" in text else text
    return _SHARE.sub(r"\g<0> ", text) if "\\\\" in text else text


@cache
def _pattern() -> re.Pattern[str]:
    """Made when it is first needed: it takes some 10 ms."""
    return re.compile(_ADDRESS, re.IGNORECASE)


def _replaced(found: str, links: Links | None) -> str:
    """What is shown for one address or for several that are strung together."""
    return "".join(_shown(each, links) for each in _TOGETHER.split(found))


def _shown(text: str, links: Links | None) -> str:
    """One address as it is shown, and the punctuation that ended it."""
    if not text.strip(",;|"):
        return text
    address = _trimmed(text)
    number = links.add(address) if links is not None else 0
    return f"[{f'{number} ' if number else ''}{host(address)}]{text[len(address) :]}"


def _trimmed(address: str) -> str:
    """Without what ends a sentence, and without a bracket that was opened before it."""
    open_brackets = address.count(")") - address.count("(")
    end = len(address)
    while end and (address[end - 1] in ".,;:!?'*_~|" or (address[end - 1] == ")" and open_brackets > 0)):
        end -= 1
        open_brackets -= address[end] == ")"
    return address[:end]


def _normal(url: str) -> str:
    """An address with nothing in it but printable ASCII, and no name before its host; empty for another scheme."""
    parts = _parts(url[:_LONGEST])
    if parts.scheme == "mailto":
        return masked("mailto:" + quote(parts.rest, safe="%@?&=+.,;-_"))
    if parts.scheme not in _USUAL_PORTS or not parts.host or len(parts.host) > _LONGEST_HOST:
        return ""
    return masked(f"{parts.scheme}://{parts.host}{quote(parts.rest, safe='%/?#@!$&()*+,;=:~')}")


def _parts(url: str) -> _Parts:
    """As a browser takes an address apart: a backslash is a slash, white space at its ends and ends of lines go."""
    url = re.sub(r"[\t\r\n]", "", url.strip(_EDGES))
    if url.lower().startswith("mailto:"):
        return _Parts("mailto", "", url[len("mailto:") :])
    if url[:4].lower() == "www.":
        url = f"http://{url}"
    found = _SPLIT.match(url)
    if not found:
        return _Parts("", "", url)
    scheme = (found[1] or found[3] or "https").lower()
    rest = found[5]
    if scheme in _USUAL_PORTS:
        path, mark, query = rest.partition("?")
        rest = path.replace("\\", "/") + mark + query
    return _Parts(scheme, _host(found[2] or found[4] or "", scheme), rest)


def _host(authority: str, scheme: str) -> str:
    """What stands behind the last @, in ASCII."""
    name = authority.rpartition("@")[2]
    port = _PORT.search(name)
    name = unicodedata.normalize("NFKC", unquote(name[: port.start()] if port else name)).translate(_DOTS).lower()
    plain = ".".join(_label(label) for label in name.split("."))
    plain = plain if _NUMBERED.fullmatch(plain) else quote(plain, safe="")
    usual = not port or port[1] in ("", _USUAL_PORTS.get(scheme))
    return plain if usual or not port else f"{plain}:{port[1]}"


def _label(label: str) -> str:
    if label.isascii() or len(label) > _LONGEST_SHOWN:
        return label
    return "xn--" + label.encode("punycode", "replace").decode("ascii")
