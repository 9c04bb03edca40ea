"""History: the runs that are kept, found, compared, starred and deleted; and one number from run to run."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.run_state import RunState
from perftui.store.history import RunListing
from perftui.tui.app import PerftuiApp
from perftui.tui.columns.run_columns import RunTable
from perftui.tui.screens.compare import CompareScreen
from perftui.tui.screens.history import HistoryScreen
from perftui.tui.screens.questions import AskText, Confirm
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.records import record_of
from tests.fakes.ticks import delta, tick
from tests.fakes.waiting import wait_until
from tests.tui.test_hostile_text import CORPUS, looks

TextOf = Callable[[PerftuiApp], str]
_NEWEST = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
_VERDICTS = ("passed", "passed", "failed", "passed", "acceptable", "passed", "no data", "aborted")


def listings(count: int) -> list[RunListing]:
    """`count` runs, the newest first, of three profiles; the newest but one was never sealed."""
    return [_listing(number, count) for number in range(count)]


def _listing(number: int, count: int) -> RunListing:
    profile, target = (("checkout-peak", "staging"), ("smoke", "local"), ("search-soak", "staging"))[number % 3 % 2]
    started = _NEWEST - timedelta(hours=5 * number)
    run_id = f"{started:%Y%m%dT%H%M%S}_{profile}_{target}"
    sealed = number != 1
    p95_ms = 210 + 60 * math.sin(number / 2) + (140 if number == 4 else 0)
    return RunListing(
        run_id,
        Path("runs") / run_id,
        profile,
        target,
        started.isoformat(timespec="milliseconds"),
        RunState.FINISHED if sealed else RunState.INTERRUPTED,
        _VERDICTS[number % len(_VERDICTS)] if sealed else None,
        600.0 if number % 2 == 0 else 60.0,
        671_000 - 1000 * number,
        0.0022 if number % 3 else 0.0,
        p95_ms if sealed else None,
        p50_ms=p95_ms / 3,
        p99_ms=p95_ms * 2.5,
        rps=1118.0 - number,
        is_starred=number == 3,
        notes=2 if number == 2 else 0,
        branch="main",
        baselines=("nightly",) if number == 5 else (),
    )


@pytest.fixture
async def history(services: FakeServices) -> PerftuiApp:
    services.library.runs = listings(24)
    return PerftuiApp(services)


async def opened(app: PerftuiApp) -> RunTable:
    """The list, once it was read."""
    await wait_until(lambda: app.current_mode == "setup" and app.screen.focused, "the setup")
    app.action_mode("history")
    await wait_until(lambda: isinstance(app.screen, HistoryScreen) and app.screen.is_mounted, "the history")
    await listed(app)
    return app.screen.query_one(RunTable)


async def listed(app: PerftuiApp) -> None:
    screen = app.screen
    assert isinstance(screen, HistoryScreen)
    await wait_until(lambda: screen.chore is None and screen.query_one(RunTable).size.width, "the list of the runs")


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60)])
async def test_looks(
    history: PerftuiApp, matches_snapshot: Callable[[PerftuiApp, str], None], size: tuple[int, int]
) -> None:
    async with history.run_test(size=size) as pilot:
        await opened(history)
        await pilot.press("space", "down", "down", "space", "down", "down")
        await pilot.pause()
        matches_snapshot(history, f"history_{size[0]}x{size[1]}")


async def test_a_run_is_found_by_what_is_typed_and_a_filter_that_says_nothing_is_explained(
    history: PerftuiApp, text_of: TextOf
) -> None:
    async with history.run_test(size=(100, 30)) as pilot:
        table = await opened(history)
        await pilot.press("slash", *"profile:smoke failed")
        await wait_until(lambda: table.row_count == 1, "the runs that fit")
        assert "1 of 24 runs" in text_of(history)
        await pilot.press("space", *"colour:red")
        await wait_until(lambda: "there is no filter colour:" in text_of(history), "what is wrong with it")
        await pilot.press("escape")
        await wait_until(lambda: table.row_count == 24, "all runs")


async def test_two_marked_runs_are_compared_the_older_first(
    history: PerftuiApp, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Path, Path]] = []
    monkeypatch.setattr(CompareScreen, "compare", lambda _screen, old, new: asked.append((old, new)))
    runs = services.library.runs
    async with history.run_test(size=(100, 30)) as pilot:
        table = await opened(history)
        await pilot.press("space", "down", "space", "down", "space")
        assert [row.mark for row in table._rows[:3]] == ["", "B", "A"]
        await pilot.press("c")
        await wait_until(lambda: asked, "the comparison")
        assert asked == [(runs[2].folder, runs[1].folder)]
        # Without marks: the baseline of what was asked, and a word where there is none.
        await pilot.press("5", "escape", "c")
        await wait_until(lambda: _toasts(history), "why not")
        assert "has no baseline" in _toasts(history)[-1]
        services.library.baseline = ("nightly", runs[5].folder)
        await pilot.press("c")
        await wait_until(lambda: len(asked) == 2, "the comparison")
        assert asked[1] == (runs[5].folder, runs[2].folder)


async def test_star_baseline_and_delete_ask_the_library_and_the_cursor_stays_with_its_run(
    history: PerftuiApp, services: FakeServices, text_of: TextOf
) -> None:
    library = services.library
    runs = list(library.runs)
    async with history.run_test(size=(100, 30)) as pilot:
        table = await opened(history)
        await pilot.press("down", "down", "asterisk")
        await wait_until(lambda: ("star", runs[2].folder, True) in library.asked, "the star")
        await listed(history)
        # One more run has ended when the list is read again.
        library.runs = [replace(runs[0], run_id="new", folder=Path("runs/new")), *runs]
        await pilot.press("u")
        await listed(history)
        assert table.cursor_row is not None
        assert table.cursor_row.listing == runs[2]
        await pilot.press("b", "enter")
        await wait_until(lambda: ("set_baseline", "checkout-peak", runs[2].folder) in library.asked, "the baseline")
        await listed(history)
        await pilot.press("D")
        await pilot.pause()
        assert "Delete this run?" in text_of(history)
        await pilot.press("n", "D", "y")
        await wait_until(lambda: ("delete", runs[2].folder) in library.asked, "the end of the run")
        await listed(history)
        await pilot.press("down", "D")
        await wait_until(lambda: any("starred" in each for each in _toasts(history)), "the refusal")
        assert len([each for each in library.asked if each[0] == "delete"]) == 1


async def test_reading_says_how_far_it_is_and_can_be_stopped(services: FakeServices, text_of: TextOf) -> None:
    library = services.library
    library.runs, library.gate = listings(24), threading.Event()
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait_until(lambda: app.current_mode == "setup" and app.screen.focused, "the setup")
        app.action_mode("history")
        await wait_until(lambda: "reading the runs…" in text_of(app), "the reading")
        await pilot.press("escape")
        await wait_until(lambda: "u reads it" in text_of(app), "the end of the reading")
        library.gate.set()
        await pilot.press("u")
        await wait_until(lambda: "24 runs" in text_of(app), "the runs")


async def test_a_run_that_goes_on_is_on_top_and_enter_watches_it(
    services: FakeServices, conductor: FakeConductor
) -> None:
    conductor.feed(tick(0, delta("/pay")))
    old = _NEWEST - timedelta(days=9)
    live = replace(
        listings(1)[0],
        run_id="live",
        folder=conductor.folder,
        state=RunState.RUNNING,
        verdict=None,
        started_at=old.isoformat(),
    )
    services.library.runs = [*listings(6), live]
    services.library.sockets[conductor.folder] = conductor.socket
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        table = await opened(app)
        assert table.cursor_row is not None
        assert table.cursor_row.listing == live
        await pilot.press("R", "enter")
        await wait_until(lambda: app.current_mode == "live" and conductor.greeted, "the run")


async def test_a_damaged_run_is_listed_and_says_what_is_wrong_when_it_is_opened(
    services: FakeServices, conductor: FakeConductor, monkeypatch: pytest.MonkeyPatch, text_of: TextOf
) -> None:
    damaged = replace(listings(1)[0], profile="", target="", started_at="", requests=None, fail_ratio=None, p95_ms=None)
    services.library.runs = [damaged]

    def refuse(**_kinds: object) -> None:
        raise PerftuiError("runs/x/samples.db cannot be read", "it is damaged", exit_code=exit_codes.ENVIRONMENT)

    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app)
        with monkeypatch.context() as patch:
            patch.setattr(conductor, "record", refuse)
            await pilot.press("enter")
            await wait_until(lambda: _toasts(app), "what is wrong")
        assert "it is damaged" in _toasts(app)[-1]
        assert app.current_mode == "history"
        conductor.sealed = record_of([tick(0, delta("/pay"))])
        await pilot.press("enter")
        await wait_until(lambda: app.current_mode == "results", "the results")
        assert "Passed: finished as planned." in text_of(app)
        await pilot.press("escape")
        assert app.current_mode == "history"


async def test_without_a_run_the_next_key_is_said(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services)
    async with app.run_test(size=(80, 24)):
        await opened(app)
        await wait_until(lambda: "No runs yet: 1 sets one up." in text_of(app), "the next key")


def _toasts(app: PerftuiApp) -> list[str]:
    return [each.message for each in app._notifications]


async def test_what_runs_are_called_is_shown_and_never_obeyed(services: FakeServices) -> None:
    payloads = list(CORPUS.values())
    services.library.runs = [
        replace(run, run_id=text, profile=text, target=text, branch=text, started_at=text, baselines=(text,))
        for run, text in zip(listings(len(payloads)), payloads, strict=True)
    ]
    app = PerftuiApp(services)
    async with app.run_test(size=(200, 60), notifications=True) as pilot:
        table = await opened(app)
        for _ in payloads[::3]:
            table.action_move_by(3)
            await pilot.pause()
            looks(app)
        await pilot.press("D")
        await wait_until(lambda: isinstance(app.screen, Confirm), "the question")
        looks(app)
        await pilot.press("n", "b")
        await wait_until(lambda: isinstance(app.screen, AskText), "the question")
        looks(app)
        await pilot.press("escape", "slash", *"[/x", "enter")
        await wait_until(lambda: table.row_count < len(payloads), "few of them")
        looks(app)
        assert app.is_running
