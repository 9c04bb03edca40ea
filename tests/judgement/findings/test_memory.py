from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from tests.fakes.shaped_runs import between, findings_of, shaped_run


def test_a_leak_is_said_per_minute_and_per_request() -> None:
    finding = findings_of(shaped_run(300, memory_mb=between(120, 180, 300)))["memory growing"]
    assert finding.text == (
        "The target's memory grew from 120 MB to 180 MB over 5m: 12 MB per minute, 10 MB per 1,000 requests "
        "(99.9 % confidence)."
    )


def test_a_small_leak_within_a_minute_is_found() -> None:
    assert "memory growing" in findings_of(shaped_run(60, rps=5, memory_mb=between(100, 110, 60)))


def test_what_fills_up_and_stays_is_no_leak() -> None:
    runs = {
        "flat": 100.0,
        "a plateau": between(100, 130, 40),
        "a plateau that is approached": lambda s: 130 - 30 * math.exp(-s / 20),
        "a step": lambda s: 100.0 if s < 60 else 150.0,
        "falling": between(200, 100, 120),
    }
    for name, memory_mb in runs.items():
        assert "memory growing" not in findings_of(shaped_run(120, rps=5, memory_mb=memory_mb)), name  # type: ignore[arg-type]


def test_a_target_that_nobody_watched_is_not_mentioned() -> None:
    assert not findings_of(shaped_run(120))


@pytest.mark.parametrize(
    ("to_mb", "rps", "said"),
    [
        (900_000, 0.5, "grew from 0 MB to 898,500 MB over 5m: 179,980 MB per minute,"),
        (9_000, 0.5, "MB per 1,000 requests"),
    ],
)
def test_however_much_it_grows_the_number_is_written_out(to_mb: float, rps: float, said: str) -> None:
    text = findings_of(shaped_run(300, rps=rps, memory_mb=between(100, to_mb, 300)))["memory growing"].text
    assert said in text
    assert not re.search(r"\de[+-]?\d", text), text


def test_growth_per_request_is_written_out_however_little_it_is() -> None:
    run = [
        replace(tick, requests=tuple(replace(delta, succeeded=10_000_000) for delta in tick.requests))
        for tick in shaped_run(120, memory_mb=between(100, 110, 120))
    ]
    assert ", 0.0000083 MB per 1,000 requests (" in findings_of(run)["memory growing"].text
