"""Pictures drawn here: a logo, a chart, a page that somebody scanned; and a small writer of PNG."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

# Letters of five by seven points, a row of points to five bits, from the top.
_FONT = {
    "A": "0E11111F111111", "B": "1E11111E11111E", "C": "0E11101010110E", "D": "1E11111111111E", "E": "1F10101E10101F",
    "F": "1F10101E101010", "G": "0E11101713110F", "H": "1111111F111111", "I": "0E04040404040E", "J": "0702020202120C",
    "K": "11121418141211", "L": "1010101010101F", "M": "111B1515111111", "N": "11191915131311", "O": "0E11111111110E",
    "P": "1E11111E101010", "Q": "0E11111115120D", "R": "1E11111E141211", "S": "0F10100E01011E", "T": "1F040404040404",
    "U": "1111111111110E", "V": "11111111110A04", "W": "11111115151B11", "X": "11110A040A1111", "Y": "11110A04040404",
    "Z": "1F01020408101F", "0": "0E11131519110E", "1": "040C040404040E", "2": "0E11010204081F", "3": "1F02040201110E",
    "4": "02060A121F0202", "5": "1F101E0101110E", "6": "0608101E11110E", "7": "1F010204080808", "8": "0E11110E11110E",
    "9": "0E11110F01020C", ".": "00000000000C0C", ",": "00000000000408", "-": "0000001F000000", ":": "000C0C000C0C00",
    "/": "01010204081010", "(": "02040808080402", ")": "08040202020408", " ": "00000000000000",
}  # fmt: skip
_WIDE, _HIGH = 6, 10


@dataclass(slots=True)
class Canvas:
    """A grey picture; 255 is white."""

    width: int
    height: int
    points: bytearray = field(init=False)

    def __post_init__(self) -> None:
        self.points = bytearray(b"\xff" * (self.width * self.height))

    def fill(self, left: int, top: int, width: int, height: int, grey: int = 0) -> None:
        """Fill a rectangle, as far as it lies inside."""
        for row in range(max(top, 0), min(top + height, self.height)):
            start, end = row * self.width + max(left, 0), row * self.width + min(left + width, self.width)
            self.points[start:end] = bytes([grey]) * max(end - start, 0)

    def write(self, left: int, top: int, text: str, size: int = 1, grey: int = 0) -> None:
        """Write one line in capitals."""
        for place, letter in enumerate(text.upper()):
            shape = bytes.fromhex(_FONT.get(letter, _FONT["-"]))
            for row, column in ((row, column) for row in range(7) for column in range(5)):
                if shape[row] >> (4 - column) & 1:
                    self.fill(left + (place * _WIDE + column) * size, top + row * size, size, size, grey)

    def page(self, left: int, top: int, text: str, size: int) -> None:
        """Write several lines."""
        for number, line in enumerate(text.strip("\n").split("\n")):
            self.write(left, top + number * _HIGH * size, line, size)


def png(canvas: Canvas) -> bytes:
    """A canvas as PNG, eight bits grey."""
    rows = (canvas.points[row * canvas.width : (row + 1) * canvas.width] for row in range(canvas.height))
    shape = struct.pack(">IIBBBBB", canvas.width, canvas.height, 8, 0, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\x00" + bytes(row) for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", shape) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def logo() -> bytes:
    """The company's logo, as it stands in signatures."""
    canvas = Canvas(142, 38)
    canvas.fill(0, 0, 142, 38, 40)
    canvas.write(8, 8, "BRACKWATER", 2, 255)
    canvas.write(8, 27, "INSTRUMENTS", 1, 200)
    return png(canvas)


def drift_chart() -> bytes:
    """How a sensor drifted: the picture that goes with the figures of `texts.drift()`."""
    canvas = Canvas(480, 260)
    canvas.write(16, 12, "BW-300 no. 0417: drift in mm", 2)
    canvas.fill(40, 40, 2, 190)
    canvas.fill(40, 230, 420, 2)
    for hour in range(105):
        # Nothing for the first sixty hours, then steadily more.
        canvas.fill(42 + hour * 4, 220 - max(0, hour - 60) * 4, 4, 3, 60)
    canvas.write(300, 242, "hours in the tank", 1)
    return png(canvas)


def photograph() -> bytes:
    """What passes for a photograph: sea, sky and a vessel in greys."""
    canvas, horizon = Canvas(320, 200), 110
    for row in range(200):
        canvas.fill(0, row, 320, 1, 230 - row // 3 if row < horizon else 120 - row // 4)
    canvas.fill(120, 84, 110, 26, 30)
    canvas.fill(190, 60, 24, 24, 200)
    canvas.fill(150, 50, 3, 34, 20)
    canvas.write(134, 92, "HALCYON", 1, 240)
    return png(canvas)


def scanned_permit() -> Canvas:
    """A page that a harbour office scanned: there is no text in it, only points."""
    canvas = Canvas(744, 1052)
    canvas.fill(40, 40, 664, 4, 60)
    canvas.page(60, 70, _PERMIT, 3)
    canvas.fill(430, 820, 220, 90, 190)
    canvas.write(446, 852, "APPROVED", 4, 90)
    # A scanner's edge and dust.
    canvas.fill(736, 0, 8, 1052, 120)
    for speck in range(40):
        canvas.fill(speck * 389 % 740, speck * 647 % 1050, 2, 2, 100)
    return canvas


_PERMIT = """
KESTREL SOUND PORT AUTHORITY

PERMIT TO SURVEY  KSPA-2211

HOLDER: BRACKWATER
        INSTRUMENTS LTD
VESSEL: M/V HALCYON
AREA:   EAST BASIN AND
        NORTH APPROACH

NO WORK WITHIN 50 M OF THE
FERRY BERTH 06:30 - 09:00

CALL VHF CH 12 BEFORE
ENTERING THE BASIN

SIGNED: H. ROWNTREE
        HARBOUR MASTER
"""
