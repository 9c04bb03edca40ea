"""Results: the verdict in words, from the record and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from perftui.judgement.verdict import Ending, judge
from perftui.model.run_state import RunState
from perftui.profiles.choice import AskedNames
from perftui.tui.app import PerftuiApp
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.services import RunAddress
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.records import record_of
from tests.fakes.shop_ticks import shop_ticks
from tests.fakes.ticks import delta, tick, total_of
from tests.fakes.waiting import wait_until

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
    judgement = judge(total_of(ticks), total_of(ticks), Ending())
    app = PerftuiApp(services, attach=RunAddress(conductor.folder, conductor.socket))
    async with app.run_test(size=size) as pilot:
        await wait_until(lambda: conductor.greeted, "the cockpit to connect")
        await conductor.end(record_of(ticks, sentences=judgement.sentences, verdict=judgement.verdict))
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
        for _ in range(5):
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
        assert "0ms" not in text
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
        assert "Files ~/runs/20260304T050607" in text
        assert re.search(r"1–9 of \d+ · all in Run", text)
