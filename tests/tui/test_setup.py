"""Setup: what will be asked is on the screen before it is, and nothing starts by accident."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from perftui.profiles.choice import AskedNames
from perftui.tui.app import PerftuiApp
from perftui.tui.screens.dialogs import ConfirmHost
from tests.fakes.cockpit_services import CHECKS, FAILED_CHECK, FakeServices
from tests.fakes.waiting import wait_until

TextOf = Callable[[PerftuiApp], str]


async def opened(app: PerftuiApp, pilot: Pilot[None]) -> None:
    await wait_until(lambda: app.current_mode == "setup" and app.screen.focused is not None, "the setup")
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60)])
async def test_looks(
    services: FakeServices,
    matches_snapshot: Callable[[PerftuiApp, str], None],
    text_of: TextOf,
    size: tuple[int, int],
) -> None:
    app = PerftuiApp(services, AskedNames("checkout-peak"))
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        await wait_until(lambda: "! 1" in text_of(app) and "checking" not in text_of(app), "the preflight")
        await pilot.pause()
        matches_snapshot(app, f"setup_{size[0]}x{size[1]}")


async def test_enter_checks_and_starts(services: FakeServices) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await pilot.press("enter")
        await wait_until(lambda: app.current_mode == "live", "the run")
    assert [plan.title for plan in services.started] == ["smoke → local"]
    assert services.started[0] in services.checked


async def test_items_of_the_preflight_appear_as_they_are_known(services: FakeServices, text_of: TextOf) -> None:
    services.gate.clear()
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("p")
        await pilot.pause()
        assert "checking" in text_of(app)
        services.gate.set()
        await wait_until(lambda: CHECKS[-1].text in text_of(app), "the last item")


async def test_a_failed_preflight_blocks_with_its_reason(services: FakeServices, text_of: TextOf) -> None:
    services.checks = (*CHECKS[:1], FAILED_CHECK)
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("enter")
        await wait_until(lambda: "not started: target: nothing listens" in text_of(app), "the reason")
    assert not services.started


async def test_fields_change_the_plan_and_say_what_is_wrong(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("e", *"25")
        await pilot.pause()
        assert "perftui run smoke --target local --users 25" in text_of(app)
        await pilot.press("x")
        await pilot.pause()
        assert "✗ users: a whole number from 1" in text_of(app)
        await pilot.press("enter")
        await pilot.pause()
        assert "not started: users" in text_of(app)
        await pilot.press("backspace", "enter")
        await wait_until(lambda: services.started, "the start")
    assert services.started[0].profile.users == 25


async def test_a_plan_that_the_target_does_not_allow_says_so(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services, AskedNames("checkout-peak", "prod"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        assert "500 users are too many for prod" in text_of(app)
        await pilot.press("enter")
        await pilot.pause()
    assert not services.started


async def test_production_hears_nothing_until_its_host_was_typed(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "prod"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        assert "production is checked when you ask" in text_of(app)
        await pilot.press("enter")
        await wait_until(lambda: isinstance(app.screen, ConfirmHost), "the question")
        await pilot.press(*"shop", "enter")
        await pilot.pause()
        assert "not the host" in text_of(app)
        assert not services.checked
        await pilot.press(*["backspace"] * 4, *"www.shop.example", "enter")
        await wait_until(lambda: services.started, "the start")


async def test_moving_the_cursor_chooses_and_a_click_never_starts(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("j", "j")
        await pilot.pause()
        assert "search-soak → local" in text_of(app)
        await pilot.click("#targets", offset=(5, 1))
        await pilot.pause()
        assert "search-soak → staging" in text_of(app)
        assert "ramp 20s → hold" in text_of(app)
    assert not services.started


async def test_help_lists_the_keys_that_are_bound(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 40)) as pilot:
        await opened(app, pilot)
        bound = {active.binding.tooltip for active in app.screen.active_bindings.values() if active.binding.tooltip}
        await pilot.press("question_mark")
        await pilot.pause()
        text = text_of(app)
        assert [tooltip for tooltip in bound if tooltip not in text] == []
        await pilot.press("escape", "q")
        await wait_until(lambda: app._exit, "the cockpit to leave: nothing runs")
