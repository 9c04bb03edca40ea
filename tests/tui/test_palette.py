"""The palette: everything by name, whatever the names are."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from textual import events
from textual.command import CommandPalette
from textual.widgets import Input

from perftui.model.plan import Profile, Scenario, Target
from perftui.tui.app import PerftuiApp
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.waiting import wait_until

CORPUS: dict[str, str] = json.loads((Path(__file__).parents[1] / "data" / "hostile_strings.json").read_text())


async def chosen(app: PerftuiApp, pilot: object, words: str) -> None:
    press = pilot.press  # type: ignore[attr-defined]
    await press("ctrl+p")
    await wait_until(lambda: isinstance(app.screen, CommandPalette), "the palette")
    app.screen.query_one(Input).value = words
    await wait_until(lambda: _best(app).startswith(words[:4]), f"what is called {words}", 10)
    await press("enter")
    await wait_until(lambda: not isinstance(app.screen, CommandPalette), "the palette to close")


def _best(app: PerftuiApp) -> str:
    found = app.screen.query("CommandList").results(object)
    for each in found:
        options = each.options  # type: ignore[attr-defined]
        if options:
            return str(options[0].hit.text)
    return ""


async def test_modes_themes_and_names_are_chosen_by_name(
    services: FakeServices, text_of: Callable[[PerftuiApp], str]
) -> None:
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await chosen(app, pilot, "History")
        assert app.current_mode == "history"
        await chosen(app, pilot, "Theme: perftui-light")
        assert app.theme == "perftui-light"
        await chosen(app, pilot, "Profile: search-soak")
        await wait_until(lambda: "perftui run search-soak" in text_of(app), "the profile")
        assert app.current_mode == "setup"
        await chosen(app, pilot, "Target: local")
        await wait_until(lambda: "--target local" in text_of(app), "the target")


async def test_enter_three_times_in_one_burst_closes_the_palette_and_nothing_else(services: FakeServices) -> None:
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.press("ctrl+p")
        await wait_until(lambda: isinstance(app.screen, CommandPalette), "the palette")
        app.screen.query_one(Input).value = "Theme: perftui-light"
        await wait_until(lambda: _best(app).startswith("Theme"), "the theme", 10)
        for _ in range(3):
            assert app._driver is not None
            app._driver.process_message(events.Key("enter", "\r"))
        await wait_until(lambda: app.theme == "perftui-light", "the theme")
        await pilot.pause()
        assert app.is_running
        assert app.current_mode == "setup"


async def test_each_command_is_one_line_and_modes_have_their_key(
    services: FakeServices, text_of: Callable[[PerftuiApp], str]
) -> None:
    app = PerftuiApp(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("ctrl+p", *"history")
        await wait_until(lambda: "History                 All runs that are kept (5)" in text_of(app), "the line")
        assert "╭─ Commands ─" in text_of(app)


async def test_the_screen_is_saved_beside_what_is_there(
    services: FakeServices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = PerftuiApp(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.action_save_screen()
        app.action_save_screen()
    pictures = [path for path in os.listdir(tmp_path) if path.startswith("perftui-") and path.endswith(".svg")]
    assert len(pictures) == 2
    text = await asyncio.to_thread((tmp_path / pictures[0]).read_text)
    assert "smoke" in text
    # It looks the same everywhere, and asks no server for anything.
    assert "url(h" not in text


async def test_hostile_names_are_only_names(services: FakeServices) -> None:
    payloads = list(CORPUS.values())
    known = services.profile_set
    known.profiles = {each: Profile(each, each, users=3, run_time_s=60.0) for each in payloads}
    known.targets = {each: Target(each, each) for each in payloads}
    known.scenarios = {each: Scenario(each, (each,)) for each in payloads} | {"checkout": Scenario("checkout", ("x",))}
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        for words in ("", "profile"):
            await pilot.press("ctrl+p")
            await wait_until(lambda: isinstance(app.screen, CommandPalette), "the palette")
            await pilot.press(*words)
            await wait_until(lambda: _best(app), "something that is called so")
            for strip in app.screen._compositor.render_strips():
                for segment in strip:
                    assert not (set(segment.text) & set(map(chr, [*range(32), *range(127, 160)])))
                    assert "@click" not in (segment.style.meta if segment.style else {})
            await pilot.press("escape")
            if isinstance(app.screen, CommandPalette):
                await pilot.press("escape")
        assert app.is_running
