from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from perftui.judgement.meter import Gauge
from tests.fakes.shaped_runs import Over, between, findings_of, shaped_run


def test_a_leak_is_said_per_minute_and_per_request() -> None:
    finding = findings_of(shaped_run(300, memory_mb=between(120, 180, 300)))["memory growing"]
    assert finding.text == (
        "The target's memory grew from 120 MB at 00:03 to 179 MB at 04:58: 12 MB per minute, 10 MB per 1,000 requests "
        "(99.9 % confidence)."
    )


def test_a_small_leak_within_a_minute_is_found() -> None:
    assert "memory growing" in findings_of(shaped_run(60, rps=5, memory_mb=between(100, 110, 60)))


def _flat_then_leaking(s: float) -> float:
    return 38.0 if s < 10 else 38 + (s - 9) * 4.16


@pytest.mark.parametrize("seed", range(5))
def test_a_leak_that_begins_later_is_said_with_measured_values_and_from_when_on(seed: int) -> None:
    finding = findings_of(shaped_run(35, seed, memory_mb=_flat_then_leaking))["memory growing"]
    told = re.match(
        r"The target's memory grew from (\S+) MB at 00:(09|10|11) to (\S+) MB at 00:34: (\S+) MB", finding.text
    )
    assert told is not None, finding.text
    assert float(told[1]) == pytest.approx(38, abs=1.5)
    assert float(told[3]) == pytest.approx(138, abs=1.5)
    assert float(told[4]) == pytest.approx(4.16 * 60, rel=0.05)


def test_a_leak_that_ended_is_not_said_to_go_on_to_the_end() -> None:
    finding = findings_of(shaped_run(100, memory_mb=between(36, 164, 80)))["memory growing"]
    assert finding.to_s == pytest.approx(80, abs=5)


@pytest.mark.parametrize("memory_mb", [_flat_then_leaking, between(36, 142, 35)])
def test_the_growth_is_that_of_the_threshold(memory_mb: Over) -> None:
    run = shaped_run(35, memory_mb=memory_mb)
    gauge = Gauge()
    for tick in run:
        assert tick.target is not None
        assert tick.target.memory_bytes is not None
        gauge.add(tick.target.memory_bytes)
    grown_bytes = gauge.growth()
    told = re.search(r"from (\S+) MB .* to (\S+) MB at", findings_of(run)["memory growing"].text)
    assert grown_bytes is not None
    assert told is not None
    assert float(told[2]) - float(told[1]) == pytest.approx(grown_bytes / 1e6, abs=1)


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
        (900_000, 0.5, "grew from 6,099 MB at 00:03 to 891,001 MB at 04:58: 179,980 MB per minute,"),
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
    assert ", 0.0000085 MB per 1,000 requests (" in findings_of(run)["memory growing"].text
