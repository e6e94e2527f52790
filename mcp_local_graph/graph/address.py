"""From the SDK's request builder and plain query options to one absolute URL. The only place that makes one.

The URL comes from the builder's own template; the names in its `{?…}` are the options that the endpoint takes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kiota_abstractions.base_request_builder import BaseRequestBuilder

# The SDK writes `/me` as a user of this name, and has a middleware, which we do not run, put it right.
_ME = re.compile(r"/users/me-token-to-replace(?=[/?]|$)")
_OPTIONS = re.compile(r"\{\?([^}]*)\}")


def absolute(builder: BaseRequestBuilder, base_url: str, options: Mapping[str, object]) -> str:
    """The URL of a GET at `builder`, below `base_url` (`https://host/v1.0`), with OData options by plain name.

    Raises:
        ValueError: the endpoint does not take one of the options. That is a mistake of ours, not of the model.
    """
    template = builder.url_template.partition("{?")[0]
    information = RequestInformation(Method.GET, template, {**builder.path_parameters, "baseurl": base_url})
    known = _known_options(builder.url_template)
    if unknown := sorted(set(options) - known):
        raise ValueError(f"{template} takes no {', '.join(unknown)}")
    return _ME.sub("/me", information.url) + query(options)


def query(options: Mapping[str, object]) -> str:
    """OData options as a query string, `$` and all; options without a value are left out."""
    pairs = [f"${name}={quote(_text(value), safe='')}" for name, value in options.items() if value not in (None, ())]
    return "?" + "&".join(pairs) if pairs else ""


def _known_options(template: str) -> set[str]:
    names = (name for group in _OPTIONS.findall(template) for name in group.split(","))
    return {name.strip("*").removeprefix("%24").removeprefix("$") for name in names}


def _text(value: object) -> str:
    """A text, a number, a yes or no, or a list of names."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, tuple | list) else str(value)
