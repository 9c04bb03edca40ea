"""Replay: a finished run as it went, faster or slower, without touching it or the run that goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from perftui.judgement.assessment import Assessment
from perftui.model.errors import PerftuiError
from perftui.model.marks import Marks
from perftui.model.record import RunEvent
from perftui.model.run_state import RunState
from perftui.tui.app import PerftuiApp
from perftui.tui.following.replay import MAX_TICKS_AT_ONCE, SPEEDS, Checkpoints, Performance, Playhead, heard
from perftui.tui.screens.replay import ReplayScreen
from perftui.tui.services import RunAddress
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.records import PLAN, record_of
from tests.fakes.shop_ticks import shop_ticks
from tests.fakes.ticks import delta, tick
from tests.fakes.waiting import wait_until

TextOf = Callable[[PerftuiApp], str]


def test_the_playhead_goes_as_fast_as_it_is_told_and_stops_at_the_end() -> None:
    head = Playhead(100.0, 1000.0, speed=10)
    assert head.at_s(1002.0) == 20.0
    head.change_speed(1, 1002.0)
    assert (head.speed, head.at_s(1003.0)) == (20, 40.0)
    head.pause(True, 1003.0)
    assert head.at_s(1009.0) == 40.0
    head.change_speed(-99, 1009.0)
    head.pause(False, 1010.0)
    assert (head.speed, head.at_s(1011.0)) == (SPEEDS[0], 41.0)
    head.seek(-5.0, 1012.0)
    assert head.at_s(1012.0) == 0.0
    assert not head.is_over(1013.0)
    assert head.is_over(2000.0)
    assert head.at_s(2000.0) == 100.0


def test_a_replay_shows_at_each_moment_what_was_shown_live() -> None:
    ticks = shop_ticks(30)
    record = record_of(ticks, events=(RunEvent(12.0, "note", "deploy"),))
    performance = Performance(record, iter(ticks))
    live = Assessment(PLAN)
    for each in ticks[:15]:
        live.add(each)
    first = performance.until(14.9)
    assert (first.snapshot.seq, len(first.points), first.is_all, first.is_behind) == (13, 14, False, False)
    then = performance.until(15.0)
    assert [point.seq for point in then.points] == [14]
    assert [each.seq for each in then.spectra] == [14]
    assert then.counts[0].counts["GET", "/healthz"] == ticks[14].requests[7].requests
    assert then.snapshot.total.requests == live.measured.total.requests
    assert then.snapshot.total.times.p95_ms == live.measured.total.times().percentiles_ms((95.0,))[0]
    assert then.snapshot.state is RunState.RAMPING
    assert [note.text for note in then.snapshot.notes] == ["deploy"]
    assert then.snapshot.run_time_s == 30.0
    last = performance.until(30.0)
    assert last.is_all
    assert last.snapshot.state is RunState.FINISHED


def test_a_long_run_is_added_up_in_pieces_and_the_warm_up_is_where_it_was_moved_to() -> None:
    ticks = [tick(seq, delta("/pay")) for seq in range(MAX_TICKS_AT_ONCE + 10)]
    record = replace(record_of(ticks), marks=Marks(warm_up_s=200.0))
    performance = Performance(record, iter(ticks))
    scene = performance.until(1e9)
    assert (len(scene.points), scene.is_behind) == (MAX_TICKS_AT_ONCE, True)
    assert scene.snapshot.total.requests == MAX_TICKS_AT_ONCE - 200
    assert performance.until(1e9).is_all


def test_a_jump_back_in_a_long_run_goes_on_from_the_last_checkpoint() -> None:
    ticks = [tick(seq, delta("/pay", (10.0 + seq % 7,))) for seq in range(2_000)]
    record, checkpoints = record_of(ticks), Checkpoints(2_000.0)
    performance = Performance(record, iter(ticks), checkpoints=checkpoints)
    whole = performance.until(1_500.0)
    while whole.is_behind:
        whole = performance.until(1_500.0)
    begun = checkpoints.before(1_300.0)
    assert begun is not None
    assert begun.elapsed_s == 1_200.0
    assert checkpoints.before(599.0) is None
    again = Performance(record, iter(ticks[begun.seq + 1 :]), begun, checkpoints)
    scene = again.until(1_300.0)
    assert (scene.snapshot.seq, len(scene.points), scene.is_behind) == (1_299, 100, False)
    from_the_start = Performance(record, iter(ticks))
    expected = from_the_start.until(1_300.0)
    while expected.is_behind:
        expected = from_the_start.until(1_300.0)
    assert scene.snapshot == expected.snapshot
    assert scene.points[-1] == expected.points[-1]


def test_a_plan_whose_thresholds_cannot_be_read_is_one_line() -> None:
    plan = replace(PLAN, profile=replace(PLAN.profile, thresholds=("p95 is fine",)))
    with pytest.raises(PerftuiError, match="cannot be replayed"):
        Performance(record_of([tick(0)], plan=plan), iter(()))


def test_lines_of_the_log_are_said_when_they_were_said() -> None:
    lines = (
        "     1.500 INFO     a",
        "a line without a time",
        "nan inf",
        "    12.000 STDOUT   1.0 x",
        "     3.000 INFO  old",
    )
    assert [each.at_s for each in heard(lines)] == [1.5, 1.5, 1.5, 12.0, 12.0]


class _Hands:
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


async def test_a_replay_is_paused_wound_and_ended_while_another_run_goes_on(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    ticks = shop_ticks(120)
    conductor.feed(*ticks)
    conductor.log = [f"{seq:10.3f} INFO     user: said {seq}" for seq in range(120)]
    conductor.sealed = record_of(ticks)
    app = PerftuiApp(services, attach=RunAddress(conductor.folder, conductor.socket))
    clock = _Hands()
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_until(lambda: app.model.snapshot and app.current_mode == "live", "the run that goes on")
        app.action_mode("history")
        screen = ReplayScreen(conductor.folder, clock)
        app.push_screen(screen)
        await wait_until(lambda: screen.model.snapshot is not None, "the start of the replay")
        clock.now_s += 3.0
        await wait_until(lambda: screen.model.last_seq == 29, "thirty seconds of it")
        screen.pump(force=True)
        await pilot.pause()
        text = text_of(app)
        assert "▶ REPLAY 10x" in text
        assert "00:30" in text
        assert screen.model.log[-1].endswith("said 30")
        bindings = {active.binding.action for active in screen.active_bindings.values() if active.enabled}
        assert not bindings & {"stop", "detach", "chart('note')"}
        await pilot.press("greater_than_sign", "space")
        await wait_until(lambda: "❚❚ REPLAY 20x" in text_of(app), "the pause")
        clock.now_s += 60.0
        await pilot.press("full_stop", "full_stop")
        await wait_until(lambda: screen.model.last_seq == 41, "a jump of a tenth")
        await pilot.press("comma", "comma", "comma")
        await wait_until(lambda: screen.model.last_seq == 23, "a jump back")
        assert len(screen.model.points) == 24
        await pilot.press("space")
        clock.now_s += 60.0
        await wait_until(lambda: screen.model.snapshot and screen.model.snapshot.state.is_over, "the end")
        # The run that goes on was watched all the time.
        assert app.model.is_live
        await pilot.press("q")
        await wait_until(lambda: app.screen is not screen, "the history")
        assert app.current_mode == "history"
        assert app.model.is_live
        assert not conductor.stops
