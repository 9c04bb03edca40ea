"""Thresholds against runs of known truth."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from perftui.judgement.metrics import METRICS
from perftui.judgement.rules import Measure, Operator, Threshold, Unit, parse_threshold
from perftui.judgement.threshold_watch import ThresholdWatch
from perftui.model.histogram import merge
from perftui.model.judged import ThresholdResult, ThresholdState
from perftui.model.tick import Arrivals, LocalErrorDelta, TargetSample, Tick
from tests.fakes.ticks import delta, histogram_of, tick

PASSED, ACCEPTABLE = ThresholdState.PASSED, ThresholdState.ACCEPTABLE
NO_DATA, FAILED = ThresholdState.NO_DATA, ThresholdState.FAILED


def p95(scope: str = "", window_s: float | None = None, *, is_whole_run: bool = False) -> Measure:
    text = f"p95[{window_s:g}s]" if window_s else "p95"
    return Measure(
        f"{text}({scope})" if scope else text,
        "percentile",
        "ms",
        scope,
        percent=95.0,
        window_s=window_s,
        is_whole_run=is_whole_run,
    )


def measure(metric: str, unit: Unit = "", window_s: float | None = None, scope: str = "") -> Measure:
    return Measure(metric, metric, unit, scope, window_s=window_s)


def below(what: Measure, target: float, acceptable: float | None = None, min_requests: int = 1) -> Threshold:
    return Threshold(f"{what.text} < {target:g}", what, "<", target, acceptable, min_requests)


def above(what: Measure, target: float, acceptable: float | None = None) -> Threshold:
    return Threshold(f"{what.text} > {target:g}", what, ">", target, acceptable)


def watched(
    threshold: Threshold, ticks: Iterable[Tick], groups: Mapping[str, tuple[str, ...]] | None = None, warm_up: int = 0
) -> ThresholdResult:
    watch = ThresholdWatch([threshold], groups or {})
    for number, each in enumerate(ticks):
        watch.add(each, number >= warm_up)
    (result,) = watch.results()
    return result


def of_times(*times_ms: float) -> list[Tick]:
    """A tick with ten requests for each of the times."""
    return [tick(seq, delta("/a", (time_ms,) * 10)) for seq, time_ms in enumerate(times_ms)]


def with_targets(*samples: TargetSample | None) -> list[Tick]:
    return [replace(tick(seq), target=sample) for seq, sample in enumerate(samples)]


@pytest.mark.parametrize(
    ("target", "acceptable", "state", "margin"),
    [(500, None, PASSED, 0.8), (80, 200, ACCEPTABLE, -0.25), (80, 90, FAILED, -0.25), (100, None, FAILED, 0.0)],
)
def test_a_value_is_passed_acceptable_or_failed_with_its_margin(
    target: float, acceptable: float | None, state: ThresholdState, margin: float
) -> None:
    result = watched(below(p95(), target, acceptable), of_times(100, 100))
    assert (result.state, result.observed, result.n) == (state, 100.0, 20)
    assert result.margin == pytest.approx(margin)


def test_the_text_says_what_was_seen_what_was_wanted_and_from_how_many() -> None:
    ticks = [tick(0, delta("POST /auth/login", (612.0,) * 1234))]
    result = watched(below(p95("auth"), 500, 1000), ticks, {"auth": ("*auth*",)})
    assert result.text == "p95(auth) 612 ms, wanted < 500 ms (acceptable < 1 s), n = 1,234"


def test_a_group_is_judged_by_its_merged_times() -> None:
    ticks = [tick(0, delta("/a", (10,) * 90), delta("/b", (), (1000,) * 10), delta("/c", (5000,)))]
    result = watched(below(p95("some"), 500), ticks, {"some": ("/a", "/b")})
    assert (result.observed, result.n) == (1000, 100)


@pytest.mark.parametrize(
    ("threshold", "ticks", "said"),
    [
        (below(p95("auth"), 500), of_times(1), "p95(auth) no data: no request matches 'auth'"),
        (below(p95(), 500), [tick(0)], "p95 no data: no request was measured"),
        (below(measure("failures"), 1), [tick(0)], "failures no data: no request was measured"),
        (above(measure("rps", "/s"), 1), [tick(0)], "rps no data: no request was measured"),
        (below(measure("fail_ratio", "%"), 1), [], "fail_ratio no data: no request was measured"),
        (below(p95(), 500, None, 50), of_times(1, 1), "p95 no data: 20 requests, 50 are needed"),
        (
            below(p95("", 2), 500, None, 50),
            of_times(1, 1, 1),
            "p95[2s] no data: 20 requests in any 2 s, 50 are needed",
        ),
        (above(measure("users"), 1), [], "users no data: no tick was measured"),
        (below(measure("target_memory", "bytes"), 1), with_targets(None), "the target's memory is not known"),
        (
            below(measure("target_cpu", "%"), 1),
            with_targets(TargetSample(memory_bytes=5)),
            "the target's CPU is not known",
        ),
        (
            below(measure("target_connections"), 1),
            with_targets(TargetSample(memory_bytes=5)),
            "the target's number of open connections is not known",
        ),
        (
            below(measure("target_memory_growth", "bytes"), 1),
            with_targets(*[TargetSample(memory_bytes=5)] * 11),
            "11 samples of the target's memory, 12 are needed",
        ),
        (
            below(measure("target_value"), 1),
            with_targets(TargetSample(value=float("nan"))),
            "the target's value is not known",
        ),
        (
            below(Measure("status[429]", "status", "%", status=429), 5),
            [tick(0, delta("/a", (), (1,), statuses={0: 1}))],
            "status[429] no data: no request had a response",
        ),
        (
            below(Measure("response_p99", "percentile", "ms", percent=99.0, is_response=True), 500),
            of_times(10),
            "that takes an arrival rate, constant_pacing or constant_throughput",
        ),
        (below(measure("dropped"), 1), of_times(10), "no task was due: the load is no arrival rate"),
    ],
)
def test_no_data_is_never_a_pass_and_says_why(threshold: Threshold, ticks: list[Tick], said: str) -> None:
    result = watched(threshold, ticks)
    assert result.state is NO_DATA
    assert (result.observed, result.margin, result.failed_since_s) == (None, None, None)
    assert result.text.endswith(said)


def test_the_warm_up_counts_only_for_measures_of_the_whole_run() -> None:
    ticks = of_times(900, 900, 10, 10)
    assert watched(below(p95(), 500), ticks, warm_up=2).observed == 10
    assert watched(below(p95(is_whole_run=True), 500), ticks, warm_up=2).observed == pytest.approx(900, rel=0.008)


def test_what_only_the_warm_up_had_is_no_data() -> None:
    assert watched(below(p95("/a"), 500), [*of_times(1), tick(1)], warm_up=1).text.endswith("no request was measured")


@pytest.mark.parametrize(
    ("what", "operator", "observed", "n"),
    [
        (Measure("avg", "avg", "ms"), "<", 25.0, 4),
        (Measure("max", "max", "ms"), "<", 40.0, 4),
        (Measure("min", "min", "ms"), "<", 10.0, 4),
        (Measure("p100", "percentile", "ms", percent=100.0), "<", 40.0, 4),
        (Measure("rps", "rps", "/s"), ">", 2.0, 2),
        (Measure("requests", "requests", ""), ">", 4, 4),
        (Measure("failures", "failures", ""), "<", 1, 4),
        (Measure("fail_ratio", "fail_ratio", "%"), "<", 25.0, 4),
        (Measure("status[500]", "status", "", status=500), "<", 1, 4),
        (Measure("status[500]", "status", "%", status=500), "<", 25.0, 4),
        (Measure("status[429]", "status", "", status=429), "<=", 0, 4),
        (Measure("users", "users", ""), ">=", 7, 2),
        (Measure("response_p100", "percentile", "ms", percent=100.0, is_response=True), "<", 900.0, 3),
        (Measure("response_avg", "avg", "ms", is_response=True), "<", 350.0, 3),
        (Measure("response_avg(/b)", "avg", "ms", "/b", is_response=True), "<", 900.0, 1),
        (Measure("dropped", "dropped", ""), "<", 6, 2),
        (Measure("dropped_ratio", "dropped_ratio", "%"), "<", 12.0, 2),
        (Measure("local_errors", "local_errors", ""), "<", 4, 2),
    ],
)
def test_each_metric_says_what_its_name_says(what: Measure, operator: Operator, observed: float, n: int) -> None:
    first = replace(delta("/a", (10, 20)), response_times=histogram_of(50, 100))
    second = replace(delta("/b", (30,), (40,)), response_times=histogram_of(900))
    ticks = [
        replace(tick(0, first, users=7), arrivals=Arrivals(25.0, 25, 20, 5, 0, 7)),
        replace(
            tick(1, second, users=5),
            arrivals=Arrivals(25.0, 25, 24, 1, 0, 5),
            local_errors=(LocalErrorDelta("no port", 3), LocalErrorDelta("no file", 1)),
        ),
    ]
    result = watched(Threshold("rule", what, operator, 1.0), ticks)
    assert result.observed == pytest.approx(observed)
    assert result.n == n


@pytest.mark.parametrize("metric", [*METRICS, "p50", "response_p99.9", "status[200]"])
@pytest.mark.parametrize("window", ["", "[run]", "[10s]"])
def test_whatever_the_grammar_knows_can_be_held_against_a_run(metric: str, window: str) -> None:
    if window and "[" in metric:
        window = ""
    unit = METRICS[metric].usual if metric in METRICS else "" if "[" in metric else "ms"
    threshold = parse_threshold(f"{metric}{window} > 1{unit}")
    sample = TargetSample(50.0, 10**9, 5, 3.0)
    late = replace(delta("/a", (20,), (30,)), response_times=histogram_of(20, 90))
    due = Arrivals(10.0, 10, 8, 2, 0, 5)
    ticks = [replace(tick(seq, late), target=sample, arrivals=due) for seq in range(40)]
    result = watched(threshold, ticks)
    if metric == "target_memory_growth" and window == "[10s]":
        assert result.state is NO_DATA
    else:
        assert result.observed is not None


def test_the_targets_side_is_peak_mean_and_last() -> None:
    ticks = with_targets(TargetSample(30.0, 500, 9, 3), None, TargetSample(90.0, 900, 8, 7), TargetSample())
    wanted = {"target_memory": 900, "target_cpu": 60, "target_connections": 9, "target_value": 7}
    for metric, observed in wanted.items():
        result = watched(below(measure(metric), 10_000), ticks)
        assert (result.observed, result.n) == (observed, 2)


@pytest.mark.parametrize("count", [60, 10_000])
def test_memory_growth_is_that_of_medians_whatever_single_samples_do(count: int) -> None:
    rising = [TargetSample(memory_bytes=1_000_000 * number // count) for number in range(count)]
    rising[0] = rising[-1] = TargetSample(memory_bytes=10**12)
    result = watched(below(measure("target_memory_growth", "bytes"), 500_000), with_targets(*rising))
    assert result.state is FAILED
    # Of five at either end, the one far off is the highest: the medians are the fourth sample and the third last.
    assert result.observed == pytest.approx(1_000_000 * (count - 6) / count, abs=1)
    flat = with_targets(*[TargetSample(memory_bytes=500)] * count)
    assert watched(below(measure("target_memory_growth", "bytes"), 500_000), flat).observed == 0


@pytest.mark.parametrize(("count", "missed"), [(12, 0.182), (40, 0.077), (60, 0.068), (300, 0.0134), (20_000, 0.0002)])
def test_a_steady_leak_is_seen_but_for_the_share_that_is_promised(count: int, missed: float) -> None:
    leak = [TargetSample(memory_bytes=10**9 + 54_000_000 * number // (count - 1)) for number in range(count)]
    result = watched(below(measure("target_memory_growth", "bytes"), 50_000_000), with_targets(*leak))
    assert result.observed == pytest.approx(54_000_000 * (1 - missed), rel=0.001)
    assert (result.state is FAILED) == (count >= 60)


@pytest.mark.parametrize("count", [12, 300])
def test_memory_that_only_the_last_seconds_took_is_growth(count: int) -> None:
    samples = [TargetSample(memory_bytes=10**9)] * (count - 3) + [TargetSample(memory_bytes=2 * 10**9)] * 3
    assert watched(below(measure("target_memory_growth", "bytes"), 1), with_targets(*samples)).observed == 10**9


def test_the_worst_window_counts_and_is_said_with_its_time() -> None:
    result = watched(below(p95("", 3), 500), of_times(*[10] * 70, 600, *[10] * 20))
    assert (result.state, result.n) == (FAILED, 30)
    assert result.text == "p95[3s] 600 ms at worst, in the 3 s up to 01:11, wanted < 500 ms, n = 30"
    assert (result.failed_since_s, result.failed_until_s) == (70.0, 73.0)


@pytest.mark.parametrize(
    ("peaks_ms", "said", "since_s", "until_s"),
    [
        ((900, 600), "p95[3s] 897 ms at the worst of 2 times that it failed, in the 3 s up to 00:11,", 10.0, 13.0),
        ((600, 900), "p95[3s] 897 ms at the worst of 2 times that it failed, in the 3 s up to 01:41,", 100.0, 103.0),
        ((600, 600), "p95[3s] 600 ms at the worst of 2 times that it failed, in the 3 s up to 00:11,", 10.0, 13.0),
    ],
)
def test_what_is_said_of_several_times_beyond_is_all_of_the_worst(
    peaks_ms: tuple[int, int], said: str, since_s: float, until_s: float
) -> None:
    first, second = peaks_ms
    result = watched(below(p95("", 3), 500), of_times(*[10] * 10, first, *[10] * 89, second, *[10] * 20))
    assert result.text.startswith(said)
    assert (result.failed_since_s, result.failed_until_s) == (since_s, until_s)


def test_the_worst_window_is_in_a_time_that_goes_on_only_where_that_does() -> None:
    early = watched(below(p95("", 3), 500), of_times(*[10] * 10, 900, *[10] * 9, *[600] * 5))
    assert (early.failed_since_s, early.failed_until_s) == (10.0, 13.0)
    late = watched(below(p95("", 3), 500), of_times(*[10] * 10, 600, *[10] * 9, 600, 600, 900))
    assert (late.failed_since_s, late.failed_until_s) == (20.0, None)


def test_a_low_rate_in_one_window_fails_where_the_whole_run_passes() -> None:
    ticks = [tick(seq, delta("/a", (1,) * 20), in_flight=5) if seq // 5 != 2 else tick(seq) for seq in range(40)]
    assert watched(above(measure("rps", "/s"), 10), ticks).state is PASSED
    result = watched(above(measure("rps", "/s", 5), 10), ticks)
    assert (result.state, result.observed, result.n) == (FAILED, 0, 5)
    assert (result.failed_since_s, result.failed_until_s) == (12.0, 17.0)


def test_a_rate_is_not_held_against_the_seconds_in_which_the_load_ends() -> None:
    ending = [replace(tick(seq), target_user_count=0) for seq in range(10, 15)]
    ticks = [*(tick(seq, delta("/a", (1,) * 20)) for seq in range(10)), *ending]
    assert watched(above(measure("rps", "/s", 3), 10), ticks).observed == 20
    ending[0] = replace(ending[0], requests=(delta("/a", (1,) * 3),))
    whole = watched(above(measure("rps", "/s"), 19), [*ticks[:10], *ending])
    assert (whole.state, whole.observed, whole.n) == (PASSED, 20, 10)
    assert watched(above(measure("requests"), 1), [*ticks[:10], *ending]).observed == 203


def test_a_pause_before_more_load_is_part_of_the_rate() -> None:
    busy = [tick(seq, delta("/a", (1,) * 20)) for seq in range(15)]
    ticks = [*busy[:5], *(replace(tick(seq), target_user_count=0) for seq in range(5, 10)), *busy[10:]]
    assert watched(above(measure("rps", "/s"), 10), ticks).observed == pytest.approx(200 / 15)


def test_a_run_whose_load_ended_in_its_first_second_has_a_rate_but_no_window() -> None:
    only = [replace(tick(0, delta("/a", (1,) * 20)), target_user_count=0, interval_s=0.5, elapsed_s=0.5)]
    assert watched(above(measure("rps", "/s"), 10), only).observed == 40
    result = watched(above(measure("rps", "/s", 5), 10), only)
    assert (result.state, result.text) == (NO_DATA, "rps no data: the load ended before its window had filled")


def test_a_window_that_has_not_filled_has_no_result() -> None:
    ticks = of_times(900, 10, 10, 10)
    assert watched(below(p95("", 3), 500), ticks[1:]).observed == 10
    first = Threshold("rule", Measure("max[2s]", "max", "ms", window_s=2.0), ">", 50.0)
    assert watched(first, of_times(10, 100, 100)).observed == 100


def test_a_run_shorter_than_the_window_is_judged_whole_and_says_so() -> None:
    result = watched(below(p95("", 30), 500), of_times(900, 10, 10))
    assert result.state is FAILED
    assert result.text == "p95[30s] 897 ms, over only 3 s, less than its window, wanted < 500 ms, n = 30"


def test_windows_are_exact_at_every_tick_of_uneven_length() -> None:
    random_ = random.Random(7)
    ticks: list[Tick] = []
    elapsed_s = 0.0
    for seq in range(120):
        interval_s = random_.choice((1.0, 1.0, 0.997, 1.004, 0.3, 3.5))
        elapsed_s += interval_s
        times_ms = tuple(random_.lognormvariate(3, 1) for _ in range(random_.choice((0, 1, 5, 20))))
        ticks.append(replace(tick(seq, delta("/a", times_ms)), elapsed_s=elapsed_s, interval_s=interval_s))
    for percent in (50.0, 99.0, 100.0):
        what = Measure("p[10s]", "percentile", "ms", percent=percent, window_s=10.0)
        expected = []
        for end, last in enumerate(ticks):
            in_window = [
                each
                for each in ticks[: end + 1]
                if each is last or each.elapsed_s - each.interval_s / 2 >= last.elapsed_s - 10
            ]
            value = merge(each.requests[0].ok_times for each in in_window).percentile_ms(percent)
            if value is not None and last.elapsed_s >= 10 - last.interval_s / 2:
                expected.append(value)
        assert watched(below(what, 1), ticks).observed == max(expected)
        assert watched(above(what, 1), ticks).observed == min(expected)


def test_a_cumulative_value_failed_since_it_crossed_for_good() -> None:
    times = [900, 900, *[10] * 60, *[900] * 20]
    result = watched(below(p95(), 500), of_times(*times))
    # Beyond at first, then more than 95 % were quick (from the 41st), then for good from the sixth slow second.
    assert (result.state, result.failed_since_s, result.failed_until_s) == (FAILED, 63.0, None)
    recovered = watched(below(p95(), 500), of_times(900, 900, *[10] * 60))
    assert (recovered.state, recovered.failed_since_s, recovered.failed_until_s) == (PASSED, None, None)


def test_results_stand_in_the_order_of_the_thresholds_and_may_be_asked_at_any_time() -> None:
    watch = ThresholdWatch([below(p95(), 500), above(measure("rps", "/s"), 5), below(p95("/none"), 1)], {})
    assert {each.state for each in watch.results()} == {NO_DATA}
    watch.add(of_times(100)[0], is_measured=True)
    assert [each.state for each in watch.results()] == [PASSED, PASSED, NO_DATA]
    assert [each.rule for each in watch.results()] == ["p95 < 500", "rps > 5", "p95(/none) < 1"]


def test_a_hostile_rule_does_nothing_to_a_terminal() -> None:
    assert "\x1b" not in watched(below(p95("\x1b[2J"), 1), of_times(1)).text
