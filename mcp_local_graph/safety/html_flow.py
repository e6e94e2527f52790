"""Text as it flows on a page: white space is one space, lines end where blocks do."""

from __future__ import annotations

import re

_SPACE = re.compile(r"[ \t\n\r\f\xa0]+")


class Flow:
    """Lines of text as they come; white space is one space, blank lines stand between paragraphs only."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.current: list[str] = []
        self._blank = False

    def say(self, text: str, *, keeps_lines: bool = False) -> None:
        """Add to the line."""
        if keeps_lines and "\n" in text:
            first, *others = text.split("\n")
            self.current.append(first)
            for each in others:
                self.break_line()
                self.current.append(each)
            return
        said = text if keeps_lines else _SPACE.sub(" ", text)
        if not keeps_lines and self._at_space():
            self._blank |= said == " " and "\xa0" in text and not self.current
            said = said.lstrip(" ")
        if said:
            self.current.append(said)

    def _at_space(self) -> bool:
        last = next((piece for piece in reversed(self.current) if piece), " ")
        return last.endswith(" ")

    def piece(self) -> int:
        """The number of the piece of this line that comes next, for who wants to change it later."""
        if not self.current:
            self.current.append("")
        return len(self.current)

    def end_line(self) -> None:
        """End the line, if there is anything on it."""
        text = "".join(self.current).rstrip()
        self.current = []
        if text.strip():
            self.lines += [""] * (self._blank and bool(self.lines)) + [text]
            self._blank = False

    def break_line(self) -> None:
        """End the line; where there is none, leave one blank."""
        if "".join(self.current).strip():
            self.end_line()
        else:
            self.current, self._blank = [], True

    def gap(self) -> None:
        """End the line, and leave one blank before the next."""
        self.end_line()
        self._blank = True

    def block(self, lines: list[str]) -> None:
        """Add whole lines."""
        self.end_line()
        if lines:
            self.lines += [""] * (self._blank and bool(self.lines)) + lines
            self._blank = False

    def done(self) -> list[str]:
        """All lines."""
        self.end_line()
        return self.lines
