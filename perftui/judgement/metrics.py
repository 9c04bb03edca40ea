"""What a rule may measure, and the units in which its bounds are written."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from perftui.model.text import clean

Unit = Literal["ms", "/s", "%", "bytes", ""]


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a metric is an amount of, counted in `unit`; `wanted` names it in messages.

    `factors` says for each unit that may be written how many of `unit` it is; "" stands for a bare number. `usual` is
    what to write where a bare number is not understood. `of_requests` is whether it can be asked of some requests only.
    """

    unit: Unit
    wanted: str
    factors: Mapping[str, str]
    usual: str = ""
    maximum: float | None = None
    is_whole: bool = False
    of_requests: bool = True

    @property
    def units(self) -> str:
        """What may be written behind the number, in words."""
        return either([each or "no unit" for each in sorted(self.factors, key=lambda unit: not unit)])


_BYTES = {"B": "1", "kB": "1e3", "MB": "1e6", "GB": "1e9", "KiB": "1024", "MiB": "1048576", "GiB": "1073741824"}
TIME = Quantity("ms", "a time", {"us": "0.001", "ms": "1", "s": "1000", "m": "60000"}, "ms")
COUNT = Quantity("", "a whole number", {"": "1"}, is_whole=True)
SHARE = Quantity("%", "a share such as 1% or 0.01", {"%": "1", "": "100"}, "%", maximum=100)
STATUS_SHARE = Quantity("%", "a share such as 5%", {"%": "1"}, "%", maximum=100)
_MEMORY = Quantity("bytes", "an amount of memory", _BYTES, "MB", of_requests=False)
_MOST = Quantity("", "a whole number", {"": "1"}, is_whole=True, of_requests=False)

# By the name that a rule has for it. Percentiles and status codes carry a number: the grammar knows them.
METRICS: Mapping[str, Quantity] = {
    "avg": TIME,
    "max": TIME,
    "min": TIME,
    "response_avg": TIME,
    "response_max": TIME,
    "response_min": TIME,
    "rps": Quantity("/s", "a number of requests in a second", {"/s": "1", "": "1"}),
    "fail_ratio": SHARE,
    "failures": COUNT,
    "requests": COUNT,
    "users": _MOST,
    "dropped": _MOST,
    "dropped_ratio": Quantity("%", "a share such as 1% or 0.01", {"%": "1", "": "100"}, "%", 100, of_requests=False),
    "local_errors": _MOST,
    "target_memory": _MEMORY,
    "target_memory_growth": _MEMORY,
    "target_cpu": Quantity("%", "a share of one core", {"%": "1"}, "%", of_requests=False),
    "target_connections": _MOST,
    "target_value": Quantity("", "a number", {"": "1"}, of_requests=False),
}
# What comes before the name of a time that is measured from the intended start, and not from the send.
RESPONSE = "response_"
_EXAMPLES = ("p50", "p95", "p99.9", "response_p99", "status[429]", *METRICS)
# difflib's time grows with the square of the length.
_MAX_COMPARED = 40
KNOWN_METRICS = ", ".join(_EXAMPLES)


def unknown_metric(name: str) -> str:
    """Why `name` is refused, with the nearest metric that there is."""
    close = difflib.get_close_matches(name[:_MAX_COMPARED].lower(), _EXAMPLES, n=1)
    known = f"the nearest is {close[0]}" if close else f"known are {KNOWN_METRICS}"
    return f"no metric is called '{clean(name, _MAX_COMPARED)}', {known}"


def either(words: list[str]) -> str:
    """`words` as a person lists what is possible: a, b or c."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
