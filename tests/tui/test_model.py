"""The cockpit's own knowledge: lossless, bounded, and honest about its age."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from perftui.model.run_state import RunState
from perftui.model.tick import FailureDelta
from perftui.tui.model import MAX_LOG_LINES, CockpitModel
from perftui.tui.services import RunAddress
from perftui.tui.texts.state_words import state_of, word_of
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.ticks import delta, tick

ADDRESS = RunAddress(Path("runs/a"), Path("a.sock"))


def test_points_arrive_once_and_in_order_however_they_are_asked_for() -> None:
    conductor = FakeConductor(ADDRESS.folder, ADDRESS.socket)
    conductor.feed(*[tick(seq, delta()) for seq in range(10)])
    model = CockpitModel()
    model.begin(ADDRESS)
    model.add_points(conductor.points()[:4])
    model.add_points(conductor.points())
    model.add_points(conductor.points())
    assert [point.seq for point in model.points] == list(range(10))


def test_what_is_kept_is_bounded() -> None:
    model = CockpitModel()
    model.begin(ADDRESS)
    model.add_log([str(number) for number in range(MAX_LOG_LINES + 10)], 1)
    assert len(model.log) == MAX_LOG_LINES
    assert model.log[0] == "10"


def test_silence_is_said_with_its_age() -> None:
    now_s = 100.0
    model = CockpitModel(clock=lambda: now_s)
    conductor = FakeConductor(ADDRESS.folder, ADDRESS.socket)
    model.begin(ADDRESS)
    assert state_of(model).word == "CONNECTING"
    model.take(conductor.snapshot())
    assert state_of(model) == word_of(RunState.RUNNING)
    now_s += 4
    assert state_of(model).text == "! STALE 4s"
    model.take(conductor.snapshot())
    assert model.stale_s is None


def test_a_warm_up_is_said() -> None:
    model = CockpitModel()
    model.begin(ADDRESS)
    model.take(replace(FakeConductor(ADDRESS.folder, ADDRESS.socket).snapshot(), is_warming_up=True))
    assert state_of(model).word == "WARMING UP"


def test_another_run_starts_with_nothing_of_the_former() -> None:
    model = CockpitModel()
    model.begin(ADDRESS)
    model.take(FakeConductor(ADDRESS.folder, ADDRESS.socket).snapshot())
    model.add_log(["old"], 4)
    assert not model.ask_stop()
    assert model.ask_stop()
    model.begin(RunAddress(Path("runs/b"), Path("b.sock")))
    assert (model.snapshot, list(model.log), model.log_offset, model.stop_requests) == (None, [], 0, 0)


def test_every_state_has_a_symbol_and_a_word_of_its_own() -> None:
    words = [word_of(state) for state in RunState]
    assert all(word.symbol and word.word for word in words)
    assert len({word.word for word in words}) == len(words)


def test_failures_have_a_rate_over_time_from_what_snapshots_say() -> None:
    def failed(seq: int) -> FailureDelta:
        return FailureDelta("GET", "/", "boom", 2, seq + 0.1, seq + 0.9)

    conductor = FakeConductor(ADDRESS.folder, ADDRESS.socket)
    model = CockpitModel()
    model.begin(ADDRESS)
    for seq in range(20):
        failures = (failed(seq),) if seq >= 10 else ()
        conductor.feed(tick(seq, delta("/", (), (5.0, 5.0)), failures=failures))
        model.take(conductor.snapshot())
    trend = model.failure_trend_of(("GET", "/", "boom"))
    # Whole bars of five seconds up to the twentieth second; what was before the run is unknown.
    assert trend[-4:] == [0, 0, 1.6, 2.0]
    assert set(trend[:-4]) == {None}
