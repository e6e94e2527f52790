"""From the SDK's request builder, or a path, and plain query options to one absolute URL. The only maker of them.

A builder's URL comes from its own template; the names in its query part are the options that the endpoint takes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from mcp_local_graph.errors import NotFound, RequestRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_local_graph.graph.ask import Target

# The SDK writes `/me` as a user of this name, and has a middleware, which we do not run, put it right.
_ME = re.compile(r"/users/me-token-to-replace(?=[/?]|$)")
# Options that may be left out are listed (`{?%24select,userId*}`, `{&%24top}`), those that must be there written out
# (`?startDateTime={startDateTime}`).
_QUERY = re.compile(r"\{\?|\?")
_LISTED = re.compile(r"\{[?&]([^}]*)\}")
_WRITTEN = re.compile(r"[?&](\w+)=\{")


# OData's own options, which have a dollar. Everything else is by the plain name.
_ODATA = frozenset({"select", "expand", "filter", "search", "orderby", "top", "count"})
_LONGEST = 16_384
# What may stand in a segment as it is: `root:`, `delta()`, `search(q='x')`, `$value`, and ids of every kind.
_PLAIN = "$:=@!*,'()"


def absolute(target: Target, base_url: str, options: Mapping[str, object]) -> str:
    """The URL of `target`, below `base_url` (`https://host/v1.0`), with query options by plain name.

    Options without a value are left out. What a path takes is known to nobody here; a builder's options are checked.

    Raises:
        ValueError: the endpoint does not take one of the options, or one that it needs is missing. That is a mistake
            of ours, not of the model.
        NotFound: an id in the path is none.
        RequestRefused: it is longer than any server takes.
    """
    url = _made(target, base_url, options)
    if len(url) > _LONGEST:
        raise RequestRefused("The question is too long.", "Use fewer or shorter arguments.")
    return url


def _made(target: Target, base_url: str, options: Mapping[str, object]) -> str:
    given = {name: value for name, value in options.items() if value not in (None, (), [], "")}
    if isinstance(target, tuple):
        path = "/".join(quote(segment, safe=_PLAIN, errors="replace") for segment in target)
        return _checked(f"{base_url}/{path}") + _written(
            {f"${name}" if name in _ODATA else name: value for name, value in given.items()}
        )
    template = _QUERY.split(target.url_template)[0]
    information = RequestInformation(Method.GET, template, {**target.path_parameters, "baseurl": base_url})
    return _checked(_ME.sub("/me", information.url)) + _query(target.url_template, given)


def takes(target: Target, option: str) -> bool:
    """Whether an endpoint is known to take an option of OData's."""
    return not isinstance(target, tuple) and f"%24{option}" in target.url_template


def _checked(url: str) -> str:
    """Refuse an id that would make the URL one of another thing: empty it means the list, `..` what is above."""
    if {"", ".", ".."} & set(urlsplit(url).path.split("/")[1:]):
        raise NotFound("There is no such thing: one of the ids is empty or only dots.")
    return url


def _query(template: str, options: Mapping[str, object]) -> str:
    """The options as a query string, `$` and all where the endpoint's template has it."""
    written = _WRITTEN.findall(template)
    listed = [name.strip("*") for group in _LISTED.findall(template) for name in group.split(",")]
    names = {name.removeprefix("%24"): name.replace("%24", "$") for name in [*written, *listed]}
    if unknown := sorted(set(options) - set(names)):
        raise ValueError(f"{template} takes no {', '.join(unknown)}")
    if missing := sorted(set(written) - set(options)):
        raise ValueError(f"{template} needs {', '.join(missing)}")
    return _written({names[name]: value for name, value in options.items()})


def _written(options: Mapping[str, object]) -> str:
    # What is no character (half a surrogate pair, which JSON can carry) is a question mark, as everywhere on the web.
    pairs = [f"{name}={quote(_text(value), safe='', errors='replace')}" for name, value in options.items()]
    return "?" + "&".join(pairs) if pairs else ""


def _text(value: object) -> str:
    """A text, a number, a yes or no, or a list of names."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, tuple | list) else str(value)
