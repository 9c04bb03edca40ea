"""When a run is aborted, and when it must not be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from perftui.judgement.abort_watch import AbortWatch
from perftui.judgement.rules import AbortRule, Measure, parse_abort_rule
from perftui.model.tick import TargetSample, Tick
from tests.fakes.ticks import delta, tick


def fail_ratio(window_s: float | None = None, scope: str = "") -> Measure:
    text = f"fail_ratio[{window_s:g}s]" if window_s else "fail_ratio"
    return Measure(text, "fail_ratio", "%", scope, window_s=window_s)


def watch(
    *rules: AbortRule, use_defaults: bool = False, groups: Mapping[str, tuple[str, ...]] | None = None
) -> AbortWatch:
    return AbortWatch(rules, groups or {}, use_defaults=use_defaults, memory_limit_bytes=None)


def spoken(watch: AbortWatch, ticks: Iterable[Tick]) -> tuple[float, str]:
    """When on the run's clock it first had a reason, and which; (0.0, "") if never."""
    for each in ticks:
        reason = watch.add(each)
        if reason:
            return each.elapsed_s, reason
    return 0.0, ""


def defaults(ticks: Iterable[Tick]) -> tuple[float, str]:
    return spoken(watch(use_defaults=True), ticks)


def outcomes(count: int, ok: int, failed: int, start: int = 0, in_flight: int = 0) -> list[Tick]:
    return [tick(start + seq, delta("/a", (1,) * ok, (1,) * failed), in_flight=in_flight) for seq in range(count)]


def hanging(count: int, start: int = 0, in_flight: int = 5) -> list[Tick]:
    """Requests that were sent right after `start` and never end."""
    return [
        replace(tick(start + seq, in_flight=in_flight), oldest_in_flight_s=seq + 0.9 if in_flight else 0.0)
        for seq in range(count)
    ]


def test_a_condition_must_hold_as_long_as_the_rule_says() -> None:
    rule = AbortRule("rule", fail_ratio(10), ">=", 90.0, for_s=5.0)
    ticks = outcomes(20, 12, 0) + outcomes(20, 0, 12, start=20)
    assert spoken(watch(rule), ticks) == (34.0, "fail_ratio[10s] was 100 % (120 of 120) for 5 s")
    interrupted = outcomes(20, 0, 12)
    interrupted[12] = tick(12, delta("/a", (1,) * 50))
    assert spoken(watch(replace(rule, measure=fail_ratio(1))), interrupted)[0] == 6.0
    assert spoken(watch(replace(rule, measure=fail_ratio(1), for_s=12)), interrupted) == (0.0, "")


def test_a_rule_is_silent_in_the_first_seconds_that_it_names() -> None:
    rule = AbortRule("rule", fail_ratio(), ">=", 50.0, after_s=30.0)
    assert spoken(watch(rule), outcomes(40, 0, 1)) == (30.0, "fail_ratio was 100 % (30 of 30)")


def test_a_rule_without_a_window_uses_everything_since_the_start() -> None:
    rule = AbortRule("rule", fail_ratio(), ">=", 50.0)
    assert spoken(watch(rule), outcomes(10, 1, 0) + outcomes(20, 0, 1, start=10))[0] == 20.0


def test_a_window_speaks_once_it_has_filled() -> None:
    assert spoken(watch(AbortRule("rule", fail_ratio(10), ">=", 50.0)), outcomes(20, 0, 1))[0] == 10.0


def test_too_few_requests_are_no_reason() -> None:
    rule = AbortRule("rule", fail_ratio(), ">=", 50.0, min_requests=20)
    assert spoken(watch(rule), outcomes(19, 0, 1)) == (0.0, "")
    assert spoken(watch(rule), outcomes(20, 0, 1))[0] == 20.0


@pytest.mark.parametrize(("metric", "bound"), [("rps", 1.0), ("requests", 5.0)])
def test_a_rate_waits_for_the_requests_that_its_rule_asks_for(metric: str, bound: float) -> None:
    rule = parse_abort_rule(f"{metric}[5s] < {bound:g}, min_requests 100")
    assert spoken(watch(rule), hanging(30)) == (0.0, "")
    assert spoken(watch(rule), outcomes(10, 9, 0) + hanging(30, start=10)) == (0.0, "")
    assert spoken(watch(rule), outcomes(10, 5, 5) + hanging(30, start=10))[0] == 15.0
    assert spoken(watch(parse_abort_rule(f"{metric}[5s] < {bound:g}")), hanging(30))[0] == 5.0


def test_a_rule_of_a_group_looks_at_its_requests_alone() -> None:
    groups = {"auth": ("/login",)}
    rule = AbortRule("rule", fail_ratio(2, "auth"), ">=", 50.0)
    ticks = [tick(seq, delta("/login"), delta("/a", (), (1,) * 9)) for seq in range(5)]
    assert spoken(watch(rule, groups=groups), ticks) == (0.0, "")
    assert spoken(watch(replace(rule, measure=fail_ratio(2)), groups=groups), ticks)[0] == 2.0


def test_other_measures_are_said_with_their_unit() -> None:
    p95 = Measure("p95[2s]", "percentile", "ms", percent=95.0, window_s=2.0)
    ticks = [tick(seq, delta("/a", (2500,))) for seq in range(5)]
    assert spoken(watch(AbortRule("rule", p95, ">", 1000.0)), ticks) == (2.0, "p95[2s] was 2.5 s (n = 2)")
    memory = AbortRule("rule", Measure("target_memory", "target_memory", "bytes"), ">", 500e6)
    grown = [replace(tick(0), target=TargetSample(memory_bytes=600_000_000))]
    assert spoken(watch(memory), grown) == (1.0, "target_memory was 600 MB")
    rate = AbortRule("rule", Measure("rps[5s]", "rps", "/s", window_s=5.0), "<", 1.0, after_s=10.0)
    assert spoken(watch(rate), hanging(20)) == (10.0, "rps[5s] was 0/s")


def test_by_default_a_target_that_fails_nine_of_ten_for_ten_seconds_ends_the_run() -> None:
    assert defaults(outcomes(40, 10, 0) + outcomes(20, 0, 10, start=40)) == (
        49.0,
        "fail_ratio[10s] was 90 % (90 of 100), not counting 429s",
    )
    assert defaults(outcomes(60, 0, 2))[0] == 10.0
    assert defaults(outcomes(60, 2, 17)) == (0.0, "")


def test_a_few_failures_are_no_reason_by_default() -> None:
    sparse = [each for seq in range(0, 60, 5) for each in (outcomes(1, 0, 5, start=seq) + outcomes(4, 0, 0, seq + 1))]
    assert defaults(sparse) == (0.0, "")


@pytest.mark.parametrize("is_failure", [True, False])
def test_a_target_that_answers_429_is_not_dead(is_failure: bool) -> None:
    ok, failed = (0, 20) if is_failure else (20, 0)
    limited = delta("/a", (1,) * ok, (1,) * failed, statuses={429: 20})
    ticks = [tick(seq, limited, in_flight=5) for seq in range(90)]
    assert defaults(ticks) == (0.0, "")


@pytest.mark.parametrize(
    ("ok", "failed", "statuses", "is_dead"),
    [
        (0, 40, {429: 20, 500: 20}, True),
        (20, 20, {429: 20, 500: 20}, True),
        (20, 20, {429: 20, 200: 20}, False),
        (2, 38, {429: 20, 200: 20}, True),
        (20, 20, {429: 20, 0: 20}, True),
        (20, 20, {429: 20, 404: 20}, True),
    ],
)
def test_429s_count_on_neither_side(ok: int, failed: int, statuses: dict[int, int], is_dead: bool) -> None:
    mixed = [tick(seq, delta("/a", (1,) * ok, (1,) * failed, statuses=statuses)) for seq in range(12)]
    assert (defaults(mixed)[0] > 0) == is_dead


def test_a_target_that_stops_answering_ends_the_run_after_half_a_minute() -> None:
    at_s, reason = defaults(outcomes(20, 5, 0) + hanging(60, start=20))
    assert 50.0 <= at_s <= 51.0
    assert reason == "nothing succeeded for 31 s: 5 in flight, the oldest for 31 s"


def test_a_target_that_never_answered_ends_the_run_too() -> None:
    at_s, reason = defaults(hanging(60))
    assert at_s == 31.0
    assert "5 in flight" in reason


def test_a_target_that_fails_slowly_ends_the_run_after_half_a_minute() -> None:
    at_s, reason = defaults(outcomes(10, 1, 0) + outcomes(60, 0, 1, start=10, in_flight=1))
    assert at_s == 40.0
    assert reason.startswith("nothing succeeded for 30 s: 30 failed and 1 in flight")


def test_a_pause_is_no_reason_and_neither_is_what_one_request_after_it_does() -> None:
    pause = hanging(60, start=1, in_flight=0)
    assert defaults([*outcomes(1, 0, 1), *pause, *hanging(3, start=61), *outcomes(1, 1, 0, 64)]) == (0.0, "")
    assert defaults(pause) == (0.0, "")


def test_short_requests_in_flight_are_no_reason() -> None:
    assert defaults([tick(seq, in_flight=1, users=1) for seq in range(90)]) == (0.0, "")


def test_no_users_are_no_reason() -> None:
    assert defaults([replace(each, user_count=0) for each in hanging(90)]) == (0.0, "")


def test_an_engine_that_stood_still_says_nothing_of_the_target() -> None:
    paused = replace(hanging(1)[0], elapsed_s=100.0, interval_s=99.0, oldest_in_flight_s=99.0)
    assert defaults([*outcomes(1, 1, 0), paused]) == (0.0, "")


def test_one_success_begins_the_half_minute_again() -> None:
    ticks = hanging(29) + outcomes(1, 1, 0, start=29) + hanging(29, start=30)
    assert defaults(ticks) == (0.0, "")


def test_the_engine_above_its_memory_ends_the_run() -> None:
    limited = AbortWatch([], {}, use_defaults=True, memory_limit_bytes=50_000_000)
    assert limited.add(tick(0)) == "the generator used 60 MB of memory, and its limit is 50 MB"
    roomy = AbortWatch([], {}, use_defaults=True, memory_limit_bytes=60_000_000)
    assert roomy.add(tick(0)) == ""


def test_without_the_defaults_only_the_rules_speak() -> None:
    quiet = AbortWatch([], {}, use_defaults=False, memory_limit_bytes=1)
    assert spoken(quiet, outcomes(40, 0, 10) + hanging(40, start=40)) == (0.0, "")
