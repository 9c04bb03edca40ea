"""What a person types to see fewer rows: words, `method:post`, `fail>0`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Row = TypeVar("Row")

# Longer ones first: >= is no > with something odd behind it.
_NUMBER_TERM = re.compile(r"([a-z][a-z0-9.%]*)(>=|<=|>|<|=)(\d+(?:\.\d+)?)(ms|s|%|k)?")
_TEXT_TERM = re.compile(r"([a-z]+):(.*)")
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_SCALES = {"ms": 1.0, "s": 1000.0, "%": 1.0, "k": 1000.0}


@dataclass(frozen=True)
class RowFilter(Generic[Row]):
    """`searched` is the text that words are looked for in, `texts` and `numbers` what can be asked for by name.

    Times are in ms and shares in %; a number may be None.
    """

    searched: Callable[[Row], str]
    texts: Mapping[str, Callable[[Row], str]] = field(default_factory=dict)
    numbers: Mapping[str, Callable[[Row], float | None]] = field(default_factory=dict)

    def matcher(self, text: str) -> Callable[[Row], bool]:
        """Whether a row is wanted: each word of `text` holds for it, whatever its case. No word wants all.

        A word that only looks like a term is a word: a name may hold a colon.
        """
        terms = [self._term(word) for word in text.casefold().split()]
        return lambda row: all(term(row) for term in terms)

    def _term(self, word: str) -> Callable[[Row], bool]:
        match = _NUMBER_TERM.fullmatch(word)
        if match is not None and (number := self.numbers.get(match[1])) is not None:
            holds, bound = _COMPARE[match[2]], float(match[3]) * _SCALES.get(match[4] or "", 1.0)
            return lambda row: (value := number(row)) is not None and holds(value, bound)
        match = _TEXT_TERM.fullmatch(word)
        if match is not None and (part := self.texts.get(match[1])) is not None:
            wanted = match[2]
            return lambda row: wanted in part(row).casefold()
        return lambda row: word in self.searched(row).casefold()
