"""What a person wrote in a mail, without the mails that stand quoted below it."""

from __future__ import annotations

import re

# How mail programs begin what they quote. `On … wrote:` may run over two lines; Outlook writes a block of headers.
_OLDER = "Original Message|Ursprüngliche Nachricht|Mensagem original|Message d'origine|Mensaje original"
_WROTE = "wrote|schrieb|escreveu|a écrit|escribió|ha scritto"
_OTHERS = "Sent|Date|To|Subject|Gesendet|Datum|An|Betreff|Enviad[ao]|Data|Para|Assunto|Envoyé|À|Objet"
_BEGINS = (
    re.compile(rf"-{{2,}}\s*(?:{_OLDER})\s*-{{2,}}", re.IGNORECASE),
    re.compile(r"-{5,}\s*Forwarded message\s*-{5,}", re.IGNORECASE),
    re.compile(rf"(?:On|Am|Em|Le|El|Il)\b.{{5,200}}\b(?:{_WROTE})\b.{{0,80}}:\s*$", re.IGNORECASE),
    re.compile(r"_{20,}\s*$"),
)
_FROM = re.compile(r"\*?(?:From|Von|De|Da|Från|Fra|Van)\*?\s*:\s*\S", re.IGNORECASE)
_HEADER = re.compile(rf"\*?(?:{_OTHERS})\*?\s*:", re.IGNORECASE)
_RULE = re.compile(r"(?:^|\n)[-_*]{3,}$")
# Lines within which the other headers of such a block follow.
_NEAR = 4


def length_of_new(text: str) -> int:
    """How many characters from the start are new; quoted mails follow.

    A mail that begins with what it quotes, or that answers line by line or below `>`, is new as a whole: what is new in
    it cannot be told apart. Below an answer and what it quotes stands no second one, but a company's footer. A rule
    that stands between both belongs to neither.
    """
    lines = text.split("\n")
    tail = _marked_tail(lines)
    # What begins with at most one paragraph above it is answered line by line, if anything stands below what is quoted.
    answered = _first_paragraph(lines) if _answered_below(lines) else -1
    begins = (n for n in range(len(lines)) if n == tail or _quotes_from(lines, n, answered=answered))
    end = next(begins, len(lines))
    new = "\n".join(lines[:end]).rstrip()
    if end < len(lines):
        new = _RULE.sub("", new).rstrip()
    return len(new) or len(text)


def _marked_tail(lines: list[str]) -> int:
    """The first of the lines with `>` at the end of a text; looked for once, since a stranger may send thousands."""
    start = tail = len(lines)
    while start and (not (line := lines[start - 1].lstrip()) or line.startswith(">")):
        start -= 1
        tail = start if line else tail
    return tail


def _quotes_from(lines: list[str], number: int, *, answered: int) -> bool:
    """Whether what a mail program puts before a quoted mail begins on this line, which is not among those answered."""
    line = lines[number].strip()
    joined = f"{line} {lines[number + 1].strip()}" if number + 1 < len(lines) else line
    if any(begin.match(line) or begin.match(joined) for begin in _BEGINS):
        marked = any(near.lstrip().startswith(">") for near in lines[number + 1 : number + 1 + _NEAR])
        return not (marked and number <= answered)
    near = lines[number + 1 : number + 1 + _NEAR] if _FROM.match(line) else []
    return sum(bool(_HEADER.match(next_.strip())) for next_ in near) >= 2  # noqa: PLR2004 - one may be part of the text


def _first_paragraph(lines: list[str]) -> int:
    """Where the first paragraph and the blank lines below it end: an organisation's warning, perhaps, and no answer."""
    said = blank = False
    for number, line in enumerate(lines):
        if line.strip():
            if blank:
                return number
            said = True
        else:
            blank = said
    return len(lines)


def _answered_below(lines: list[str]) -> bool:
    """Whether something stands below the last line with `>`: an answer."""
    last = max((number for number, line in enumerate(lines) if line.lstrip().startswith(">")), default=len(lines))
    return any(line.strip() for line in lines[last + 1 :])
