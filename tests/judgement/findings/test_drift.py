from __future__ import annotations

import re

import pytest

from tests.fakes.shaped_runs import between, findings_of, shaped_run


def test_rising_response_times_are_said_with_their_ends_and_confidence() -> None:
    finding = findings_of(shaped_run(300, median_ms=between(120, 180, 300)))["response times rising"]
    assert finding.text == (
        "Response times rose over 4m 48s at 10 users: p50 from 121 ms to 183 ms (+51 %, 99.9 % confidence); "
        "p95 from 272 ms to 420 ms."
    )
    assert finding.to_s == 300


def test_a_rise_by_half_within_a_minute_is_found() -> None:
    for seed in range(10):
        found = findings_of(shaped_run(60, seed, rps=30, median_ms=between(120, 180, 60)))
        assert "response times rising" in found, seed


def test_a_falling_rate_is_said_while_users_hold() -> None:
    finding = findings_of(shaped_run(200, rps=between(40, 25, 200)))["rps falling"]
    assert finding.text.startswith("The rate of requests fell from 40.5 to 23.5 rps over 3m 20s (-42 %, 99")
    assert finding.text.endswith("confidence) while 10 users held.")


def test_what_rises_with_the_users_is_no_drift() -> None:
    ramp = shaped_run(120, users=between(10, 200, 120), rps=between(5, 60, 120), median_ms=between(50, 300, 120))
    assert "response times rising" not in findings_of(ramp)


def test_only_the_part_at_constant_users_counts() -> None:
    users = between(10, 100, 40)
    run = shaped_run(200, users=users, median_ms=lambda s: 50.0 if s < 40 else 100 + (s - 40) / 160 * 100)
    finding = findings_of(run)["response times rising"]
    assert "at 100 users: p50 from 10" in finding.text
    assert finding.from_s is not None
    assert finding.from_s >= 39


def test_the_warm_up_is_no_part_of_the_trend() -> None:
    run = shaped_run(120, median_ms=between(50, 150, 40))
    assert "response times rising" in findings_of(run[:60])
    assert "response times rising" not in findings_of(run, warm_up_s=40)


def test_failures_that_come_back_quickly_do_not_hide_a_rise() -> None:
    run = shaped_run(120, rps=40, median_ms=between(100, 200, 120), fail_ratio=between(0, 0.6, 120))
    assert "p50 from 10" in findings_of(run)["response times rising"].text


def test_a_run_of_hours_keeps_its_trend_in_few_slices() -> None:
    run = shaped_run(3000, rps=2, median_ms=between(100, 200, 3000))
    finding = findings_of(run)["response times rising"]
    assert finding.to_s == pytest.approx(3000, abs=64)


@pytest.mark.parametrize(("seconds", "at"), [(18, 9), (35, 12), (35, 28), (60, 50), (600, 432)])
def test_a_step_is_said_with_its_plateaus_and_its_second_and_nothing_else_is(seconds: int, at: int) -> None:
    found = findings_of(shaped_run(seconds, median_ms=lambda s: 8 if s < at else 107, sigma=0.3))
    assert set(found) == {"response times jumped"}, "no slope, no spike, no two groups of the same cause"
    finding = found["response times jumped"]
    assert finding.from_s == at
    told = re.fullmatch(
        rf"Response times jumped at {at // 60:02}:{at % 60:02} and stayed there, at 10 users: "
        r"p50 from (\S+) ms to (\d+) ms \(\+1,\d+ %, 99(\.9)? % confidence\); p95 from \S+ ms to \d+ ms\.",
        finding.text,
    )
    assert told is not None, finding.text
    assert float(told[1]) == pytest.approx(8, rel=0.05)
    assert float(told[2]) == pytest.approx(107, rel=0.05)


def test_a_step_by_two_fifths_in_scattered_times_is_found() -> None:
    for seed in range(4, 10):
        text = findings_of(shaped_run(100, seed, rps=40, median_ms=lambda s: 100 if s < 40 else 140))
        assert "response times jumped" in text, seed


def test_a_target_that_became_so_slow_that_little_is_answered_has_jumped() -> None:
    run = shaped_run(40, rps=lambda s: 50 if s < 15 else 2, median_ms=lambda s: 20 if s < 15 else 4000)
    assert "jumped at 00:15 and stayed there" in findings_of(run)["response times jumped"].text


def test_a_steady_rise_is_no_step_and_what_came_and_went_neither() -> None:
    for seed in range(5):
        assert "response times jumped" not in findings_of(shaped_run(100, seed, median_ms=between(100, 200, 100)))
        pulse = shaped_run(60, seed, median_ms=lambda s: 300 if 25 <= s < 45 else 100)
        assert "response times jumped" not in findings_of(pulse)


def test_a_step_with_the_users_is_no_jump() -> None:
    run = shaped_run(60, users=lambda s: 10 if s < 30 else 20, median_ms=lambda s: 50 if s < 30 else 100)
    assert "response times jumped" not in findings_of(run)


def test_a_rate_that_fell_at_once_is_said_with_its_second() -> None:
    finding = findings_of(shaped_run(60, rps=lambda s: 40 if s < 30 else 25))["rps falling"]
    assert finding.text == (
        "The rate of requests fell from 40.4 to 24.2 rps at 00:30 and stayed there (-40 %, 99.9 % confidence) "
        "while 10 users held."
    )
