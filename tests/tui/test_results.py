"""Results: the verdict in words, from the record and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.judgement.verdict import Ending, judge
from perftui.model.errors import PerftuiError
from perftui.model.judged import Finding, ThresholdResult, ThresholdState, Window
from perftui.model.marks import Marks, Note
from perftui.model.record import RunEvent, Verdict
from perftui.model.run_state import RunState
from perftui.profiles.choice import AskedNames
from perftui.tui.app import PerftuiApp
from perftui.tui.following.link import author
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.screens.compare import CompareScreen
from perftui.tui.screens.note_dialog import NoteDialog
from perftui.tui.screens.results import ResultsScreen
from perftui.tui.services import RunAddress
from perftui.tui.widgets.run_charts import RunCharts
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.records import record_of
from tests.fakes.shop_ticks import shop_ticks
from tests.fakes.ticks import delta, tick, total_of
from tests.fakes.waiting import wait_until

_THRESHOLDS = (
    ThresholdResult(
        "p95 < 150ms",
        "p95",
        ThresholdState.FAILED,
        181.0,
        "ms",
        192_387,
        150.0,
        margin=-0.21,
        text="p95 was 181 ms, of at most 150 ms",
    ),
    ThresholdResult(
        "p99(GET /healthz) < 50ms", "p99(GET /healthz)", ThresholdState.PASSED, 8.5, "ms", 1922, 50.0, margin=0.83
    ),
    ThresholdResult("failed < 1%", "failed", ThresholdState.PASSED, 0.08, "%", 192_387, 1.0, margin=0.92),
)

TextOf = Callable[[PerftuiApp], str]


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60)])
async def test_looks(
    services: FakeServices,
    conductor: FakeConductor,
    matches_snapshot: Callable[[PerftuiApp, str], None],
    size: tuple[int, int],
) -> None:
    ticks = shop_ticks(200)
    conductor.feed(*ticks)
    judgement = judge(total_of(ticks), total_of(ticks), Ending(), thresholds=_THRESHOLDS)
    app = PerftuiApp(services, attach=RunAddress(conductor.folder, conductor.socket))
    async with app.run_test(size=size) as pilot:
        await wait_until(lambda: conductor.greeted, "the cockpit to connect")
        await conductor.end(
            record_of(
                ticks,
                sentences=judgement.sentences,
                verdict=judgement.verdict,
                thresholds=_THRESHOLDS,
                findings=(Finding("slow", "Slowest between 02:20 and 02:45: p95 of 330 ms.", 140, 165),),
                events=(RunEvent(0.0, "state", "running"), RunEvent(120.0, "note", "deploy 8f3c")),
            )
        )
        await wait_until(lambda: app.current_mode == "results" and app.model.record, "the results")
        await pilot.pause()
        assert isinstance(app.screen, CockpitScreen)
        app.screen.pump(force=True)
        await pilot.pause()
        matches_snapshot(app, f"results_{size[0]}x{size[1]}")


async def test_the_results_open_by_themselves_and_lead_to_another_run(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf, tmp_path: Path
) -> None:
    ticks = [tick(seq, delta("/pay", (10.0,) * 4)) for seq in range(4)]
    conductor.folder = tmp_path / conductor.folder.name
    conductor.folder.mkdir()
    (conductor.folder / "run.toml").touch()
    conductor.feed(*ticks)
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(100, 30)) as pilot:
        await wait_until(lambda: app.current_mode == "setup" and app.screen.focused, "the setup")
        await pilot.press("enter")
        await wait_until(lambda: conductor.greeted, "the cockpit to connect")
        await conductor.end(record_of(ticks))
        await wait_until(lambda: app.current_mode == "results", "the results")
        await pilot.pause()
        text = text_of(app)
        assert "Passed: finished as planned." in text
        assert "✓ PASSED" in text
        assert "runs/20260304T050607_light_shop" in text
        seen = ""
        for _ in range(10):
            await pilot.press("tab")
            await pilot.pause()
            seen += text_of(app)
        assert "succeeded + 0 failed" in seen
        assert "run.toml" in seen
        assert "stop timeout" in seen
        await pilot.press("r")
        await wait_until(lambda: app.current_mode == "setup", "the setup")
        await pilot.press("3", "escape")
        assert app.current_mode == "setup"
    assert app.farewell == ["Run 20260304T050607_light_shop", "Passed: finished as planned."]


async def test_a_run_without_a_request_has_no_zeroes_for_results(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.feed(tick(0))
    app = PerftuiApp(services, attach=RunAddress(conductor.folder, conductor.socket))
    async with app.run_test(size=(100, 30)) as pilot:
        await wait_until(lambda: conductor.greeted, "the cockpit to connect")
        await conductor.end(record_of([tick(0)], sentences=("NO RESULT: no request was sent in 1s.",)))
        await wait_until(lambda: app.current_mode == "results", "the results")
        await pilot.pause()
        text = text_of(app)
        assert "NO RESULT" in text
        assert "p50 –" in text
        assert "p50 0ms" not in text
        assert conductor.state is RunState.FINISHED


async def test_a_verdict_that_is_cut_says_so_and_never_loses_its_folder(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "a-person"
    conductor.folder = home / "runs" / conductor.folder.name
    conductor.folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    ticks = [tick(0, delta("/pay", (10.0,)))]
    conductor.feed(*ticks)
    app = PerftuiApp(services, attach=RunAddress(conductor.folder, conductor.socket))
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(lambda: conductor.greeted, "the cockpit to connect")
        record = record_of(ticks, sentences=("Passed: finished.", *["One more sentence that is long."] * 9))
        await conductor.end(replace(record, folder=str(conductor.folder)))
        await wait_until(lambda: app.current_mode == "results", "the results")
        await pilot.pause()
        text = text_of(app)
        assert "~/runs/20260304T050607_light_shop" in text
        assert re.search(r"1–\d+ of \d+ · all in Run", text)


async def opened(
    app: PerftuiApp, conductor: FakeConductor, *, seconds: int = 60, marks: Marks | None = None
) -> ResultsScreen:
    """The results of a run that is kept, as History opens them."""
    ticks = [tick(seq, delta("/pay", (10.0 + seq,) * 4)) for seq in range(seconds)]
    conductor.feed(*ticks)
    record = record_of(ticks)
    conductor.sealed = replace(record, marks=marks) if marks else record
    await wait_until(lambda: app.current_mode == "setup" and app.screen.focused, "the setup")
    await app.open_run(conductor.folder)
    await wait_until(lambda: isinstance(app.screen, ResultsScreen) and app.screen._shown, "the results")
    assert isinstance(app.screen, ResultsScreen)
    return app.screen


async def test_a_window_is_what_the_panes_show_and_what_is_exported(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    app = PerftuiApp(services)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(app, conductor)
        screen.post_message(RunCharts.Brushed(Window(10.0, 20.0, "as brushed")))
        await wait_until(lambda: "WINDOW" in text_of(app) and "40 requests" in text_of(app), "the window's numbers")
        await pilot.press("o")
        await wait_until(lambda: _toasts(app), "the export")
        assert ("export", Path(conductor.record().folder), Window(10.0, 20.0, "as brushed")) in services.library.asked
        assert "report.html" in _toasts(app)[-1]
        screen.post_message(RunCharts.Brushed(None))
        await wait_until(lambda: "WINDOW" not in text_of(app), "the whole run")


async def test_what_people_say_of_a_run_is_kept_and_read_again(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    app = PerftuiApp(services)
    library = services.library
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(app, conductor)
        folder = screen.model.kept.folder if screen.model.kept else None
        await pilot.press("W")
        await wait_until(lambda: any("place the cursor" in each for each in _toasts(app)), "what is missing")
        await pilot.press("right", "left", "left")
        cursor_s = screen.query_one(RunCharts).cursor_s
        assert cursor_s is not None
        conductor.sealed = replace(
            record_of(conductor.ticks_kept, sentences=("Failed: judged again.",), verdict=Verdict.FAILED),
            marks=Marks(warm_up_s=cursor_s),
        )
        await pilot.press("W")
        await wait_until(lambda: "Failed: judged again." in text_of(app), "the other verdict")
        assert ("move_warm_up", folder, cursor_s) in library.asked
        await wait_until(lambda: any("FAILED (was ✓ PASSED)" in each for each in _toasts(app)), "what became of it")
        # Again at the same place: as it was.
        await pilot.press("W")
        await wait_until(lambda: ("move_warm_up", folder, None) in library.asked, "the cut where it was")
        await wait_until(lambda: screen.chore is None, "the record")
        await pilot.press("m")
        await wait_until(lambda: isinstance(app.screen, NoteDialog), "the question")
        await pilot.press(*"deploy", "enter")
        await wait_until(lambda: any(each[0] == "add_note" for each in library.asked), "the note")
        noted = next(each for each in library.asked if each[0] == "add_note")
        assert noted == ("add_note", folder, Note(cursor_s, "deploy", author()))
        await wait_until(lambda: screen.chore is None, "the record")
        await pilot.press("b", "enter")
        await wait_until(lambda: ("set_baseline", "light", folder) in library.asked, "the baseline")


async def test_a_run_is_compared_with_its_baseline(
    services: FakeServices, conductor: FakeConductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Path, Path]] = []
    monkeypatch.setattr(CompareScreen, "compare", lambda _screen, old, new: asked.append((old, new)))
    services.library.baseline = ("nightly", Path("runs/before"))
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await opened(app, conductor)
        # It is drawn below the charts of the run, too.
        await wait_until(lambda: screen._baseline is not None and screen._baseline.name == "nightly", "the baseline")
        await pilot.press("c")
        await wait_until(lambda: asked, "the comparison")
        assert asked == [(Path("runs/before"), Path(conductor.record().folder))]


async def test_a_failure_of_long_work_is_said_and_the_screen_goes_on(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    services.library.error = PerftuiError("nothing was exported", "the disk is full", exit_code=exit_codes.ENVIRONMENT)
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await opened(app, conductor)
        await pilot.press("o")
        await wait_until(lambda: any("the disk is full" in each for each in _toasts(app)), "what went wrong")
        assert screen.chore is None
        # The histogram is of the whole run, and the files can be copied where there is no desktop.
        while "service times of 240 requests" not in text_of(app):
            await pilot.press("tab")
            await pilot.pause()
        await pilot.press("tab", "tab", "y")
        await wait_until(lambda: any(each.startswith("copied: /") for each in _toasts(app)), "the path")


def _toasts(app: PerftuiApp) -> list[str]:
    return [each.message for each in app._notifications]
