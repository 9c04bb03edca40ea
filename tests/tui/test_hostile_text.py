"""Text from a target, a locustfile or a file, on every screen: shown, never obeyed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from perftui.model.control import LoadControl
from perftui.model.exchange import Exchange
from perftui.model.inspection import CheckItem
from perftui.model.judged import ThresholdResult, ThresholdState, Trust
from perftui.model.plan import Profile, Scenario, Target
from perftui.model.record import RunEvent
from perftui.model.text import clean
from perftui.model.tick import ExceptionDelta, FailureDelta, LoadWorkerSample, LocalErrorDelta
from perftui.profiles.choice import AskedNames
from perftui.tui.app import PerftuiApp
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.screens.exception_page import ExceptionPage
from perftui.tui.screens.failure_page import FailurePage
from perftui.tui.screens.live import LiveScreen
from perftui.tui.screens.request_page import RequestPageScreen
from perftui.tui.services import RunAddress
from perftui.tui.widgets.run_panes import RunPanes
from perftui.wire.messages import AddNote
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.records import PLAN, record_of
from tests.fakes.ticks import delta, tick
from tests.fakes.waiting import wait_until

CORPUS: dict[str, str] = json.loads((Path(__file__).parents[1] / "data" / "hostile_strings.json").read_text())
# Each opens the app once; some payloads at a time keep that short and still name the one at fault.
GROUPS = [list(CORPUS.values())[start : start + 12] for start in range(0, len(CORPUS), 12)]


def looks(app: PerftuiApp) -> str:
    strips = app.screen._compositor.render_strips()
    for strip in strips:
        for segment in strip:
            assert not (set(segment.text) & set(map(chr, [*range(32), *range(127, 160)]))), repr(segment.text)
            style = segment.style
            assert style is None or not style.link
            assert style is None or "@click" not in (style.meta or {})
    return "\n".join(strip.text for strip in strips)


@pytest.mark.parametrize("payloads", GROUPS, ids=range(len(GROUPS)))
async def test_on_every_screen(
    services: FakeServices, conductor: FakeConductor, payloads: list[str], text_of: Callable[[PerftuiApp], str]
) -> None:
    first = payloads[0]
    everything = "".join(payloads)
    hostile = services.profile_set
    hostile.profiles = {each: Profile(each, each, users=3, run_time_s=60.0) for each in payloads}
    hostile.targets = {each: Target(each, f"http://127.0.0.1/{each}") for each in payloads}
    hostile.scenarios = {"checkout": Scenario(first, (first,), tuple(payloads), tuple(payloads))}
    services.checks = tuple(CheckItem(each, "warning", each) for each in payloads)
    failures = tuple(FailureDelta(each, each, each, 1, 0.0, 0.5) for each in payloads)
    exceptions = tuple(ExceptionDelta(each, each, 1) for each in payloads)
    ticks = [
        tick(0, *(delta(each, (1.0,), (2.0,), each) for each in payloads), failures=failures, exceptions=exceptions)
    ]
    conductor.title, conductor.target_url, conductor.warning = everything, first, everything
    conductor.log = list(payloads)
    conductor.feed(*ticks)

    app = PerftuiApp(services, AskedNames(first, first))
    async with app.run_test(size=(200, 60), notifications=True) as pilot:

        async def redrawn() -> str:
            await pilot.pause()
            if isinstance(app.screen, CockpitScreen):
                app.screen.pump(force=True)
                await pilot.pause()
            return looks(app)

        await wait_until(lambda: app.current_mode == "setup" and app.screen.focused, "the setup")
        await pilot.press("p")
        await wait_until(lambda: services.checked and "checking" not in text_of(app), "the preflight")
        text = await redrawn()
        assert all(clean(each)[:12] in text for each in payloads)
        app.say(everything)
        await redrawn()
        await pilot.press("enter")
        await wait_until(lambda: app.model.points and app.model.log, "the run")
        text = await redrawn()
        assert all(clean(each)[:12] in text for each in payloads)
        await pilot.press("slash", *"[/", "enter")
        await redrawn()
        plan = replace(
            PLAN, profile=replace(PLAN.profile, name=first), target=Target(first, first), locust_args=(first,)
        )
        await conductor.end(record_of(ticks, plan=plan, sentences=tuple(payloads), warnings=tuple(payloads)))
        await wait_until(lambda: app.current_mode == "results", "the results")
        for _ in range(7):
            await redrawn()
            await pilot.press("tab")
        assert app.is_running
    assert all(line == clean(line, 500) for line in app.farewell)


async def test_on_every_pane_and_page_of_a_run(services: FakeServices, conductor: FakeConductor) -> None:
    payloads = list(CORPUS.values())
    everything = "".join(payloads)

    def exchange(texts: list[str], at_s: float) -> Exchange:
        text, headers, body = "".join(texts), tuple((each, each) for each in texts), "\n".join(texts)
        return Exchange(
            at_s, everything, everything, text, 503, text, 1.0, everything, text, headers, body, headers, body, 9
        )

    first = tick(
        0,
        *(delta(each, (1.0,), (2.0,), each) for each in payloads),
        # The most of one kind stands in the first row: that is the one whose page is opened.
        delta(everything, (1.0,) * 9, (2.0,) * 90, everything),
        failures=(FailureDelta(everything, everything, everything, 90, 0.0, 0.5),),
        exceptions=(ExceptionDelta(everything, "\n".join(payloads), 99),),
    )
    conductor.feed(
        replace(
            first,
            users_by_class=dict.fromkeys(payloads, 1),
            exchanges=tuple(exchange(group, number / 10) for number, group in enumerate(GROUPS)),
            load_workers=tuple(
                LoadWorkerSample(each, each, "stock", "running", 1, 1, 0.0, first.health) for each in payloads
            ),
            local_errors=(LocalErrorDelta(everything, 9),),
        )
    )
    conductor.trust, conductor.trust_reason = Trust.BAD, everything
    conductor.control = LoadControl("hand", 5, 1.0, is_paused=True)
    conductor.events = [RunEvent(0.5, kind, f"paused {each}", each) for kind in ("load", "worker") for each in payloads]
    conductor.thresholds = tuple(
        ThresholdResult(each, f"p95({each})", ThresholdState.FAILED, 9.0, "ms", 1, 1.0, text=each) for each in payloads
    )
    conductor.notes = [AddNote(each, each, 0.5) for each in payloads]
    conductor.log = [f"     0.100 {each} {each}" for each in payloads]
    app = PerftuiApp(services, attach=RunAddress(conductor.folder, conductor.socket))
    async with app.run_test(size=(160, 40), notifications=True) as pilot:
        await wait_until(lambda: app.model.points and app.model.log, "the run")

        async def redrawn() -> str:
            await pilot.pause()
            assert isinstance(app.screen, CockpitScreen)
            app.screen.pump(force=True)
            await pilot.pause()
            return looks(app)

        for name in ("Requests", "Failures", "Thresholds", "Statuses", "Users", "Load workers", "Exceptions", "Log"):
            app.screen.query_one(RunPanes).show_pane(name)
            await redrawn()
            # A click on a text of theirs does what a click on a row does.
            await pilot.click(offset=(40, 30))
            assert isinstance(app.screen, LiveScreen)
        for name, page in (("Requests", RequestPageScreen), ("Failures", FailurePage), ("Exceptions", ExceptionPage)):
            app.screen.query_one(RunPanes).show_pane(name)
            await redrawn()
            await pilot.press("home", "enter")
            assert isinstance(app.screen, page)
            await redrawn()
            keys = {RequestPageScreen: ["tab"] * 3, FailurePage: ["j"] * len(GROUPS), ExceptionPage: ["pagedown"] * 3}
            for key in keys[page]:
                await pilot.press(key)
                looks(app)
            await redrawn()
            await pilot.click(offset=(60, 30))
            assert isinstance(app.screen, page)
            await pilot.press("escape")
        app.screen.query_one(RunPanes).show_pane("Load workers")
        await redrawn()
        await pilot.press("home", "enter")
        looks(app)
        await pilot.press("escape")
        # The newest mark with the cursor.
        await pilot.press("left_square_bracket")
        await redrawn()
        assert app.is_running
        assert not conductor.stops
