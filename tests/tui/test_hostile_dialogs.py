"""Text from a target, a locustfile or a file, in fields, dialogs, results, a replay and a picture of the screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from textual.pilot import Pilot

from perftui.model.errors import PerftuiError
from perftui.model.inspection import ArgumentInfo, CheckItem, Inspection, TaskInfo, UserClassInfo
from perftui.model.judged import Finding, ThresholdResult, ThresholdState
from perftui.model.marks import NOTE, Marks, Note
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.model.record import Record, RunEvent, Verdict
from perftui.model.tick import ExceptionDelta, FailureDelta
from perftui.profiles.choice import AskedNames
from perftui.tui.app import PerftuiApp
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.screens.dialogs import ConfirmHost, QuitDialog, RowDetail
from perftui.tui.screens.help import Help
from perftui.tui.screens.note_dialog import NoteDialog
from perftui.tui.screens.questions import AskText
from perftui.tui.screens.replay import ReplayScreen
from perftui.tui.screens.results import ResultsScreen
from perftui.tui.screens.save_profile import SaveProfile
from perftui.tui.services import RunAddress
from perftui.tui.widgets.fields import FieldRows
from perftui.tui.widgets.run_panes import RunPanes
from perftui.wire.messages import AddNote
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.records import PLAN, record_of
from tests.fakes.ticks import delta, tick
from tests.fakes.waiting import wait_until
from tests.tui.test_hostile_text import CORPUS, looks

PAYLOADS = list(CORPUS.values())
EVERYTHING = "".join(PAYLOADS)
SHORT = "".join(each for each in PAYLOADS if len(each) < 60)


def redrawing(app: PerftuiApp, pilot: Pilot[None]) -> Callable[[], Awaitable[str]]:
    async def redrawn() -> str:
        await pilot.pause()
        if isinstance(app.screen, CockpitScreen):
            app.screen.pump(force=True)
            await pilot.pause()
        return looks(app)

    return redrawn


def hostile_plan(text: str) -> RunPlan:
    return RunPlan(
        Profile(text, text, users=3, run_time_s=60.0, thresholds=(text,), abort_on=(text,)),
        Target(text, f"http://127.0.0.1/{text}", max_users=50),
        Scenario(text, (text,), (text,), (text,), (text,), weights={text: 2}),
        "/",
        (text, f"--token={text}"),
        dict.fromkeys(PLAN.origins, text) | {"users": text, "locustfiles": text, "url": text},
        {"git_branch": text, "git": text},
    )


def hostile_record(conductor: FakeConductor) -> Record:
    failed = tuple(FailureDelta(each, each, each, 1, 0.0, 0.5) for each in PAYLOADS)
    raised = tuple(ExceptionDelta(each, each, 1) for each in PAYLOADS)
    deltas = (delta(each, (1.0,), (2.0,), each) for each in PAYLOADS)
    ticks = [tick(0, *deltas, failures=failed, exceptions=raised), *(tick(seq, delta("/pay")) for seq in range(1, 9))]
    conductor.feed(*ticks)
    record = record_of(
        ticks,
        plan=hostile_plan(SHORT),
        verdict=Verdict.FAILED,
        sentences=tuple(PAYLOADS),
        warnings=tuple(PAYLOADS),
        events=tuple(RunEvent(4.0, NOTE if at % 2 else each, each) for at, each in enumerate(PAYLOADS)),
        thresholds=tuple(
            ThresholdResult(each, f"p95({each})", ThresholdState.FAILED, 9.0, "ms", 1, 1.0, text=each)
            for each in PAYLOADS
        ),
        findings=tuple(Finding(each, each, 1.0, 3.0) for each in PAYLOADS),
    )
    notes = tuple(Note(3.0, each, each) for each in PAYLOADS)
    environment = dict(zip(PAYLOADS, PAYLOADS, strict=True))
    return replace(record, environment=environment, marks=Marks(notes=notes), run_id=SHORT)


def check_picture(folder: Path) -> None:
    """It can be read, and holds nothing but shapes and texts."""
    [picture] = folder.glob("perftui-*.svg")
    for element in ElementTree.parse(picture).iter():
        assert element.tag.rpartition("}")[2] not in ("script", "a", "image", "foreignObject")
        assert not any(name.startswith("on") or name.endswith("href") for name in element.attrib)


async def test_in_the_fields_and_dialogs_of_setup(services: FakeServices, text_of: Callable[[PerftuiApp], str]) -> None:
    names = services.profile_set
    names.profiles = {"smoke": Profile("smoke", EVERYTHING, users=3, run_time_s=60.0)}
    names.targets = {"prod": Target("prod", f"http://127.0.0.1/{EVERYTHING}", "production")}
    names.scenarios = {"checkout": Scenario("checkout", (EVERYTHING,), weights={EVERYTHING: 1})}
    services.checks = tuple(CheckItem(each, "failed", each, 2, (each, each)) for each in PAYLOADS)
    services.inspection = Inspection(
        tuple(UserClassInfo(each, 1, 0, each, each, (TaskInfo(each, 1.0, (each,)),)) for each in PAYLOADS),
        tuple(PAYLOADS),
        tuple(PAYLOADS),
        tuple(
            ArgumentInfo((f"--{each}",), each, each, (each, each), at % 9 == 0, True)
            for at, each in enumerate(PAYLOADS)
        ),
        tuple(PAYLOADS),
    )
    app = PerftuiApp(services, AskedNames("smoke", "prod"))
    async with app.run_test(size=(200, 60), notifications=True) as pilot:
        redrawn = redrawing(app, pilot)
        await wait_until(lambda: app.current_mode == "setup" and app.screen.focused, "the setup")
        await pilot.press("p")
        await wait_until(lambda: services.checked and "checking" not in text_of(app), "the preflight")
        await redrawn()
        await pilot.press("t")
        await wait_until(lambda: isinstance(app.screen, ConfirmHost), "the question")
        await redrawn()
        await pilot.press(*"[/x]", "enter")
        await redrawn()
        await pilot.press("escape")
        rows = app.screen.query_one(FieldRows)
        rows.focus()
        for _ in range(5):
            await pilot.press("pagedown", "space")
            await redrawn()
        # A load shape of such a name cannot be chosen: it is said, and taken back.
        await pilot.press("e", "escape", "delete")
        await redrawn()
        # What is typed is foreign as well, where it is pasted; and so is what refuses it.
        services.refusal = PerftuiError("--users", EVERYTHING, EVERYTHING, exit_code=2)
        await pilot.press("home", "e", "7", "enter")
        await redrawn()
        services.refusal = None
        await pilot.press("ctrl+s")
        await redrawn()
        services.editor.error = PerftuiError(EVERYTHING, EVERYTHING, EVERYTHING, exit_code=2)
        await pilot.press("D")
        await wait_until(lambda: isinstance(app.screen, SaveProfile), "the name of a profile")
        await redrawn()
        await pilot.press("enter")
        await redrawn()
        await pilot.press("escape", "question_mark")
        await wait_until(lambda: isinstance(app.screen, Help), "the help")
        await redrawn()
        await pilot.press("escape")
        assert app.is_running
    assert not services.started


@pytest.mark.parametrize("text", PAYLOADS[::4])
async def test_as_a_host_that_has_to_be_typed(services: FakeServices, text: str) -> None:
    app = PerftuiApp(services)
    async with app.run_test(size=(60, 16)) as pilot:
        app.push_screen(ConfirmHost(text, text, text))
        await pilot.pause()
        looks(app)
        app.push_screen(AskText(text, text, text))
        await pilot.pause()
        looks(app)
        assert app.is_running


async def test_in_the_results_and_in_the_dialogs_over_them(
    services: FakeServices, conductor: FakeConductor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    conductor.log = [f"     0.100 {each} {each}" for each in PAYLOADS]
    app = PerftuiApp(services, attach=RunAddress(conductor.folder, conductor.socket))
    services.library.baseline = (EVERYTHING, Path("runs/of-old"))
    async with app.run_test(size=(200, 60), notifications=True) as pilot:
        redrawn = redrawing(app, pilot)
        await wait_until(lambda: conductor.greeted, "the run")
        await conductor.end(hostile_record(conductor))
        await wait_until(lambda: app.current_mode == "results", "the results")
        for _ in range(10):
            await redrawn()
            # A click on a text of theirs does what a click on a row does, in each of the panes.
            await pilot.click(offset=(60, 40))
            await redrawn()
            assert isinstance(app.screen, ResultsScreen)
            await pilot.press("end", "tab")
        await pilot.press("right", "v", "v", "l", "right_square_bracket", "w")
        await redrawn()
        for key in ("b", "m"):
            await pilot.press(key)
            await wait_until(lambda: isinstance(app.screen, AskText | NoteDialog), "the question")
            await redrawn()
            await pilot.press("escape")
        services.library.error = PerftuiError(EVERYTHING, EVERYTHING, EVERYTHING, exit_code=2)
        await pilot.press("c")
        await redrawn()
        # Its picture is one more way out of the cockpit.
        app.action_save_screen()
        assert app.is_running
    check_picture(tmp_path)


async def test_in_a_replay_and_in_what_stands_over_a_run(services: FakeServices, conductor: FakeConductor) -> None:
    conductor.title = conductor.target_url = conductor.warning = EVERYTHING
    conductor.notes = [AddNote(each, each, 0.5) for each in PAYLOADS]
    conductor.log = [f"     0.100 {each} {each}" for each in PAYLOADS]
    conductor.thresholds = (
        ThresholdResult(EVERYTHING, EVERYTHING, ThresholdState.FAILED, 9.0, "ms", 1, 1.0, text=EVERYTHING),
    )
    conductor.feed(tick(0, delta("/pay")))
    app = PerftuiApp(services, attach=RunAddress(conductor.folder, conductor.socket))
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        redrawn = redrawing(app, pilot)
        await wait_until(lambda: app.model.points and app.model.log, "the run")
        app.screen.query_one(RunPanes).show_pane("Thresholds")
        await redrawn()
        await pilot.press("enter")
        await wait_until(lambda: isinstance(app.screen, RowDetail), "the row")
        await redrawn()
        await pilot.press("escape", "q")
        await wait_until(lambda: isinstance(app.screen, QuitDialog), "the question")
        await redrawn()
        await pilot.press("escape")
        sealed = hostile_record(conductor)
        # Its rules are read again.
        conductor.sealed = replace(
            sealed, plan=replace(sealed.plan, profile=replace(sealed.plan.profile, thresholds=(), abort_on=()))
        )
        replay = ReplayScreen(conductor.folder)
        app.push_screen(replay)
        await wait_until(lambda: replay.model.snapshot, "the replay")
        for _ in range(8):
            await redrawn()
            await pilot.press("tab")
        await pilot.press("full_stop")
        await redrawn()
        assert isinstance(app.screen, ReplayScreen)
        assert app.is_running
    assert not conductor.stops
