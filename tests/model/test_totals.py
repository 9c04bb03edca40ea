"""What deltas add up to, and that it stays bounded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perftui.model.run_state import RunState
from perftui.model.snapshot import Snapshot, snapshot_of
from perftui.model.tick import MAX_FAILURE_GROUPS, MAX_REQUEST_NAMES, OTHER, FailureDelta
from perftui.model.totals import RECENT_TICKS, RunTotals
from tests.fakes.ticks import delta, tick, total_of


def shown(totals: RunTotals) -> Snapshot:
    return snapshot_of(
        totals,
        totals,
        run_id="r",
        folder="f",
        title="t",
        target_url="u",
        state=RunState.RUNNING,
        cause="",
        warning="",
        elapsed_s=totals.elapsed_s,
        run_time_s=None,
    )


def test_totals_are_the_sum_of_the_ticks() -> None:
    totals = total_of([tick(0, delta("/a", (1, 2)), delta("/b", (), (5,))), tick(1, delta("/a", (3,)))])
    assert (totals.total.requests, totals.total.failed) == (4, 1)
    assert totals.by_request["GET", "/a"].ok_times.count == 3
    assert totals.total.statuses == {200: 3, 500: 1}
    assert totals.total.times().max_ms == 5


def test_a_failed_request_counts_in_the_times_and_apart() -> None:
    totals = total_of([tick(0, delta("/a", (10,), (60_000,)))])
    assert totals.total.times().percentile_ms(99) == 60_000
    assert totals.total.ok_times.max_ms == 10


def test_a_target_that_stops_answering_shows_no_rps() -> None:
    totals = total_of([tick(0, delta("/a", (1,) * 50)), tick(1, in_flight=5, started=5)])
    snapshot = shown(totals)
    assert snapshot.now is not None
    assert snapshot.now.rps == 0
    assert snapshot.now.times.p95_ms is None
    assert snapshot.in_flight == 5


def test_a_very_short_last_tick_has_no_rate_of_its_own() -> None:
    last = replace(tick(1, delta("/a", (1,) * 4)), interval_s=0.03, elapsed_s=1.03)
    snapshot = shown(total_of([tick(0, delta("/a", (1,) * 40)), last]))
    assert snapshot.now is not None
    assert snapshot.now.rps == pytest.approx(44 / 1.03)


def test_rates_of_a_request_forget_what_is_older_than_ten_ticks() -> None:
    totals = total_of([tick(0, delta("/old"))] + [tick(seq, delta("/new")) for seq in range(1, RECENT_TICKS + 1)])
    rows = {row.name: row for row in shown(totals).rows}
    assert rows["/old"].rps == 0
    assert rows["/new"].rps == 1
    assert rows["/old"].requests == 1


def test_names_and_failure_groups_are_capped_and_nothing_is_lost() -> None:
    totals = RunTotals()
    for number in range(MAX_REQUEST_NAMES + 50):
        failure = FailureDelta("GET", f"/{number}", "no", 1, 0.0, 0.0)
        totals.add(tick(number, delta(f"/{number}", (), (1,)), failures=(failure,)))
    assert len(totals.by_request) == MAX_REQUEST_NAMES + 1
    assert totals.by_request["", OTHER].requests == 50
    assert sum(each.requests for each in totals.by_request.values()) == totals.total.requests
    assert len(totals.failures) == MAX_FAILURE_GROUPS + 1
    assert sum(group.count for group in totals.failures.values()) == MAX_REQUEST_NAMES + 50
