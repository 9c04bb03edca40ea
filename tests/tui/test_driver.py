"""A line that is behind: no frame is made for it, and there are fewer until it keeps up."""

from __future__ import annotations

from textual import events
from textual._xterm_parser import XTermParser

from perftui.tui.app import PerftuiApp
from perftui.tui.terminal.pace import FIRST_BYTES, MAX_MISSES, PATIENCE_S, Pace
from perftui.tui.terminal.rhythm import SLOWEST_S, Rhythm
from tests.fakes.cockpit_services import FakeServices


class BusyApp(PerftuiApp):
    behind = False

    @property
    def is_behind(self) -> bool:
        return self.behind


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


async def test_a_frame_is_skipped_while_the_terminal_is_behind(services: FakeServices) -> None:
    app = BusyApp(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen = app.screen
        app.behind = True
        app.model.lose()
        screen.pump()  # type: ignore[attr-defined]
        await pilot.pause()
        assert "NO ANSWER" not in _text(app)
        app.behind = False
        screen.pump()  # type: ignore[attr-defined]
        await pilot.pause()
        assert "NO ANSWER" in _text(app)


async def test_the_header_says_that_the_line_is_slow(services: FakeServices) -> None:
    app = BusyApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        assert "slow line" not in _text(app)
        app.rhythm.every_s = 4
        app.screen.pump()  # type: ignore[attr-defined]
        await pilot.pause()
        assert "slow line: every 4 s" in _text(app)


def test_frames_become_rare_on_a_line_that_is_behind_and_frequent_again() -> None:
    rhythm = Rhythm()
    assert all(rhythm.beat(is_behind=False, queued_s=0.0) for _ in range(10))
    for _ in range(20):
        assert not rhythm.beat(is_behind=True, queued_s=0.0)
    assert rhythm.every_s == SLOWEST_S
    assert rhythm.is_slowed
    frames = sum(rhythm.beat(is_behind=False, queued_s=0.0) for _ in range(8))
    assert frames == 2
    for _ in range(60):
        rhythm.beat(is_behind=False, queued_s=0.0)
    assert not rhythm.is_slowed


def test_bytes_that_stand_in_queues_make_frames_rare_as_well() -> None:
    rhythm = Rhythm()
    for second in range(10):
        rhythm.beat(is_behind=False, queued_s=0.9 * second)
    assert rhythm.is_slowed


def test_a_terminal_that_does_not_answer_is_waited_for_by_nobody() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.most is None
    assert pace.asks
    pace.sent(1000)
    assert not pace.asks
    clock.now_s += 100
    assert pace.most is None


def test_on_a_thin_line_little_is_under_way_and_on_a_wide_one_much() -> None:
    for bytes_per_s, way_s, at_least, at_most in ((8_000, 0.05, 512, 4_000), (10_000_000, 0.2, 100_000, None)):
        clock = Clock()
        pace = Pace(clock)
        pace.sent(300)
        clock.now_s += way_s + 300 / bytes_per_s
        pace.note_answer()
        pace.settle()
        for _ in range(30):
            most = pace.most
            assert most
            pace.sent(most)
            clock.now_s += way_s + most / bytes_per_s
            pace.note_answer()
            pace.settle()
        assert pace.most is not None
        assert pace.most >= at_least
        assert at_most is None or pace.most <= at_most


def test_small_frames_prove_nothing_of_a_whole_screen() -> None:
    clock = Clock()
    pace = Pace(clock)
    for _ in range(100):
        # Every frame stands in the queue of a thin line, the quickest as well.
        pace.sent(1_500)
        clock.now_s += 0.05 + 1_500 / 8_000
        pace.note_answer()
        pace.settle()
        clock.now_s += 0.7
    assert pace.most is not None
    assert pace.most <= 3_000


def test_answers_that_are_lost_are_given_up() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.sent(100)
    pace.note_answer()
    pace.settle()
    for _ in range(MAX_MISSES):
        assert pace.most
        pace.sent(FIRST_BYTES)
        assert pace.most == 0
        clock.now_s += PATIENCE_S + 1
        pace.most  # noqa: B018 - asking is what gives it up
    assert pace.most is None
    assert not pace.asks


def _text(app: PerftuiApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def test_alt_and_a_digit_are_heard_from_terminals_that_send_escape_first() -> None:
    heard = [event for n in range(1, 10) for event in XTermParser().feed(f"\x1b{n}")]
    assert [event.key for event in heard if isinstance(event, events.Key)] == [f"alt+{n}" for n in range(1, 10)]
