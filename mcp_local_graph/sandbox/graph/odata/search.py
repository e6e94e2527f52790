"""$search: phrases and words joined by AND, OR and NOT. What a phrase means is each part of Graph's own affair."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.odata.dialects import bad_request
from mcp_local_graph.sandbox.graph.odata.rules import anybody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mcp_local_graph.sandbox.graph.odata.rules import Item, Test
    from mcp_local_graph.sandbox.graph.router import Query

    Leaf = Callable[[str], Test]

_TOKEN = re.compile(r'\s*(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<sign>[()])|(?P<word>[^\s"():,<>=]+))\s*')
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Sign:
    """AND, OR, NOT or a parenthesis between terms."""

    text: str


def phrases(text: str) -> list[Sign | str]:
    """The terms of a $search without their quotes, and the signs between them.

    Raises:
        GraphRefused: it has characters outside quotes that belong inside.
    """
    terms: list[Sign | str] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            where = f"at position {position} in '{text}'"
            raise bad_request(f"Syntax error: character '{text[position]}' is not valid {where}.")
        if match["phrase"] is not None:
            terms.append(re.sub(r"\\(.)", r"\1", match["phrase"]))
        else:
            word = match["sign"] or match["word"]
            terms.append(Sign(word) if word in {"(", ")", "AND", "OR", "NOT"} else word)
        position = match.end()
    if not terms:
        raise bad_request("The value of the query option '$search' is empty.")
    return terms


def combined(terms: Sequence[Sign | str], leaf: Leaf) -> Test:
    """One test from terms and the signs between them; terms side by side must all be met.

    Raises:
        GraphRefused: a sign stands where a term should.
    """
    reader = _Reader(terms, leaf)
    test = reader.either()
    if reader.left:
        raise bad_request("Syntax error in the value of the query option '$search'.")
    return test


class _Reader:
    def __init__(self, terms: Sequence[Sign | str], leaf: Leaf) -> None:
        self.left = list(terms)
        self._leaf = leaf

    def either(self) -> Test:
        tests = [self._all()]
        while self._took("OR"):
            tests.append(self._all())
        return lambda item: any(test(item) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._took("AND") or (self.left and self.left[0] not in {Sign("OR"), Sign(")")}):
            tests.append(self._one())
        return lambda item: all(test(item) for test in tests)

    def _one(self) -> Test:
        if self._took("NOT"):
            inner = self._one()
            return lambda item: not inner(item)
        if self._took("("):
            inner = self.either()
            if not self._took(")"):
                raise bad_request("Syntax error in the value of the query option '$search'.")
            return inner
        if not self.left or isinstance(term := self.left.pop(0), Sign):
            raise bad_request("Syntax error in the value of the query option '$search'.")
        return self._leaf(term)

    def _took(self, sign: str) -> bool:
        if self.left and self.left[0] == Sign(sign):
            self.left.pop(0)
            return True
        return False


def plain(text: str) -> str:
    """A text as searches compare it: no case, no accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


def words(text: str) -> list[str]:
    """The words of a text as searches compare them."""
    return _WORDS.findall(plain(text))


def directory_search(
    known: Iterable[str], tokenized: Iterable[str], guard: Callable[[Query, str], None] = anybody
) -> Callable[[Query, str], Test]:
    """A search of directory objects: `"property:beginning"`, by words in the `tokenized` properties.

    The names of the other properties that may be searched are `known`. `guard` is as in `Rules`.
    """
    by_word = frozenset(tokenized)
    allowed = frozenset(known) | by_word

    def leaf(query: Query, term: str) -> Test:
        name, _, value = term.partition(":")
        if name not in allowed or not value:
            text = f"Unsupported or invalid search clause: '{term}'."
            raise GraphRefused(400, "Request_UnsupportedQuery", text)
        guard(query, name)
        if name in by_word:
            wanted = words(value)
            return lambda item: _begins(words(str(item.get(name) or "")), wanted)
        start = value.casefold()
        return lambda item: str(item.get(name) or "").casefold().startswith(start)

    return lambda query, text: combined(phrases(text), partial(leaf, query))


def beginnings(texts: Callable[[Item], Iterable[str]]) -> Callable[[object, str], Test]:
    """A search by the beginnings of words, each of which has to begin one of the words in an item's texts."""

    def leaf(term: str) -> Test:
        wanted = words(term)
        return lambda item: _begins([word for text in texts(item) for word in words(text)], wanted)

    return lambda _query, text: combined(phrases(text), leaf)


def _begins(found: Sequence[str], wanted: Sequence[str]) -> bool:
    return all(any(word.startswith(start) for word in found) for start in wanted)
