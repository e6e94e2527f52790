"""A QR code in a terminal, for an address that is to be opened on a phone."""

from __future__ import annotations

from itertools import zip_longest

# Two rows of modules are one of characters. The colours are set, since a code in the terminal's own may be inverted,
# which many phones do not read.
_BLOCKS = {(False, False): " ", (True, False): "\N{UPPER HALF BLOCK}", (False, True): "\N{LOWER HALF BLOCK}"}
_BLACK_ON_WHITE, _PLAIN = "\x1b[30;107m", "\x1b[0m"
# Modules of white around it, which it needs to be found.
_BORDER = 2


def lines(text: str) -> list[str]:
    """The code of a text, a line for each row of characters. It is as high as it is wide, to the eye."""
    import segno  # noqa: PLC0415 - few sign-ins need it

    rows = [[bool(module) for module in row] for row in segno.make_qr(text, error="m").matrix_iter(border=_BORDER)]
    return [
        _BLACK_ON_WHITE
        + "".join(_BLOCKS.get(pair, "\N{FULL BLOCK}") for pair in zip(upper, lower, strict=True))
        + _PLAIN
        for upper, lower in zip_longest(rows[::2], rows[1::2], fillvalue=[False] * len(rows))
    ]
