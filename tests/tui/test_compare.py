"""Compare: what changed between two runs, in the comparison's own words."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from perftui.exit_codes import USAGE
from perftui.judgement.likeness import Difference, UnlikeRunsError
from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.tui.app import PerftuiApp
from perftui.tui.screens.compare import CompareScreen
from perftui.tui.widgets.table import Table
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.compared_runs import two_runs
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.ticks import delta, tick
from tests.fakes.waiting import wait_until

TextOf = Callable[[PerftuiApp], str]
CORPUS: dict[str, str] = json.loads((Path(__file__).parents[1] / "data" / "hostile_strings.json").read_text())
OLD, NEW = Path("runs/20260304T050607_light_shop"), Path("runs/20260305T050607_light_shop")


async def opened(app: PerftuiApp, text_of: TextOf, said: str) -> CompareScreen:
    """The screen, once it compares OLD with NEW and `said` is on it."""
    await wait_until(lambda: app.screen_stack, "the cockpit")
    app.compare_runs(OLD, NEW)
    await wait_until(lambda: said in text_of(app), said)
    assert isinstance(app.screen, CompareScreen)
    return app.screen


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60)])
async def test_looks(
    services: FakeServices,
    matches_snapshot: Callable[[PerftuiApp, str], None],
    text_of: TextOf,
    size: tuple[int, int],
) -> None:
    services.library.compared = two_runs()
    app = PerftuiApp(services)
    async with app.run_test(size=size) as pilot:
        await opened(app, text_of, "▲ worse")
        await pilot.pause()
        await pilot.pause()
        matches_snapshot(app, f"compare_{size[0]}x{size[1]}")


async def test_an_empty_screen_says_how_to_fill_it(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(lambda: app.current_mode == "setup" and app.screen.focused, "the setup")
        await pilot.press("4")
        await wait_until(lambda: "No two runs are compared yet." in text_of(app), "the words")
        assert "5  the history: space marks two runs" in text_of(app)
        await pilot.press("t", "v", "f", "x", "o", "y", "enter")
        assert services.library.asked == []


async def test_unlike_runs_are_refused_with_the_reasons_and_compared_all_the_same_on_a_key(
    services: FakeServices, text_of: TextOf
) -> None:
    services.library.compared = two_runs()
    services.library.error = UnlikeRunsError((Difference("users", "10", "\x1b[31m[b]99"),))
    app = PerftuiApp(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, text_of, "not alike")
        assert f"users 10 in A, {clean(chr(27))}[31m[b]99 in B" in text_of(app)
        services.library.error = None
        await pilot.press("f")
        await wait_until(lambda: "▲ worse" in text_of(app), "the comparison")
        await pilot.press("x")
        await wait_until(lambda: ("compare", NEW, OLD, False) in services.library.asked, "the other way round")
    assert services.library.asked[:2] == [("compare", OLD, NEW, False), ("compare", OLD, NEW, True)]


async def test_what_cannot_be_read_is_said_where_it_would_be(services: FakeServices, text_of: TextOf) -> None:
    services.library.error = PerftuiError("there is nothing to compare", "A measured no request", exit_code=USAGE)
    app = PerftuiApp(services)
    async with app.run_test(size=(80, 24)):
        await opened(app, text_of, "✗ there is nothing to compare: A measured no request.")


async def test_a_comparison_that_takes_long_can_be_given_up(services: FakeServices, text_of: TextOf) -> None:
    gate = threading.Event()
    compare = services.library.compare

    def slow(old: Path, new: Path, *, force: bool = False) -> object:
        gate.wait(10)
        return compare(old, new, force=force)

    services.library.compared = two_runs()
    services.library.compare = slow  # type: ignore[method-assign, assignment]  # held back by the test
    app = PerftuiApp(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, text_of, "comparing the two runs")
        await pilot.press("escape")
        await wait_until(lambda: "comparing" not in text_of(app), "the end of it")
        gate.set()
        await wait_until(lambda: services.library.asked, "the thread")
        await pilot.pause()
        assert "worse" not in text_of(app)


async def test_metric_request_and_export(services: FakeServices, conductor: FakeConductor, text_of: TextOf) -> None:
    conductor.feed(*(tick(seq, delta("/api/v1/checkout", (50.0,), method="POST")) for seq in range(30)))
    services.library.compared = two_runs()
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        screen = await opened(app, text_of, "▲ worse")
        await pilot.press("t")
        await wait_until(lambda: "A p99" in text_of(app) and "─ p99  A" in text_of(app), "the next metric")
        await pilot.press("t", "t", "t")
        await wait_until(lambda: "A p50" in text_of(app), "the metrics in a ring")
        await pilot.press("enter")
        await wait_until(lambda: "POST /api/v1/checkout · esc all" in text_of(app), "the request's chart")
        assert "A·· 93.7 ms  B 142 ms" in text_of(app)
        await pilot.press("left", "left")
        await wait_until(lambda: "─ p50  00:28–00:30  A·· 50ms  B 50ms" in text_of(app), "what the cursor reads")
        await pilot.press("escape")
        await wait_until(lambda: "A·· 93.7 ms  B 142 ms" in text_of(app), "the cursor to go")
        await pilot.press("escape")
        await wait_until(lambda: "all requests · enter one" in text_of(app), "all of them")
        await pilot.press("tab")
        await wait_until(lambda: "! shop.py changed between the runs." in text_of(app), "what to know")
        await pilot.press("o")
        await wait_until(lambda: "written: compared.html, compared.json" in text_of(app), "the export")
        await wait_until(lambda: screen.chore is None, "the end of it")
        await pilot.press("escape")
        await wait_until(lambda: app.current_mode == "history", "the history")


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_no_name_does_anything(services: FakeServices, text_of: TextOf, size: tuple[int, int]) -> None:
    payloads = list(CORPUS.values())
    everything = "".join(payloads)
    compared = two_runs(
        {"/api/v1/checkout": everything, "run": everything, "profile": everything, "branch": everything}
    )
    services.library.compared = replace(compared, remarks=tuple(payloads), baseline=everything)
    app = PerftuiApp(services)
    async with app.run_test(size=size) as pilot:
        await opened(app, text_of, "▲ worse")
        for key in ("t", "v", "enter", "tab", "v", "escape", "tab", "slash", "[", "/", "enter"):
            await pilot.press(key)
            await pilot.pause()
            for strip in app.screen._compositor.render_strips():
                assert all(segment.text == clean(segment.text, 1000) for segment in strip)
                assert not any(segment.style and (segment.style.link or segment.style.meta) for segment in strip)
        assert app.is_running
        assert isinstance(app.screen.query_one("#changes"), Table)
