"""Thresholds and abort rules as people write them, and what they mean.

    threshold  = measure operator bound { [","] ( "acceptable" bound | "min_requests" whole ) }
    abort rule = measure operator bound { [","] ( "for" duration | "after" duration | "min_requests" whole ) }
    measure    = metric [ "[" ( duration | "run" ) "]" ] [ "(" scope ")" ]
    metric     = [ "response_" ] "p" number | "status" "[" code "]" | a name of metrics.METRICS
    operator   = "<" | "<=" | ">" | ">="
    bound      = number [ unit ]                     its units: metrics.METRICS
    scope      = a group, a request name or a glob   parentheses in it come in pairs
    duration   = as in perftui.model.duration        number, whole and code are digits, a number may have decimals

Spaces between these parts mean nothing; each optional part comes at most once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from perftui.judgement.metrics import (
    COUNT,
    KNOWN_METRICS,
    METRICS,
    RESPONSE,
    STATUS_SHARE,
    TIME,
    Quantity,
    Unit,
    either,
    unknown_metric,
)
from perftui.judgement.rule_text import MAX_RULE_LENGTH, RuleError, RuleText
from perftui.model.text import clean

Operator = Literal["<", "<=", ">", ">="]

__all__ = [
    "MAX_RULE_LENGTH",
    "AbortRule",
    "Measure",
    "Operator",
    "RuleError",
    "Threshold",
    "Unit",
    "parse_abort_rule",
    "parse_threshold",
]

# A shorter window holds no more than a tick; a longer one has to be kept second by second.
SHORTEST_WINDOW_S, LONGEST_WINDOW_S = 1.0, 600.0
_LONGEST_DELAY_S = 24 * 3600.0
_LOWEST_PERCENT, _HIGHEST_PERCENT = 0.1, 99.99


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured: `metric` over the requests that `scope` names, in `unit`.

    `metric` is "percentile" (with `percent`), "status" (with `status`), or a name of METRICS. `scope` is a group's
    name, a request name or a glob, empty for all requests. `is_response`: times are from the intended start, and not
    from the send. `window_s` is a sliding window; None: everything after the
    warm-up, or with `is_whole_run` the whole run. `text` is how it was written.
    """

    text: str
    metric: str
    unit: Unit
    scope: str = ""
    percent: float | None = None
    status: int | None = None
    window_s: float | None = None
    is_whole_run: bool = False
    is_response: bool = False


@dataclass(frozen=True, slots=True)
class Threshold:
    """`measure` `operator` `target` is wanted; what is between it and `acceptable` is said, and does not fail.

    Both are in the measure's unit.
    """

    text: str
    measure: Measure
    operator: Operator
    target: float
    acceptable: float | None = None
    min_requests: int = 1


@dataclass(frozen=True, slots=True)
class AbortRule:
    """The run is aborted when `measure` `operator` `bound` has held for `for_s`; not in the first `after_s`."""

    text: str
    measure: Measure
    operator: Operator
    bound: float
    for_s: float = 0.0
    after_s: float = 0.0
    min_requests: int = 1


_THRESHOLD_PARTS = ("acceptable", "min_requests")
_ABORT_PARTS = ("for", "after", "min_requests")
_WORDS = {*_THRESHOLD_PARTS, *_ABORT_PARTS}

_NAME = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)
_PERCENTILE = re.compile(r"p([0-9]{1,3}(?:\.[0-9]{1,9})?)")
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?(?![0-9.])")
_CODE = re.compile(r"0|[1-9][0-9]{2}(?![0-9])")
_OPERATOR = re.compile(r"[<>]=?")
_UNIT = re.compile(r"[A-Za-zµ_%/]+")


def parse_threshold(text: str) -> Threshold:
    """Raises RuleError."""
    reader = _Reader(text)
    measure, sign, bound, quantity = reader.comparison()
    parts = reader.parts(_THRESHOLD_PARTS, quantity)
    target, acceptable = bound, parts.numbers.get("acceptable")
    if acceptable is not None and (acceptable <= target if sign in ("<", "<=") else acceptable >= target):
        side = "above" if sign in ("<", "<=") else "below"
        raise reader.error(f"what is acceptable lies {side} the target", parts.columns["acceptable"])
    return Threshold(text.strip(), measure, sign, target, acceptable, parts.min_requests)


def parse_abort_rule(text: str) -> AbortRule:
    """Raises RuleError."""
    reader = _Reader(text)
    measure, sign, bound, quantity = reader.comparison()
    parts = reader.parts(_ABORT_PARTS, quantity)
    for_s, after_s = parts.numbers.get("for", 0.0), parts.numbers.get("after", 0.0)
    return AbortRule(text.strip(), measure, sign, bound, for_s, after_s, parts.min_requests)


@dataclass(slots=True)
class _Parts:
    """What follows the bound: numbers by the word before them, and where these begin, from 0."""

    numbers: dict[str, float] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)
    min_requests: int = 1


class _Reader(RuleText):
    """Reads the parts of a rule, one after another."""

    def comparison(self) -> tuple[Measure, Operator, float, Quantity]:
        start = self.at
        is_response = self.text.startswith(RESPONSE, start)
        metric, percent, status, quantity = self._metric()
        window_s, is_whole_run = self._window()
        scope = self._scope(metric, quantity)
        text = self.text[start : self.at].strip()
        sign = self._operator()
        if metric == "status" and self._has_percent_sign():
            quantity = STATUS_SHARE
        bound = self._bound(quantity)
        measure = Measure(text, metric, quantity.unit, scope, percent, status, window_s, is_whole_run, is_response)
        return measure, sign, bound, quantity

    def parts(self, known: Iterable[str], quantity: Quantity) -> _Parts:
        """Everything up to the end, each of the words in `known` at most once."""
        parts, left = _Parts(), list(known)
        while self.at < len(self.text):
            self.take(re.compile(","))
            at, word = self.at, self.take(_NAME)
            if word not in left:
                raise self.error(f"expected {either(left)}" if left else "nothing more is expected here", at)
            left.remove(word)
            parts.columns[word] = self.at
            if word == "acceptable":
                parts.numbers[word] = self._bound(quantity)
            elif word == "min_requests":
                if not quantity.of_requests:
                    raise self.error("min_requests is for what is measured on requests", at)
                parts.min_requests = self.requests()
            else:
                parts.numbers[word] = self.duration(0.0, _LONGEST_DELAY_S)
        return parts

    def _metric(self) -> tuple[str, float | None, int | None, Quantity]:
        at, name = self.at, self.take(_NAME)
        if not name:
            raise self.error(f"expected a metric: {KNOWN_METRICS}")
        percentile = _PERCENTILE.fullmatch(name.removeprefix(RESPONSE))
        if percentile:
            percent = float(percentile[1])
            if percent != 100 and not _LOWEST_PERCENT <= percent <= _HIGHEST_PERCENT:
                raise self.error(f"percentiles go from p{_LOWEST_PERCENT} to p{_HIGHEST_PERCENT}, and p100", at)
            return "percentile", percent, None, TIME
        if name == "status":
            self.expect("[", "expected a status code in brackets, such as status[429]")
            code = self.take(_CODE)
            if not code:
                raise self.error("expected a status code, such as 429; 0 stands for no response")
            self.expect("]", "expected ]")
            return "status", None, int(code), COUNT
        if name not in METRICS:
            raise self.error(unknown_metric(name), at)
        return name.removeprefix(RESPONSE), None, None, METRICS[name]

    def _window(self) -> tuple[float | None, bool]:
        if not self.take(re.compile(r"\[")):
            return None, False
        is_whole_run = bool(self.take(re.compile(r"run\b")))
        window_s = None if is_whole_run else self.duration(SHORTEST_WINDOW_S, LONGEST_WINDOW_S, ", or run")
        self.expect("]", "expected ]")
        return window_s, is_whole_run

    def _scope(self, metric: str, quantity: Quantity) -> str:
        start = self.at
        if not self.take(re.compile(r"\(")):
            return ""
        if not quantity.of_requests:
            raise self.error(f"{metric} is not measured on requests, and takes no name", start)
        depth = 0
        for at in range(start, len(self.text)):
            depth += {"(": 1, ")": -1}.get(self.text[at], 0)
            if depth == 0:
                scope = self.text[start + 1 : at].strip()
                if not scope:
                    raise self.error("expected a group, a request name or a glob")
                self.at = at + 1
                self._skip_spaces()
                return scope
        raise self.error("expected ) at the end of the name", len(self.text))

    def _operator(self) -> Operator:
        match self.take(_OPERATOR):
            case "<" | "<=" | ">" | ">=" as sign:
                return sign
            case _:
                raise self.error("expected <, <=, > or >=")

    def _has_percent_sign(self) -> bool:
        number = _NUMBER.match(self.text, self.at)
        return number is not None and self.text[number.end() :].lstrip().startswith("%")

    def _bound(self, quantity: Quantity) -> float:
        at, number = self.at, self.take(_NUMBER)
        if not number:
            example = f", such as 500{quantity.usual}" if quantity.usual in ("ms", "MB") else ""
            raise self.error(f"expected {quantity.wanted}{example}")
        unit = self._unit(quantity, number, at)
        value = Decimal(number)
        # 1 is the share of all, and what people write who mean 1 %.
        if "" in quantity.factors and quantity.unit == "%" and not unit and value >= 1:
            raise self.error(f"a share without % is below 1; write {number}%", at)
        if quantity.is_whole and value % 1:
            raise self.error("expected a whole number", at)
        bound = float(value * Decimal(quantity.factors[unit]))
        if quantity.maximum is not None and bound > quantity.maximum:
            raise self.error(f"expected at most {quantity.maximum:g}%", at)
        return bound

    def _unit(self, quantity: Quantity, number: str, number_at: int) -> str:
        at, unit = self.at, self.take(_UNIT)
        if unit in _WORDS:
            self.at, unit = at, ""
        if unit in quantity.factors:
            return unit
        if not unit:
            raise self.error(f"{quantity.wanted} needs its unit; write {number}{quantity.usual}", number_at)
        raise self.error(f"'{clean(unit, 20)}' is no unit of {quantity.wanted}: expected {quantity.units}", at)
