from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from perftui.model.tick import Tick
from tests.fakes.called_runs import BucketLimit, ClockLimit, FixedLimit, SlidingLimit, limited_run, limits_run
from tests.fakes.shaped_runs import findings_of, shaped_run
from tests.fakes.ticks import delta, tick


def _said(run: Iterable[Tick]) -> str:
    return findings_of(run)["rate limit"].text


def _per_minute(run: Iterable[Tick]) -> float:
    text = _said(run)
    match = re.search(r"([\d.,]+) per minute", text)
    assert match, text
    return float(match[1].replace(",", ""))


def test_a_limit_that_was_met_and_recovered_is_said_whole() -> None:
    assert _said(limited_run(180, FixedLimit(), rps=5)) == (
        "Rate limit on GET /limited: 100 requests per 60 s (100 per minute); first 429 after 19 s, "
        "answered again 41 s later; Retry-After kept its word within 1 s."
    )


def test_without_a_recovery_the_window_is_that_of_retry_after_and_it_says_so() -> None:
    assert _said(limited_run(20, FixedLimit(), rps=100)) == (
        "Rate limit on GET /limited: 100 requests per 60 s (100 per minute, by its Retry-After); "
        "first 429 after 1 s, not over by the end."
    )


@pytest.mark.parametrize("seconds", [20, 65, 90, 180])
@pytest.mark.parametrize("rps", [1.8, 3, 20, 100])
def test_a_fixed_window_is_measured_within_5_percent(seconds: int, rps: float) -> None:
    for seed in range(2):
        run = limited_run(seconds, FixedLimit(), rps, seed)
        if any(each.rate_limits for each in run):
            assert _per_minute(run) == pytest.approx(100, rel=0.05)


@pytest.mark.parametrize("rps", [2, 5, 50])
@pytest.mark.parametrize("seconds", [65, 180])
def test_a_sliding_window_is_measured_within_5_percent(seconds: int, rps: float) -> None:
    assert _per_minute(limited_run(seconds, SlidingLimit(), rps)) == pytest.approx(100, rel=0.05)


@pytest.mark.parametrize("rps", [5, 50])
def test_a_bucket_that_fills_steadily_is_measured_by_what_trickles(rps: float) -> None:
    run = limited_run(120, BucketLimit(), rps)
    assert _per_minute(run) == pytest.approx(100, rel=0.05)
    assert "about " in _said(run)
    assert "then 429s between answers" in _said(run)


def test_a_limit_by_the_clock_is_measured_from_its_whole_windows() -> None:
    # The first of them is over 20 s after the run began.
    assert _per_minute(limited_run(150, ClockLimit(), rps=10)) == pytest.approx(100, rel=0.05)


def test_other_limits_are_measured_as_well() -> None:
    assert ": 10 requests per 5 s (120 per minute);" in _said(limited_run(60, FixedLimit(10, 5), rps=40))
    assert ": 30 requests per 10 s (180 per minute);" in _said(limited_run(60, FixedLimit(30, 10), rps=10))


def test_without_retry_after_the_recovery_tells_the_window() -> None:
    text = _said(limited_run(90, FixedLimit(), rps=10, says=lambda _: None))
    assert ": 100 requests per 60 s (100 per minute);" in text
    assert text.endswith("no Retry-After was sent.")


def test_without_retry_after_and_recovery_the_window_cannot_be_told() -> None:
    text = _said(limited_run(30, FixedLimit(), rps=10, says=lambda _: None))
    assert ": 100 requests passed before the first 429, what it allows per minute cannot be told;" in text


def test_a_retry_after_that_is_too_short_is_called_out() -> None:
    text = _said(limited_run(90, FixedLimit(), rps=20, says=lambda _: 10.0))
    assert re.search(r"Retry-After promised 10 s, answered again after 5\d s\.$", text), text
    assert "(100 per minute)" in text
    text = _said(limited_run(40, FixedLimit(), rps=20, says=lambda _: 10.0))
    assert re.search(r"Retry-After promised 10 s, still 429 after 3\d s\.$", text), text


def test_a_retry_after_that_is_too_long_is_called_out() -> None:
    text = _said(limited_run(90, FixedLimit(), rps=20, says=lambda _: 300.0))
    assert re.search(r"Retry-After promised 5m, answered again after 5\d s\.$", text), text
    assert "(100 per minute)" in text


def test_names_that_share_a_limit_are_counted_together() -> None:
    for seed in range(5):
        for names in (("/a", "/b"), ("/a", "/b", "/c")):
            text = _said(limited_run(180, FixedLimit(), rps=20, seed=seed, names=names))
            assert text.startswith(
                f"Rate limit on {len(names)} request names together: 100 requests per 60 s (100 per minute);"
            )


@pytest.mark.parametrize("seconds", [25, 90, 180])
@pytest.mark.parametrize("rps", [12, 50])
def test_names_with_a_limit_of_their_own_are_never_added_up(seconds: int, rps: float) -> None:
    for seed in range(3):
        text = _said(limits_run(seconds, {"/a": FixedLimit(), "/b": FixedLimit()}, rps, seed))
        assert re.match(r"Rate limit on GET /[ab]: 100 requests per 60 s \(100 per minute[,)]", text), text


def test_of_names_with_a_limit_of_their_own_the_one_that_was_met_most_is_said() -> None:
    text = _said(limits_run(180, {"/a": FixedLimit(), "/b": FixedLimit(50), "/c": FixedLimit(30, 10)}, rps=60))
    assert text.startswith("Rate limit on GET /b: 50 requests per 60 s (50 per minute);")
    assert text.endswith("; 2 other names met a limit too.")


def test_a_limit_of_its_own_does_not_hide_one_that_others_share() -> None:
    shared = FixedLimit()
    limits = {"/a": shared, "/b": shared, "/c": FixedLimit(80)}
    text = _said(limits_run(240, limits, rps=60))
    assert text.startswith("Rate limit on 2 request names together: 100 requests per 60 s (100 per minute);"), text
    assert text.endswith("; 1 other name met a limit too.")


def test_where_one_window_does_not_tell_who_shares_it_says_so() -> None:
    text = _said(limited_run(40, FixedLimit(), rps=20, names=("/a", "/b", "/c")))
    assert text.startswith("Rate limit on GET /")
    assert text.endswith(
        "; taken together with 2 other names, if they share one: 100 requests per 60 s "
        "(100 per minute, by its Retry-After)."
    )


def test_a_name_that_passes_while_the_other_is_turned_away_has_its_own_limit() -> None:
    text = _said(limits_run(50, {"/a": FixedLimit(20, 60), "/b": FixedLimit(20, 3)}, rps=40))
    assert "taken together" not in text
    assert text.endswith("; 1 other name met a limit too.")


def test_a_429_that_user_code_calls_a_success_is_none_that_passed() -> None:
    # Only statuses tell: a locustfile that expects 429 reports it as a success.
    ok = [tick(s, delta("/a", (5.0,) * 10, statuses={200: 10})) for s in range(10)]
    limited = [tick(s, delta("/a", (5.0,) * 10, statuses={429: 10})) for s in range(10, 30)]
    assert ": 100 requests passed before the first 429," in _said(ok + limited)


def test_a_run_in_which_nothing_passed_says_so() -> None:
    assert "no request passed" in _said(tick(s, delta("/a", (), (5.0,) * 10, statuses={429: 10})) for s in range(20))


def test_without_a_429_nothing_is_said() -> None:
    assert "rate limit" not in findings_of(shaped_run(60, fail_ratio=0.3))


def test_a_target_that_turns_away_at_its_limit_is_not_said_to_be_dead() -> None:
    # The second window is used up at 64 s, and nothing is let through before the end.
    text = findings_of(limited_run(75, FixedLimit(), rps=25))["failures"].text
    assert "Nothing succeeded" not in text
