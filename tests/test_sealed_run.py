"""What a test sees of a sealed run."""

from __future__ import annotations

import pytest

from perftui.model.record import Verdict
from perftui.model.tick import Tick
from perftui.sealed_run import SealedRun
from tests.fakes.records import record_of
from tests.fakes.ticks import delta, histogram_of, tick


def sealed(*ticks: Tick, verdict: Verdict = Verdict.PASSED, sentences: tuple[str, ...] = ("Passed.",)) -> SealedRun:
    record = record_of(ticks, verdict=verdict, sentences=sentences)
    assert record.outcome is not None
    return SealedRun(record, record.outcome)


SHOP = sealed(
    tick(0, delta("/health", (1.0, 2.0)), delta("/cart", (10.0,), (30.0, 40.0))),
    tick(1, delta("/health", (3.0, 4.0)), delta("/cart", (), (), "POST")),
)


def test_a_request_is_found_by_method_and_name_or_by_a_name_that_only_one_method_has() -> None:
    assert SHOP["GET /health"] is SHOP["/health"]
    assert SHOP["GET /cart"].requests == 3
    with pytest.raises(KeyError, match="several requests are called '/cart'; nearest: GET /cart, POST /cart"):
        SHOP["/cart"]


def test_a_name_that_was_never_requested_is_answered_with_the_nearest() -> None:
    with pytest.raises(KeyError, match="no request is called 'GET /helth'; nearest: GET /health"):
        SHOP["GET /helth"]
    with pytest.raises(KeyError, match="nearest: none: nothing was requested"):
        sealed(tick(0))["GET /"]


def test_figures_are_those_of_the_merged_histograms_over_the_time_that_was_measured() -> None:
    health, cart, times = SHOP["/health"], SHOP["GET /cart"], histogram_of(1, 2, 3, 4)
    assert (health.requests, health.failures, health.fail_ratio, health.rps) == (4, 0, 0, 2)
    assert (health.min_ms, health.mean_ms, health.max_ms) == (1, 2.5, 4)
    assert [health.p50_ms, health.p95_ms, health.p99_ms] == times.percentiles_ms((50, 95, 99))
    assert (cart.failures, cart.fail_ratio, cart.statuses) == (2, 2 / 3, {200: 1, 500: 2})
    assert (SHOP.total.requests, SHOP.total.failures, SHOP.total.max_ms) == (7, 2, 40)


def test_what_was_not_measured_passes_no_comparison() -> None:
    for figures in (SHOP["POST /cart"], sealed().total):
        assert figures.p95_ms is figures.mean_ms is figures.fail_ratio is None
        with pytest.raises(TypeError):
            assert figures.p95_ms < 100  # type: ignore[operator]


def test_it_shows_as_its_verdict_in_words() -> None:
    run = sealed(
        tick(0, delta()), verdict=Verdict.FAILED, sentences=("Not passed: p95 \x1b[2J is slow.", "1 request in 1s.")
    )
    assert not run.passed
    assert repr(run) == "<run failed, exit code 10: Not passed: p95 \\x1b[2J is slow. 1 request in 1s.>"
    assert "GET /" in str(run), "the table, as `perftui run` prints it"
