from __future__ import annotations

import math

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
