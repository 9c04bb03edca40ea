"""From 60x16 to 300x100 every mode shows something, and below that a line says what is missing."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from perftui.tui.app import PerftuiApp
from perftui.tui.screens.base import CockpitScreen
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.shop_ticks import shop_ticks
from tests.fakes.waiting import wait_until

MODES = {"1": "setup", "2": "live", "3": "results", "4": "compare", "5": "history"}
SIGNS = {"setup": "smoke", "live": "RUNNING", "results": "Results", "compare": "Compare", "history": "History"}


@pytest.mark.parametrize("size", [(60, 16), (300, 100)])
async def test_every_mode_is_legible(
    services: FakeServices, conductor: FakeConductor, size: tuple[int, int], text_of: Callable[[PerftuiApp], str]
) -> None:
    conductor.feed(*shop_ticks(30))
    app = PerftuiApp(services)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.follow(await services.start(services.plan("smoke", "local", None, {})))
        await wait_until(lambda: app.model.points, "the run")
        for key, mode in MODES.items():
            app.action_mode(mode)
            await pilot.pause()
            if isinstance(app.screen, CockpitScreen):
                app.screen.pump(force=True)
            await pilot.pause()
            text = text_of(app)
            assert SIGNS[mode] in text, (key, text)
            assert "● RUNNING" in text.splitlines()[0]
            assert "? Help" in text.splitlines()[-1]
            assert max(map(len, text.splitlines())) <= size[0]


@pytest.mark.parametrize("size", [(59, 16), (60, 15), (20, 5), (1, 1)])
async def test_a_terminal_too_small_is_told_so_and_can_be_left(
    services: FakeServices, size: tuple[int, int], text_of: Callable[[PerftuiApp], str]
) -> None:
    app = PerftuiApp(services)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        if size[0] > 40 and size[1] > 10:
            assert "perftui needs 60 columns and 16 rows" in text_of(app)
        await pilot.press("q")
    assert app.return_code == 0


async def test_a_storm_of_resizes_ends_in_the_picture_of_the_last(
    services: FakeServices, conductor: FakeConductor, text_of: Callable[[PerftuiApp], str]
) -> None:
    conductor.feed(*shop_ticks(30))
    source = random.Random(5)
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        app.follow(await services.start(services.plan("smoke", "local", None, {})))
        await wait_until(lambda: app.model.points, "the run")
        for _ in range(8):
            await pilot.resize_terminal(source.randrange(1, 200), source.randrange(1, 60))
            app.action_mode(source.choice(list(MODES.values())))
        app.action_mode("live")
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        assert isinstance(app.screen, CockpitScreen)
        app.screen.pump(force=True)
        await pilot.pause()
        assert "00:30 / 10:00" in text_of(app)
        assert app.screen.focused is not None
