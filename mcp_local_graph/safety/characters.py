"""Which characters of other people's texts a model gets to see: those that a reader sees.

What has no shape of its own is taken out: it hides words from the person and shows them to the model (tag characters,
stacked variation selectors, zero-width runs), or changes the order or the terminal on which the text is read. It stays
where a script needs it: a joiner after a letter of a joining script, a variation selector after its emoji or ideograph,
a direction mark beside right-to-left text. What may stay never depends on what may go, so that cleaning twice changes
nothing, and at most one such character stays for each visible one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# Texts of these alone, which is most of them, have nothing to look for: letters and signs of Latin, Greek and Cyrillic,
# ideographs, kana, whole syllables of Hangul.
_PLAIN_ONE = (
    "[\t\n -~\xa0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u0590\u2000-\u200a\u2010-\u2027\u202f-\u205f\u2070-\u20cf"
    "\u2100-\u27ff\u2900-\u2bff\u2e80-\u3029\u3030-\u3098\u309b-\u3163\u3165-\ua66e\uac00-\ud7a3\uf900-\ufaff"
    "\uff01-\uff9f\uffa1-\uffdc]"
)
_PLAIN, _PLAIN_PARTS = re.compile(f"{_PLAIN_ONE}*"), re.compile(f"{_PLAIN_ONE}+")
# A whole escape sequence of a terminal: CSI, OSC and its kin up to their end, then the short ones. In its one-byte form
# (C1) a CSI needs a parameter, or a quotation mark read in the wrong charset would take a letter with it.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)"
    r"|\x9b[0-?]+[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")

# Gone wherever they stand: control characters; soft hyphen; grapheme joiner; fillers of Hangul and Khmer; embeddings,
# overrides and isolates of direction (text is stored in the order in which it is read); word joiners and invisible
# operators; surrogates; private use; interlinear annotation; noncharacters; format controls of hieroglyphs, shorthand
# and music; what is reserved for more such.
_GONE_BELOW = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u115f\u1160\u17b4\u17b5\u202a-\u202e\u2060-\u206f\u3164"
    "\ud800-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
)
_GONE_ABOVE = (
    "\U00013430-\U0001343f\U00016fe4\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    "\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff\U000f0000-\U0010ffff"
    + "".join(chr(plane << 16 | last) for plane in range(1, 15) for last in (0xFFFE, 0xFFFF))
)
# Gone unless what stands beside them makes sense of them.
_IN_CONTEXT = "\u061c\u180b-\u180f\u200b-\u200f\ufe00-\ufe0f"

_EMOJI = (
    "\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030"
    "\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_VARIED = f"{_IDEOGRAPHS}\u1000-\u109f\u2200-\u22ff\u2a00-\u2aff\ua840-\ua87f\uaa60-\uaa7f"
_MONGOLIAN = "\u1800-\u180a\u1810-\u18af"
_SPACELESS = "\u0e01-\u0eff\u1000-\u109f\u1780-\u17b3\u17b6-\u17ff\uaa60-\uaa7f"  # words stand without spaces
_RIGHT_TO_LEFT = (
    "\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001eeff"
)
_JOINING = (
    f"\u0600-\u061b\u061d-\u0dff\u0f00-\u109f\u1780-\u17b3\u17b6-\u17ff{_MONGOLIAN}\u1900-\u1cff\ua800-\uaaff"
    "\uabc0-\uabff\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\U00010a00-\U00010fff\U00011000-\U00011fff"
    "\U0001e900-\U0001e95f"
)
_SIGN = "[ -/:-@\\[-`{-~]"  # a direction mark may stand one plain sign away from the letter that it belongs to
_ONLY_IN_CONTEXT = (
    # Old Mongolian vowels and letter forms; Persian and Indic forms of letters.
    f"[\u180b-\u180f](?<![{_MONGOLIAN}].)",
    f"\u200c(?<![{_JOINING}].)",
    f"\u200d(?<![{_JOINING}].)(?!(?:(?<=[{_EMOJI}].)|(?<=[{_EMOJI}]\ufe0f.))[{_EMOJI}])",
    # Where words end, in scripts that do not show it.
    f"\u200b(?!(?<=[{_SPACELESS}].)[{_SPACELESS}])",
    f"[\u061c\u200e\u200f](?<![{_RIGHT_TO_LEFT}].)(?<![{_RIGHT_TO_LEFT}]{_SIGN}.)(?!{_SIGN}?[{_RIGHT_TO_LEFT}])",
    # Variants of ideographs, mathematical signs and a few letters; text or emoji form of a sign; keys.
    f"[\ufe00-\ufe02](?<![{_VARIED}].)",
    "[\ufe03-\ufe0d]",
    f"[\ufe0e\ufe0f](?<![{_EMOJI}].)(?!(?<=[0-9#*].)\u20e3)",
)
# England, Scotland and Wales are the only flags that are spelt in tags. Of an ideograph's variants at most 33 are
# registered (U+908A); the other selectors would let each ideograph carry a byte.
_FLAGS = (
    "(\U0001f3f4\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074"
    "|\U000e0077\U000e006c\U000e0073)\U000e007f)|[\U000e0020-\U000e007f]"
)
_VARIANTS = f"[\U000e0121-\U000e01ef]|[\U000e0100-\U000e0120](?<![{_IDEOGRAPHS}].)"
# A blank of Braille that stands in no Braille is a space.
_BRAILLE_BLANK = "\u2800+(?<![\u2801-\u28ff]\u2800)(?![\u2801-\u28ff])"

# More marks than this on one letter is no writing. Biblical Hebrew has five, Tibetan stacks of consonants more.
_MOST_ACCENTS, _MOST_MARKS = 5, 8
_ACCENTS = "\u0300-\u034e\u0350-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"


class _Rules:
    """The patterns for what is not plain. Made when they are first needed: it takes some 30 ms."""

    def __init__(self) -> None:
        in_context = re.compile(f"[{_IN_CONTEXT}]")
        marks = (chr(code) for code in range(0x300, 0x10000) if unicodedata.category(chr(code)) in {"Mn", "Me"})
        every = "".join(mark for mark in marks if not in_context.match(mark))
        self.flag_or_variant = re.compile("[\U000e0020-\U000e007f\U000e0100-\U000e01ef]")
        self.gone_below = re.compile(f"[{_GONE_BELOW}]+")
        self.gone_above = re.compile(f"[{_GONE_ABOVE}]+")
        self.flags, self.variants, self.braille = map(re.compile, (_FLAGS, _VARIANTS, _BRAILLE_BLANK))
        self.mark = re.compile(f"[{every}{_ACCENTS}]")
        self.stacks = _stack(every, _MOST_MARKS), _stack(_ACCENTS, _MOST_ACCENTS)
        self.in_context = in_context
        self.only_in_context = [re.compile(pattern) for pattern in _ONLY_IN_CONTEXT]


def _stack(marks: str, most: int) -> re.Pattern[str]:
    """Too many marks one upon the other. What is hidden between them does not make the stack shorter."""
    one = f"[{marks}][{_IN_CONTEXT}]*+"
    return re.compile(f"((?:{one}){{{most}}})(?:{one})++")


_rules = cache(_Rules)


def cleaned(text: str) -> tuple[str, int]:
    """The text as a reader sees it, every end of a line as a newline, and how many hidden characters were taken out.

    Takes time linear in its length: 100,000 characters in a few milliseconds, whatever they are.
    """
    text = text.replace("\r\n", "\n")  # as mail has them; most texts have nothing else
    if _PLAIN.fullmatch(text):
        return text, 0
    # Whatever is looked for has one of these in it. They are few, so that looking among them first is quick.
    odd, rules = _PLAIN_PARTS.sub("", text), _rules()
    text, escapes = _without(_ESCAPES, text) if "\x1b" in odd or "\x9b" in odd else (text, 0)
    text = _LINE_ENDS.sub("\n", text) if _LINE_ENDS.search(odd) else text
    text, gone = _without(rules.gone_below, text) if rules.gone_below.search(odd) else (text, 0)
    if text.isascii():
        return text, escapes + gone
    text, hidden = _beyond_ascii(text, odd, rules)
    return text, escapes + gone + hidden


def _without(pattern: re.Pattern[str], text: str) -> tuple[str, int]:
    left = pattern.sub("", text)
    return left, len(text) - len(left)


def _beyond_ascii(text: str, odd: str, rules: _Rules) -> tuple[str, int]:
    before = len(text)
    if rules.gone_above.search(odd):
        text = rules.gone_above.sub("", text)
    if rules.flag_or_variant.search(odd):
        text = rules.flags.sub(lambda found: found[1] or "", text)
        text = rules.variants.sub("", text)
    if "\u2800" in odd:
        text = rules.braille.sub(lambda blanks: " " * len(blanks[0]), text)
    if len(rules.mark.findall(odd)) > _MOST_ACCENTS:  # fewer make no stack, wherever they stand
        for stack in rules.stacks:
            text = stack.sub(r"\1", text)
    if rules.in_context.search(odd):
        for pattern in rules.only_in_context:
            text = pattern.sub("", text)
    return text, before - len(text)
