"""What can be seen of an element: what its own style and the page's sheets say of size, colour, place and display.

Not all of CSS, but what hides text in mails. Where it is not understood, the text counts as seen.
"""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mcp_local_graph.safety.html_tokens import names

if TYPE_CHECKING:
    from collections.abc import Mapping

Color = tuple[int, int, int] | str | None  # red, green, blue; a name that is in no table; not known
_Measure = tuple[float, str]  # a number and its unit

# Characters of a value that are read. Nothing that hides a text is longer, and a long one would be read again for each
# element; of a style that is remembered; and how many values and styles are.
LONGEST_VALUE, _LONGEST_STYLE, _REMEMBERED = 200, 400, 512
# The properties that are looked at; others hide nothing.
_PROPERTIES = names(
    "display visibility content-visibility opacity zoom filter overflow overflow-x overflow-y width height max-width "
    "max-height position left top right bottom text-indent margin margin-left margin-top margin-right margin-bottom "
    "clip clip-path transform font font-size color -webkit-text-fill-color background background-color "
    "background-image white-space"
)
# Text smaller than this many pixels, or nearer to its background than this (of 765), is not seen.
_SMALLEST, _NEAREST = 2.0, 48
# A page is drawn this many pixels to one side at the most; further out is off the screen.
_OFF_SCREEN = -200.0
_NAMED = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "red": (255, 0, 0),
    "blue": (0, 0, 255),
    "green": (0, 128, 0),
    "yellow": (255, 255, 0),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "azure": (240, 255, 255),
    "mintcream": (245, 255, 250),
    "floralwhite": (255, 250, 240),
    "aliceblue": (240, 248, 255),
    "seashell": (255, 245, 238),
    "windowtext": (0, 0, 0),
    "window": (255, 255, 255),
}
_CLEAR = "transparent"
_SIZES = {
    "xx-small": 9.0,
    "x-small": 10.0,
    "small": 13.0,
    "medium": 16.0,
    "large": 18.0,
    "x-large": 24.0,
    "xx-large": 32.0,
}
_UNITS = {"px": 1.0, "": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "q": 0.945, "rem": 16.0}
_RELATIVE = {"em": 1.0, "%": 0.01, "ex": 0.5, "ch": 0.5}
_LENGTH = re.compile(r"([+\-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}))(px|pt|pc|in|cm|mm|q|rem|em|ex|ch|%|)(?![\w%])")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]{1,80})\)")
_HEX = re.compile(r"#([0-9a-f]{3,8})(?![\w])")
_PICTURE = re.compile(r"url\(|gradient|image|var\(|element\(")
_NOWHERE = re.compile(
    r"rect\((?:0(?:px)?[, ]+){3}0(?:px)?\)|rect\(1px[, ]+1px[, ]+1px[, ]+1px\)|inset\((?:[5-9]\d|100)%|circle\(0"
)
_MOVED = re.compile(r"translate(?:x|y|3d)?\(\s*-\d{4}|scale(?:x|y|3d)?\(\s*0(?:\.0+)?\s*[,)]")
_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?", re.IGNORECASE)
_DECLARATION = re.compile(r"([a-z\-]{2,40})\s*:((?:[^;\"'(]|\"[^\"]*\"?|'[^']*'?|\([^)]*\)?)*)", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)


class Declarations(NamedTuple):
    """What a style says and what it says is important: values by properties, in lower case. Nobody changes them."""

    usual: Mapping[str, str]
    important: Mapping[str, str]


NOTHING = Declarations({}, {})


@dataclass(frozen=True, slots=True)
class Look:
    """What an element hands down to the text in it. `size` is in pixels."""

    shown: bool = True
    color: Color = (0, 0, 0)
    background: Color = (255, 255, 255)
    size: float = 16.0
    keeps_lines: bool = False

    @property
    def seen(self) -> bool:
        """Whether text of this look can be seen."""
        return self.shown and self.size >= _SMALLEST and not _alike(self.color, self.background)


PLAIN = Look()


def declarations(style: str) -> Declarations:
    """What a style says of the properties that are looked at; of several values the last."""
    return _remembered(style) if len(style) <= _LONGEST_STYLE else _declared(style)


def _declared(style: str) -> Declarations:
    style = _ESCAPE.sub(_character, _COMMENT.sub("", style)) if "\\" in style or "/*" in style else style
    usual: dict[str, str] = {}
    important: dict[str, str] = {}
    for found in _DECLARATION.finditer(style):
        name = found[1].lower()
        if name in _PROPERTIES:
            value, mark, _ = found[2].lower().partition("!")
            (important if mark else usual)[name] = bounded(value.strip())
    return Declarations(usual, important)


_remembered = lru_cache(maxsize=_REMEMBERED)(_declared)


def bounded(value: str) -> str:
    """As much of a value as is read."""
    return value[:LONGEST_VALUE]


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return chr(code) if code < 0x80 else " "  # only ASCII spells anything in CSS  # noqa: PLR2004 - ASCII


def look(parent: Look, style: Mapping[str, str], *, link: bool = False) -> Look:
    """The look of an element in a parent of that look. A link that has no colour of its own is blue."""
    changes: dict[str, object] = {"color": (0, 0, 238)} if link else {}
    if (visibility := style.get("visibility")) in {"visible", "hidden", "collapse"}:
        changes["shown"] = visibility == "visible"
    if (size := style.get("font-size") or style.get("font")) and (measure := _font(size)):
        changes["size"] = _pixels(measure, parent.size)
    if color := style.get("-webkit-text-fill-color") or style.get("color"):
        changes["color"] = _color(color, parent.color)
    if background := _background(style):
        changes["background"] = _behind(background, parent.background)
    if space := style.get("white-space"):
        changes["keeps_lines"] = space.startswith(("pre", "break-spaces"))
    return replace(parent, **changes) if changes else parent  # type: ignore[arg-type] # each fits its field


def hides(style: Mapping[str, str]) -> bool:
    """Whether an element of this style hides all that is in it."""
    return (
        style.get("display") == "none"
        or style.get("content-visibility") == "hidden"
        or _none(style.get("opacity", "1"))
        or _none(style.get("zoom", "1"))
        or "opacity(0" in style.get("filter", "")
        or _no_room(style)
        or _out_of_sight(style)
    )


@lru_cache(maxsize=_REMEMBERED)
def _none(value: str) -> bool:
    try:
        return float(value.rstrip("%")) <= 0.01  # noqa: PLR2004 - one in a hundred is nothing
    except ValueError:
        return False


def _no_room(style: Mapping[str, str]) -> bool:
    """Cut off at no width or no height."""
    over = style.get("overflow", "") + style.get("overflow-x", "") + style.get("overflow-y", "")
    if not any(word in over for word in ("hidden", "clip", "scroll", "auto")):
        return False
    sizes = (style.get(name, "") for name in ("width", "height", "max-width", "max-height"))
    return any((pixels := length(size)) is not None and pixels <= 1 for size in sizes)


def _out_of_sight(style: Mapping[str, str]) -> bool:
    placed = style.get("position") in {"absolute", "fixed", "relative"}
    places = ["text-indent", "margin-left", "margin-top", "margin-right"]
    places += ["left", "top", "right", "bottom"] if placed else []
    off = any((pixels := length(style.get(place, ""))) is not None and pixels <= _OFF_SCREEN for place in places)
    return off or any(_nowhere(style.get(name, "")) for name in ("clip", "clip-path", "transform"))


@lru_cache(maxsize=_REMEMBERED)
def _nowhere(value: str) -> bool:
    return _NOWHERE.search(value) is not None or _MOVED.search(value) is not None


def length(text: str) -> float | None:
    """The first length in pixels; what is relative is so to 16 of them."""
    found = _measure(bounded(text))
    return _pixels(found, 16.0) if found else None


@lru_cache(maxsize=_REMEMBERED)
def _measure(text: str) -> _Measure | None:
    """The first length."""
    found = _LENGTH.search(text)
    return (float(found[1]), found[2]) if found else None


def _pixels(measure: _Measure, whole: float) -> float:
    """A length in pixels; of what is relative, relative to `whole`."""
    number, unit = measure
    return number * (_RELATIVE[unit] * whole if unit in _RELATIVE else _UNITS[unit])


@lru_cache(maxsize=_REMEMBERED)
def _font(text: str) -> _Measure | None:
    """The size that a font is said to have; None where it says nothing of it."""
    for word in text.replace("/", " ").split():
        if word in _SIZES:
            return _SIZES[word], "px"
        if _LENGTH.match(word) and (found := _measure(word)):
            # In `font: bold 12px`, a bare number other than 0 is a weight.
            if word[-1].isdigit() and found[0]:
                continue
            return found
    return None


def _background(style: Mapping[str, str]) -> str:
    """What is said of the background, a picture before a colour."""
    said = [style.get(name, "") for name in ("background-image", "background", "background-color")]
    pictures = [each for each in said if _is_picture(each)]
    return pictures[0] if pictures else said[2] or said[1]


@lru_cache(maxsize=_REMEMBERED)
def _is_picture(text: str) -> bool:
    return _PICTURE.search(text) is not None


def _behind(text: str, parent: Color) -> Color:
    if _is_picture(text):
        return None
    color = _color(text, parent)
    return parent if color in (_CLEAR, "none", "initial", "unset") else color


@lru_cache(maxsize=_REMEMBERED)
def _known(text: str) -> Color:
    """A colour; another word for itself."""
    if (found := _HEX.search(text)) and len(found[1]) in (3, 4, 6, 8):
        digits = found[1] if len(found[1]) > 4 else "".join(digit * 2 for digit in found[1])  # noqa: PLR2004 - #rgba
        if digits[6:] == "00":
            return _CLEAR
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    if found := _FUNCTION.search(text):
        return _mixed(found[1], re.split(r"[\s,/]+", found[2].strip()))
    for word in text.split():
        if word in _NAMED:
            return _NAMED[word]
    return next((word for word in text.split() if word.isalpha()), None)


def _mixed(kind: str, parts: list[str]) -> Color:
    """`rgb(…)` or `hsl(…)`, with or without commas."""
    try:
        numbers = [float(part.rstrip("%deg")) for part in parts[:4]]
    except ValueError:
        return None
    if len(numbers) > 3 and numbers[3] <= 0.01:  # noqa: PLR2004 - the fourth is how much covers what is behind
        return _CLEAR
    if len(numbers) < 3:  # noqa: PLR2004 - three parts
        return None
    if kind == "hsl":
        red, green, blue = colorsys.hls_to_rgb(numbers[0] / 360, numbers[2] / 100, numbers[1] / 100)
        return round(red * 255), round(green * 255), round(blue * 255)
    scale = 2.55 if parts[0].endswith("%") else 1.0
    return round(numbers[0] * scale), round(numbers[1] * scale), round(numbers[2] * scale)


def _color(text: str, parent: Color) -> Color:
    color = _known(text)
    return parent if color in ("inherit", "currentcolor") else color


def _alike(one: Color, other: Color) -> bool:
    """Whether a text of one colour on the other cannot be seen. What is not known can."""
    if one == _CLEAR:
        return True
    if isinstance(one, tuple) and isinstance(other, tuple):
        return sum(abs(a - b) for a, b in zip(one, other, strict=True)) <= _NEAREST
    return one is not None and one == other
