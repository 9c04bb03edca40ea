"""What a person may make go wrong in the target, and by how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

# The highest value of each knob, in the unit of its name.
HIGHEST = {"latency_ms": 60_000.0, "jitter_ms": 60_000.0, "failure_share": 1.0, "leak_kb_per_request": 100_000.0}
MAX_FREEZE_S = 600.0
_KB_PER_UNIT = {"kb": 1.0, "mb": 1024.0}


@dataclass(frozen=True, slots=True)
class Knobs:
    """All are off at 0.

    Each answer waits for `latency_ms`, give or take up to `jitter_ms` (uniform); `failure_share` (0 to 1) of the
    answers are a 500; each request leaves `leak_kb_per_request` (1 kB is 1,024 bytes) in memory for good.
    """

    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    failure_share: float = 0.0
    leak_kb_per_request: float = 0.0

    def changed(self, given: Mapping[str, object]) -> Knobs:
        """These knobs with the values of `given`. Raises ValueError for an unknown name or a value out of range."""
        for name in given:
            if name not in HIGHEST:
                raise ValueError(f"{name[:40]}: no such knob; there are {', '.join(KNOB_NAMES)} and freeze_s")
        return replace(self, **{name: in_range(name, value, HIGHEST[name]) for name, value in given.items()})


ALL_OFF = Knobs()
KNOB_NAMES = tuple(field.name for field in fields(Knobs))


@dataclass(frozen=True, slots=True)
class ScheduledFreeze:
    """One freeze of `freeze_s`, `after_s` after the first request."""

    after_s: float
    freeze_s: float


def in_range(name: str, value: object, highest: float) -> float:
    """`value`, a number from 0 to `highest`. Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= highest:
        raise ValueError(f"{name}: a number from 0 to {highest:g}")
    return float(value)


def parse_share(text: str) -> float:
    """A share from 0 to 1, of the form ``5%`` or ``0.05``. Raises ValueError for anything else."""
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        return in_range("share", share, 1.0)
    except ValueError:
        raise ValueError(f"{text!r} is not a share such as 5% or 0.05") from None


def parse_kilobytes(text: str) -> float:
    """Kilobytes (of 1,024 bytes) in ``64kB`` or ``1MB``. Raises ValueError for anything else."""
    try:
        kilobytes = float(text[:-2]) * _KB_PER_UNIT[text[-2:].lower()]
        return in_range("size", kilobytes, HIGHEST["leak_kb_per_request"])
    except (KeyError, ValueError):
        raise ValueError(f"{text!r} is not a size such as 64kB or 1MB, at most 100000kB") from None
