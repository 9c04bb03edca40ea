"""Live, as a person uses it: what is shown, what keys do, and what never happens to the run."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from perftui.model.run_state import RunState
from perftui.model.tick import FailureDelta
from perftui.tui.app import PerftuiApp
from perftui.tui.model import Connection
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.screens.dialogs import QuitDialog
from perftui.tui.services import RunAddress
from perftui.tui.widgets.panes import FilterInput
from perftui.tui.widgets.table import Table
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.records import record_of
from tests.fakes.shop_ticks import shop_ticks
from tests.fakes.ticks import delta, tick
from tests.fakes.waiting import wait_until

TextOf = Callable[[PerftuiApp], str]


async def watching(app: PerftuiApp, conductor: FakeConductor, pilot: Pilot[None]) -> None:
    """Until the cockpit shows what the conductor knows."""
    await wait_until(lambda: conductor.greeted and app.current_mode == "live", "the cockpit to connect")
    await settled(app, conductor, pilot)


async def settled(app: PerftuiApp, conductor: FakeConductor, pilot: Pilot[None]) -> None:
    want = conductor.kept[-1].seq if conductor.kept else -1
    await wait_until(lambda: app.model.snapshot is not None and app.model.snapshot.seq == want, "the snapshot")
    await wait_until(lambda: app.model.last_seq == want and app.model.log_offset == len(conductor.log), "the record")
    await pilot.pause()
    await pump(app, pilot)


async def pump(app: PerftuiApp, pilot: Pilot[None]) -> None:
    if isinstance(app.screen, CockpitScreen):
        app.screen.pump(force=True)
    await pilot.pause()


def cursor_name(table: Table[Any]) -> str:
    row = table.cursor_row
    return "" if row is None else str(row.name)


def attached(services: FakeServices) -> PerftuiApp:
    conductor = services.conductor
    assert conductor is not None
    return PerftuiApp(services, attach=RunAddress(conductor.folder, conductor.socket))


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60)])
async def test_looks(
    services: FakeServices,
    conductor: FakeConductor,
    matches_snapshot: Callable[[PerftuiApp, str], None],
    size: tuple[int, int],
) -> None:
    conductor.feed(*shop_ticks(200))
    conductor.log = [f"{number * 2.5:10.3f} INFO     shop: basket {number} was paid" for number in range(80)]
    app = attached(services)
    async with app.run_test(size=size) as pilot:
        await watching(app, conductor, pilot)
        await pilot.pause()
        matches_snapshot(app, f"live_{size[0]}x{size[1]}")


async def test_who_comes_late_sees_the_whole_run(services: FakeServices, conductor: FakeConductor) -> None:
    conductor.feed(*[tick(seq, delta()) for seq in range(40)])
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        assert [point.seq for point in app.model.points] == list(range(40))
        # Twenty seconds that were never shown: one snapshot stands for all of them.
        conductor.feed(*[tick(seq, delta()) for seq in range(40, 60)])
        await settled(app, conductor, pilot)
        assert [point.seq for point in app.model.points] == list(range(60))


async def test_x_stops_softly_and_again_at_once(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.feed(tick(0, delta()))
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        await pilot.press("x")
        await wait_until(lambda: len(conductor.stops) == 1, "the wish to stop")
        await pump(app, pilot)
        assert "x again stops now" in text_of(app)
        await pilot.press("x")
        await wait_until(lambda: len(conductor.stops) == 2, "the second wish")
        assert [stop.now for stop in conductor.stops] == [False, True]
        assert re.fullmatch(r"\S+@\S+ in the cockpit", conductor.stops[0].by)


async def test_a_paused_view_holds_while_the_run_goes_on(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.feed(tick(0, delta(), users=5))
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        await pilot.press("space")
        conductor.feed(tick(1, delta(), users=777))
        await settled(app, conductor, pilot)
        assert "VIEW PAUSED" in text_of(app)
        assert "777" not in text_of(app)
        assert not conductor.stops
        await pilot.press("space")
        await pilot.pause()
        assert "777" in text_of(app)


async def test_quit_asks_what_shall_become_of_the_run(services: FakeServices, conductor: FakeConductor) -> None:
    conductor.feed(tick(0, delta()))
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        for key in ("q", "ctrl+c", "ctrl+q"):
            await pilot.press(key)
            assert isinstance(app.screen, QuitDialog), key
            await pilot.press("escape")
        assert app.is_running
        await pilot.press("q", "d")
        await pilot.pause()
    assert not conductor.stops
    assert "perftui attach 20260304T050607_light_shop" in app.farewell[0]


async def test_quit_and_stop_leaves_once_the_run_is_sealed(services: FakeServices, conductor: FakeConductor) -> None:
    ticks = [tick(0, delta())]
    conductor.feed(*ticks)
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        await pilot.press("q", "s")
        await wait_until(lambda: conductor.stops, "the wish to stop")
        assert app.is_running
        await conductor.end(record_of(ticks))
        await wait_until(lambda: app._exit, "the cockpit to leave")
    assert app.farewell[1] == "Passed: finished as planned."


async def test_tables_sort_filter_and_keep_the_cursor_on_its_row(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.feed(tick(0, delta("/a", (10.0,) * 3), delta("/b", (20.0,) * 2), delta("/c", (30.0,))))
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        table = app.screen.query_one("#requests", Table)
        assert [row.name for row in table._rows] == ["/a", "/b", "/c"]
        await pilot.press("j")
        assert cursor_name(table) == "/b"
        await pilot.press("S")
        assert [row.name for row in table._rows] == ["/c", "/b", "/a"]
        assert cursor_name(table) == "/b"
        conductor.feed(tick(1, delta("/b", (20.0,) * 50)))
        await settled(app, conductor, pilot)
        assert [row.name for row in table._rows] == ["/c", "/a", "/b"]
        assert cursor_name(table) == "/b"
        await pilot.press("slash", *"/c", "enter")
        assert [row.name for row in table._rows] == ["/c"]
        assert "filter: /c (1 of 3)" in text_of(app)
        await pilot.press("slash", "escape")
        assert len(table._rows) == 3


async def test_failures_and_log_are_a_tab_away(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    failure = FailureDelta("POST", "/pay", "HTTP 503", 4, 0.2, 0.9)
    conductor.feed(tick(0, delta("/pay", (), (5.0,) * 4, method="POST"), failures=(failure,)))
    conductor.log = ["INFO basket [b]paid[/b]"]
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        await pilot.press("tab")
        await pump(app, pilot)
        assert "HTTP 503" in text_of(app)
        await pilot.press("shift+tab", "shift+tab")
        await pump(app, pilot)
        assert "[b]paid[/b]" in text_of(app)


async def test_a_conductor_that_dies_is_a_state_and_not_an_end(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    ticks = [tick(seq, delta()) for seq in range(3)]
    conductor.feed(*ticks)
    conductor.sealed = record_of(ticks, sealed=False)
    app = attached(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await watching(app, conductor, pilot)
        await conductor.close()
        await wait_until(lambda: app.current_mode == "results", "the results")
        await pump(app, pilot)
        text = text_of(app)
        assert "INTERRUPTED" in text
        assert "NO VERDICT" in text
        assert app.model.connection is Connection.ENDED


async def test_a_line_that_breaks_is_taken_up_again(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.feed(tick(0, delta()))
    app = attached(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await watching(app, conductor, pilot)
        await conductor.close()
        await wait_until(lambda: app.model.connection is Connection.LOST, "the loss")
        await conductor.open()
        conductor.feed(tick(1, delta()))
        await wait_until(lambda: conductor.greeted == 2, "the cockpit to come back")
        await settled(app, conductor, pilot)
        assert "RUNNING" in text_of(app)
        assert len(app.model.points) == 2


async def test_a_warning_stands_as_long_as_it_holds(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.warning = "the generator is late: times are too high"
    conductor.feed(tick(0, delta()))
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        assert "! the generator is late" in text_of(app)
        conductor.warning = ""
        conductor.feed(tick(1, delta()))
        await settled(app, conductor, pilot)
        assert "the generator is late" not in text_of(app)


async def test_nothing_is_drawn_again_while_nothing_changes(
    services: FakeServices, conductor: FakeConductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    conductor.feed(tick(0, delta()))
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        screen = app.screen
        assert isinstance(screen, CockpitScreen)
        shown: list[object] = []
        monkeypatch.setattr(screen, "show", shown.append)
        screen.pump()
        assert not shown
        conductor.state = RunState.STOPPING
        conductor.show()
        await wait_until(lambda: shown, "the change of state")


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (59, 16), (60, 16), (300, 100)])
async def test_any_size_is_survived(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf, size: tuple[int, int]
) -> None:
    conductor.feed(*[tick(seq, delta()) for seq in range(5)])
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        await pilot.resize_terminal(*size)
        await pilot.pause()
        await pump(app, pilot)
        if size == (59, 16):
            assert "60 columns and 16 rows" in text_of(app)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        await pump(app, pilot)
        assert "Requests" in text_of(app)


async def test_the_smallest_size_shows_requests(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.feed(tick(0, delta("/a", (10.0,) * 3), delta("/b", (20.0,))))
    app = attached(services)
    async with app.run_test(size=(60, 16)) as pilot:
        await watching(app, conductor, pilot)
        assert all(text in text_of(app) for text in ("/a", "/b", "Aggregated"))


async def test_keys_work_again_when_the_placard_goes(services: FakeServices, conductor: FakeConductor) -> None:
    conductor.feed(tick(0, delta("/a", (10.0,) * 3), delta("/b", (20.0,))))
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        await pilot.resize_terminal(40, 10)
        await wait_until(lambda: app.screen.focused is None, "the placard")
        await pilot.resize_terminal(80, 24)
        await wait_until(lambda: app.screen.focused is not None, "the focus")
        await pilot.press("j")
        assert cursor_name(app.screen.query_one("#requests", Table)) == "/b"


def burst(app: PerftuiApp, *keys: str) -> None:
    """Keys in one packet: nothing of the cockpit runs between one and the next."""
    for key in keys:
        name, character = {"/": ("slash", "/")}.get(key, (key, key if len(key) == 1 else None))
        app.post_message(events.Key(name, character))


@pytest.mark.parametrize("first", [(), ("tab",) * 6])
async def test_a_filter_takes_the_whole_burst_that_opened_it(
    services: FakeServices, conductor: FakeConductor, first: tuple[str, ...]
) -> None:
    conductor.feed(tick(0, delta("/fixed q1 s", (10.0,)), delta("/b", (20.0,))))
    conductor.log = ["INFO a line"]
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        burst(app, *first, *"/fixd q13/ s")
        await wait_until(lambda: app.screen.query_one(FilterInput).value == "fixd q13/ s", "the text")
        await pilot.pause()
        assert app.current_mode == "live"
        assert not app.screen.is_modal
        assert not conductor.stops
        assert not app._exit


async def test_a_run_that_ends_waits_for_who_types(services: FakeServices, conductor: FakeConductor) -> None:
    ticks = [tick(0, delta("/a", (10.0,)), delta("/b", (20.0,)))]
    conductor.feed(*ticks)
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        await pilot.press("slash", "b")
        await conductor.end(record_of(ticks))
        await wait_until(lambda: app.model.record is not None, "the record")
        await pilot.press(*"rq1")
        assert app.current_mode == "live"
        assert not app._exit
        await pilot.press("enter")
        await wait_until(lambda: app.current_mode == "results", "the results")


async def test_another_run_begins_with_all_its_rows(services: FakeServices, conductor: FakeConductor) -> None:
    conductor.feed(tick(0, delta("/a", (10.0,)), delta("/b", (20.0,))))
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        await pilot.press("space", "slash", "b")
        app.follow(RunAddress(conductor.folder, conductor.socket))
        await wait_until(lambda: conductor.greeted == 2, "the other run")
        await settled(app, conductor, pilot)
        table = app.screen.query_one("#requests", Table)
        assert [row.name for row in table._rows] == ["/a", "/b"]
        assert app.screen.focused is table
        assert not app.screen.query_one(FilterInput).display


async def test_a_filtered_total_says_that_it_is_of_all(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.feed(tick(0, delta("/a", (10.0,)), delta("/b", (20.0,))))
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        assert "(all" not in text_of(app)
        await pilot.press("slash", "b", "enter")
        await pilot.pause()
        assert "Aggregated (all 2)" in text_of(app)


async def test_before_the_first_second_no_target_is_named(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.state = RunState.RAMPING
    app = attached(services)
    async with app.run_test(size=(100, 40)) as pilot:
        await watching(app, conductor, pilot)
        assert "RAMPING" in text_of(app)
        assert "0/0" not in text_of(app)
        assert "of 0" not in text_of(app)
