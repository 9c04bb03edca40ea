from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from perftui.judgement.findings import Evidence
from perftui.judgement.findings.evidence import MAX_SLICES
from perftui.model.tick import Tick
from tests.fakes.shaped_runs import between, shaped_run
from tests.fakes.ticks import tick


def _evidence(ticks: Iterable[Tick]) -> Evidence:
    evidence = Evidence()
    for each in ticks:
        evidence.add(each, is_measured=True)
    return evidence


def test_a_long_run_is_kept_in_a_bounded_number_of_slices_that_miss_nothing() -> None:
    run = shaped_run(1000, rps=2)
    evidence = _evidence(run)
    slices = evidence.slices(evidence.stretch())
    assert MAX_SLICES // 2 <= len(slices) <= MAX_SLICES
    assert sum(each.requests for each in slices) == sum(delta.requests for one in run for delta in one.requests)
    assert all(a.to_s == b.from_s for a, b in pairwise(slices))


def test_the_stretch_is_the_longest_one_at_constant_users() -> None:
    run = shaped_run(100, users=lambda s: 10 if s < 30 else 50 if s < 90 else 20)
    stretch = _evidence(run).stretch()
    assert (stretch.from_s, stretch.to_s, stretch.user_count) == (30, 90, 50)


def test_a_user_that_is_replaced_does_not_end_the_stretch() -> None:
    stretch = _evidence(shaped_run(60, users=lambda s: 99 if s == 30 else 100)).stretch()
    assert stretch.lasted_s == 60


def test_seconds_in_which_the_load_ends_are_no_part_of_it() -> None:
    run = shaped_run(20)
    stopping = [replace(each, target_user_count=0) for each in run[15:]]
    assert _evidence(run[:15] + stopping).stretch().to_s == 15


def test_a_ramp_has_a_stretch_of_a_moment_and_no_load_none_at_all() -> None:
    assert _evidence(shaped_run(20, users=between(10, 100, 20))).stretch().lasted_s <= 2
    assert _evidence([tick(0, users=0)]).stretch().lasted_s == 0
