"""Whether a run is believed, and the words for it: of the whole run, and within three seconds while it goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perftui.judgement.trust import live_trust, run_trust
from perftui.model.judged import Trust
from perftui.model.tick import Arrivals, LoadWorkerSample, LocalErrorDelta, Tick
from perftui.model.totals import is_strained
from tests.fakes.ticks import delta, histogram_of, late_tick, measured_tick, tick, total_of

NO_FILE = "no open file left: this machine allows 200, run `ulimit -n 4096` before"


def good(seq: int) -> Tick:
    return tick(seq, delta("/a", (22,) * 100))


def healthy(seq: int, **changes: object) -> Tick:
    one = good(seq)
    return replace(one, health=replace(one.health, **changes))  # type: ignore[arg-type]


def open_model(seq: int, dropped: int) -> Tick:
    return replace(good(seq), arrivals=Arrivals(500, 500, 500 - dropped, dropped, 0, 80))


def with_workers(seq: int, *states: str, cpu_percent: float = 20.0) -> Tick:
    """The master first, then one for each state."""
    health = replace(good(seq).health, cpu_percent=cpu_percent)
    samples = [LoadWorkerSample("master", "here", "master", "running", 0, 0, 0.0, health)]
    samples += [
        LoadWorkerSample(f"box-{number}", "there", "remote", state, 10, 50, 0.0, health)  # type: ignore[arg-type]
        for number, state in enumerate(states, 1)
    ]
    return replace(good(seq), load_workers=tuple(samples))


def without_files(seq: int, count: int) -> Tick:
    return replace(good(seq), local_errors=(LocalErrorDelta(NO_FILE, count),))


@pytest.mark.parametrize(
    ("ticks", "trust", "words"),
    [
        ([good(seq) for seq in range(10)], Trust.OK, ""),
        # A probe that was late while the target took its time: a twentieth of p99 is not the generator's doing.
        ([replace(late_tick(seq, 12), requests=(delta("/a", (2000,) * 50),)) for seq in range(10)], Trust.OK, ""),
        # A fast target: what any machine adds now and then marks nothing.
        ([tick(seq, delta("/a", (2,) * 90 + (4,) * 10), hub_lag_p99_ms=2) for seq in range(10)], Trust.OK, ""),
        (
            [late_tick(seq, 12) for seq in range(10)],
            Trust.LIMITED,
            "the generator was late in 10 of 10 seconds: about 1",
        ),
        ([late_tick(seq, 80) for seq in range(10)], Trust.BAD, "ms are its own"),
        # What was measured goes before what a probe saw.
        (
            [measured_tick(seq, 12) for seq in range(10)],
            Trust.LIMITED,
            "the generator was late in 10 of 10 seconds: about 12 ms of p99 32 ms are its own",
        ),
        ([measured_tick(seq, 80) for seq in range(10)], Trust.BAD, "ms are its own"),
        ([measured_tick(seq, 80, late=100) for seq in range(10)], Trust.BAD, "ms are its own"),
        ([measured_tick(seq, 3.9) for seq in range(10)], Trust.OK, ""),
        ([replace(measured_tick(seq, 0), health=late_tick(seq, 80).health) for seq in range(10)], Trust.OK, ""),
        # Two in a hundred of the run, and no more than one in any second of ten.
        (
            [measured_tick(seq, 80, requests=10, late=seq % 5 == 0) for seq in range(20)],
            Trust.BAD,
            "of p99 99.8 ms are the generator's own",
        ),
        # Of so few the slowest say nothing.
        ([measured_tick(0, 80, requests=19, late=6)], Trust.OK, ""),
        ([measured_tick(0, 80, requests=99, late=9)], Trust.OK, ""),
        ([measured_tick(0, 80, requests=99, late=12)], Trust.BAD, "of p90"),
        (
            [without_files(0, 1), good(1)],
            Trust.LIMITED,
            f"1 request could not be sent: {NO_FILE}",
        ),
        ([without_files(seq, 60) for seq in range(2)], Trust.BAD, f"120 requests could not be sent: {NO_FILE}"),
        ([open_model(seq, 5) for seq in range(10)], Trust.OK, ""),
        ([open_model(seq, 12) for seq in range(10)], Trust.LIMITED, "120 of 5,000 tasks (2.4%) dropped"),
        ([open_model(seq, 60) for seq in range(10)], Trust.BAD, "600 of 5,000 tasks (12.0%) dropped"),
        ([with_workers(seq, "running", "missing") for seq in range(5)], Trust.LIMITED, "lost load worker box-2"),
        # It said good-bye, and all that it did.
        ([with_workers(seq, "running", "left") for seq in range(5)], Trust.OK, ""),
        ([with_workers(0, "running", "missing"), with_workers(1, "running", "running")], Trust.OK, ""),
    ],
)
def test_a_run_is_believed_or_says_why_not(ticks: list[Tick], trust: Trust, words: str) -> None:
    found, reason = run_trust(total_of(ticks))
    assert found is trust
    assert (words in reason) if words else not reason


@pytest.mark.parametrize(
    ("last", "trust", "reason"),
    [
        ([late_tick(9, 14)], Trust.LIMITED, "generator late: hub lag p99 14 ms beside a median of 21.9 ms"),
        ([measured_tick(9, 14)], Trust.LIMITED, "generator late: 14 ms of p99 34 ms are its own"),
        ([healthy(9, open_files=195, open_files_limit=200)], Trust.LIMITED, "195 of 200 open files"),
        (
            [healthy(9, local_ports=27_900, local_ports_limit=28_232)],
            Trust.LIMITED,
            "local ports: 27,900 of 28,232",
        ),
        ([healthy(9, cpu_percent=98.0)], Trust.OK, ""),
        ([healthy(seq, cpu_percent=98.0) for seq in (7, 8, 9)], Trust.LIMITED, "CPU of the generator at 98 %"),
        (
            [with_workers(seq, "running", cpu_percent=98.0) for seq in (7, 8, 9)],
            Trust.LIMITED,
            "CPU of load worker box-1 at 98 %",
        ),
        ([open_model(seq, 12) for seq in (7, 8, 9)], Trust.LIMITED, "12 of 500 tasks/s dropped: all 80 users busy"),
        ([with_workers(9, "missing")], Trust.LIMITED, "lost load worker box-1"),
        ([without_files(9, 40)], Trust.BAD, f"40 requests could not be sent: {NO_FILE}"),
    ],
)
def test_what_is_wrong_now_is_said_with_its_numbers(last: list[Tick], trust: Trust, reason: str) -> None:
    ticks = [good(seq) for seq in range(10 - len(last))] + last
    assert live_trust(total_of(ticks)) == (trust, reason)


def test_what_is_said_is_what_the_grade_is_for() -> None:
    ticks = [measured_tick(seq, 80) for seq in range(10)] + [open_model(seq, 30) for seq in (10, 11, 12)]
    grade, reason = live_trust(total_of(ticks))
    assert grade is Trust.BAD
    assert reason.startswith("the generator was late in 10 of 13 seconds")
    assert live_trust(total_of([open_model(seq, 300) for seq in range(3)])) == (
        Trust.BAD,
        "300 of 500 tasks/s dropped: all 80 users busy",
    )


def test_a_run_that_was_late_once_is_believed_again() -> None:
    ticks = [late_tick(0, 14), *map(good, range(1, 4))]
    assert live_trust(total_of(ticks[:1]))[0] is Trust.LIMITED
    assert live_trust(total_of(ticks)) == (Trust.OK, "")


def test_workers_that_go_when_the_load_is_over_are_not_lost() -> None:
    over = replace(with_workers(1, "left", "left"), target_user_count=0)
    assert run_trust(total_of([with_workers(0, "running", "running"), over])) == (Trust.OK, "")


def test_what_began_late_is_strain_where_a_schedule_is_kept() -> None:
    late = healthy(0, lateness_p99_ms=30.0)
    scheduled = replace(late.requests[0], response_times=histogram_of(*(22,) * 96, *(52,) * 4))
    assert not is_strained(late)
    kept = replace(late, requests=(scheduled,))
    assert is_strained(kept)
    assert live_trust(total_of([kept])) == (
        Trust.LIMITED,
        "generator late: p99 of what was due began 30 ms late",
    )


def test_a_load_worker_that_was_started_again_is_a_doubt_to_the_end() -> None:
    fine = total_of([healthy(0)])
    assert live_trust(fine, "restarted load worker local-1 (x)") == (Trust.LIMITED, "restarted load worker local-1 (x)")
