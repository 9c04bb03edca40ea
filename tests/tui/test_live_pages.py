"""What stands behind the rows of Live, its window, and its notes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from textual import events
from textual.pilot import Pilot

from perftui.model.errors import PerftuiError
from perftui.model.exchange import Exchange
from perftui.model.judged import ThresholdResult, ThresholdState, Window
from perftui.model.marks import Note
from perftui.model.record import RunEvent
from perftui.model.run_state import RunState
from perftui.model.tick import ExceptionDelta, FailureDelta, TargetSample
from perftui.tui.app import PerftuiApp
from perftui.tui.following.link import author
from perftui.tui.model import Connection
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.screens.live import LiveScreen
from perftui.tui.screens.note_dialog import NoteDialog
from perftui.tui.widgets.run_charts import RunCharts
from perftui.tui.widgets.run_panes import RunPanes
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.records import record_of
from tests.fakes.shop_ticks import shop_ticks
from tests.fakes.ticks import delta, tick
from tests.fakes.waiting import wait_until
from tests.tui.test_live import attached, pump, settled, watching

TextOf = Callable[[PerftuiApp], str]
Matches = Callable[[PerftuiApp, str], None]

CHECKOUT = ("POST", "/api/v1/checkout", "HTTP 503 Service Unavailable")
SAMPLE = Exchange(
    151.2,
    *CHECKOUT[:2],
    "http://127.0.0.1:8000/api/v1/checkout?cart=12",
    503,
    "Service Unavailable",
    412.0,
    CHECKOUT[2],
    "Buyer",
    (("Content-Type", "application/json"), ("Authorization", "***")),
    '{"items": [1, 2, 3]}',
    (("Content-Type", "text/html"), ("Retry-After", "3")),
    "<html>\n<h1>503 Service Unavailable</h1>\n</html>",
    1_234,
)
RAISED = ExceptionDelta("KeyError: 'id'", 'Traceback (most recent call last):\n  File "shop.py", line 12, in buy', 3)
THRESHOLDS = (
    ThresholdResult("p95 < 500ms", "p95", ThresholdState.PASSED, 241.0, "ms", 276_000, 500.0, margin=0.518),
    ThresholdResult(
        "p95(POST /api/v1/checkout) < 300ms",
        "p95(POST /api/v1/checkout)",
        ThresholdState.FAILED,
        481.0,
        "ms",
        41_200,
        300.0,
        margin=-0.603,
        failed_since_s=182.0,
    ),
    ThresholdResult("p99(GET /none) < 1s", "p99(GET /none)", ThresholdState.NO_DATA, None, "ms", 0, 1000.0),
)


def shop(conductor: FakeConductor) -> None:
    ticks = shop_ticks(200)
    ticks[151] = replace(ticks[151], exchanges=(SAMPLE, replace(SAMPLE, elapsed_s=151.9)), exceptions=(RAISED,))
    conductor.thresholds = THRESHOLDS
    conductor.log = [f"{each * 2.5:10.3f} INFO     shop: basket {each} was paid" for each in range(60)]
    conductor.log += ["   149.500 WARNING  shop: slow", "   149.600 ERROR    shop: lost"]
    conductor.feed(*ticks)


async def shown(app: PerftuiApp, pilot: Pilot[None], what: str, text_of: TextOf) -> None:
    def is_shown() -> bool:
        if isinstance(app.screen, CockpitScreen):
            app.screen.pump(force=True)
        return what in text_of(app)

    await wait_until(is_shown, what)
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60)])
async def test_pages_look(
    services: FakeServices, conductor: FakeConductor, matches_snapshot: Matches, text_of: TextOf, size: tuple[int, int]
) -> None:
    shop(conductor)
    app = attached(services)
    name = f"{size[0]}x{size[1]}"
    async with app.run_test(size=size) as pilot:
        await watching(app, conductor, pilot)
        await pilot.press("j", "j", "enter")
        await shown(app, pilot, "p99.9", text_of)
        matches_snapshot(app, f"live_request_{name}")
        await pilot.press("escape", "tab", "enter")
        await shown(app, pilot, "Retry-After", text_of)
        matches_snapshot(app, f"live_failure_{name}")
        await pilot.press("escape", "tab")
        await shown(app, pilot, "since 03:02", text_of)
        matches_snapshot(app, f"live_thresholds_{name}")


async def test_a_request_has_a_page_that_goes_on_with_the_run(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perftui.tui.screens.run_page._LEAST_S", 0.0)
    monkeypatch.setattr("perftui.tui.screens.run_page._PART_SPENT_READING", 1e9)
    failure = FailureDelta("POST", "/pay", "HTTP 503", 2, 0.2, 0.9)
    pay = delta("/pay", (10.0, 30.0), (5.0,) * 2, method="POST", statuses={200: 2, 503: 2})
    conductor.feed(tick(0, pay, delta("/other", (1.0,)), failures=(failure,)))
    app = attached(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await watching(app, conductor, pilot)
        await pilot.press("enter")
        await shown(app, pilot, "4 requests", text_of)
        assert "/other" not in text_of(app)
        assert "30–50ms" in text_of(app)
        conductor.feed(tick(1, replace(pay, succeeded=97)))
        await shown(app, pilot, "103 requests", text_of)
        await pilot.press("tab")
        await shown(app, pilot, "HTTP 503", text_of)
        await pilot.press("tab")
        await shown(app, pilot, "Service Unavailable", text_of)
        await pilot.press("escape")
        assert isinstance(app.screen, LiveScreen)


async def test_a_failure_without_a_sample_says_why(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    failure = FailureDelta("POST", "/pay", "HTTP 503", 1, 0.2, 0.9)
    conductor.feed(tick(0, delta("/pay", (), (5.0,), method="POST"), failures=(failure,)))
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        await pilot.press("tab", "enter")
        await shown(app, pilot, "No sample was kept", text_of)
        assert "100% of all failures" in text_of(app)


async def test_an_exception_shows_where_it_was_raised(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.feed(tick(0, delta(), exceptions=(RAISED,)))
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        app.screen.query_one(RunPanes).show_pane("Exceptions")
        await pilot.pause()
        await pilot.press("enter")
        await shown(app, pilot, 'File "shop.py", line 12', text_of)
        assert "raised 3×" in text_of(app)


async def test_the_header_says_how_the_load_and_its_thresholds_stand(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.thresholds = THRESHOLDS
    late = replace(tick(0, delta(), users=120, hub_lag_p99_ms=80.0), target_user_count=500)
    conductor.feed(late)
    app = attached(services)
    async with app.run_test(size=(120, 30)) as pilot:
        await watching(app, conductor, pilot)
        text = text_of(app)
        assert "ramping 120/500" in text
        assert "✓ 1 ∅ 1 ✗ 1 p95(POST /api/v1/checkout)" in text
        assert "! late, lag 80ms" in text
        assert "Target CPU" not in text
        conductor.feed(replace(tick(1, delta(), users=500), target=TargetSample(41.0, 512_000_000)))
        await settled(app, conductor, pilot)
        text = text_of(app)
        assert "hold 500" in text
        assert "was late 1×" in text
        assert "Target CPU" in text
        assert "512MB" in text


async def test_a_held_view_says_how_old_it_is(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.feed(*[tick(seq, delta()) for seq in range(70)])
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        await pilot.press("space")
        conductor.feed(*[tick(seq, delta()) for seq in range(70, 80)])
        await settled(app, conductor, pilot)
        assert "the view is held at 01:10 · the run is at 01:20" in text_of(app)


async def test_six_requests_are_seen_at_80x24(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.warning = "the generator is late: times are too high"
    conductor.feed(tick(0, *(delta(f"/r{number}", (10.0,)) for number in range(12))))
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        assert sum(f"/r{number} " in text_of(app) for number in range(12)) >= 6


async def test_the_log_by_level_and_by_text(services: FakeServices, conductor: FakeConductor, text_of: TextOf) -> None:
    shop(conductor)
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        app.screen.query_one(RunPanes).show_pane("Log")
        await shown(app, pilot, "ERROR   shop: lost", text_of)
        assert "basket 59" in text_of(app)
        await pilot.press("e", "e")
        await shown(app, pilot, "level: warnings", text_of)
        assert "basket" not in text_of(app)
        assert "shop: slow" in text_of(app)
        await pilot.press("e")
        await shown(app, pilot, "level: errors", text_of)
        assert "shop: slow" not in text_of(app)
        await pilot.press("e", "slash", *"basket 7", "enter")
        await shown(app, pilot, "filter: basket 7", text_of)
        assert "basket 8" not in text_of(app)


async def test_a_window_shows_only_what_it_holds_and_is_exported(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.feed(tick(0, delta("/early", (10.0,))), tick(1, delta("/late", (70.0,) * 5)), tick(2, delta("/last")))
    conductor.log = ["     0.500 INFO     before", "     1.500 INFO     within"]
    window = Window(1.0, 2.0)
    app = attached(services)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await watching(app, conductor, pilot)
        charts = app.screen.query_one(RunCharts)
        charts.post_message(RunCharts.Brushed(window))
        await shown(app, pilot, "5 requests", text_of)
        assert "WINDOW" in text_of(app)
        assert "00:01–00:02" in text_of(app)
        assert "/early" not in text_of(app)
        # What comes now is not of the window.
        conductor.feed(tick(3, delta("/newest")))
        await settled(app, conductor, pilot)
        assert "/newest" not in text_of(app)
        app.screen.query_one(RunPanes).show_pane("Log")
        await shown(app, pilot, "within", text_of)
        assert "before" not in text_of(app)
        await pilot.press("o")
        await shown(app, pilot, "the window was written: report.html", text_of)
        assert services.library.asked == [("export", conductor.folder, window)]
        charts.post_message(RunCharts.Brushed(None))
        app.screen.query_one(RunPanes).show_pane("Requests")
        await shown(app, pilot, "/newest", text_of)
        assert "WINDOW" not in text_of(app)


async def test_an_export_that_fails_is_said(services: FakeServices, conductor: FakeConductor, text_of: TextOf) -> None:
    conductor.feed(tick(0, delta()))
    services.library.error = PerftuiError("cannot write the exports", "the disk is full", exit_code=4)
    app = attached(services)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await watching(app, conductor, pilot)
        app.screen.query_one(RunCharts).post_message(RunCharts.Brushed(Window(0.0, 1.0)))
        await shown(app, pilot, "1 requests", text_of)
        await pilot.press("o")
        await shown(app, pilot, "the disk is full", text_of)


async def test_m_puts_a_note_on_the_timeline_and_takes_the_whole_burst(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.feed(*[tick(seq, delta()) for seq in range(5)])
    app = attached(services)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await watching(app, conductor, pilot)
        for key in "mx1q":
            app.post_message(events.Key(key, key))
        await wait_until(lambda: isinstance(app.screen, NoteDialog), "the question")
        await pilot.pause()
        await pilot.press(*" up", "enter")
        await wait_until(lambda: conductor.notes, "the note")
        assert (conductor.notes[0].text, conductor.notes[0].elapsed_s) == ("x1q up", None)
        assert not conductor.stops
        await pilot.press("m", "escape")
        assert len(conductor.notes) == 1


async def test_a_note_that_cannot_be_delivered_is_said(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    ticks = [tick(0, delta())]
    conductor.feed(*ticks)
    conductor.sealed = record_of(ticks, sealed=False)
    app = attached(services)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await watching(app, conductor, pilot)
        await pilot.press("m", *"up")
        await conductor.close()
        await wait_until(lambda: app.model.connection is Connection.LOST, "the loss")
        await pilot.press("enter")
        await shown(app, pilot, "the note was", text_of)


async def test_a_run_that_ends_waits_for_who_writes_a_note(services: FakeServices, conductor: FakeConductor) -> None:
    ticks = [tick(0, delta())]
    conductor.feed(*ticks)
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        await pilot.press("m", *"rq")
        await conductor.end(record_of(ticks))
        await wait_until(lambda: app.model.record is not None, "the record")
        await pump(app, pilot)
        assert app.current_mode == "live"
        await pilot.press("escape")
        await wait_until(lambda: app.current_mode == "results", "the results")


async def test_a_note_that_comes_too_late_for_the_conductor_is_put_into_the_record(
    services: FakeServices, conductor: FakeConductor
) -> None:
    ticks = [tick(0, delta())]
    conductor.feed(*ticks)
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        conductor.state = RunState.SEALING
        conductor.show()
        await wait_until(lambda: app.model.snapshot and app.model.snapshot.state is RunState.SEALING, "the sealing")
        await pilot.press("m", *"late", "enter")
        await conductor.end(record_of(ticks))
        await wait_until(lambda: services.library.asked, "the note")
        assert services.library.asked == [("add_note", conductor.folder, Note(1.0, "late", author()))]
        assert not conductor.notes


async def test_what_happened_stands_in_the_log(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.log = ["     0.500 INFO     shop: opened"]
    conductor.events = [RunEvent(0.7, "state", "ramping"), RunEvent(0.9, "note", "of the snapshot")]
    conductor.feed(tick(0, delta()))
    app = attached(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, conductor, pilot)
        app.screen.query_one(RunPanes).show_pane("Log")
        await shown(app, pilot, "EVENT   state: ramping", text_of)
        assert "of the snapshot" not in text_of(app)


@pytest.mark.parametrize("width", [80, 84, 100, 104, 120, 160])
async def test_no_value_of_a_tile_is_cut(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf, width: int
) -> None:
    for seq in range(20):
        each = tick(seq, delta("/", (4321.0,) * 3), users=12_345, hub_lag_p99_ms=99.0)
        conductor.feed(replace(each, target=TargetSample(37.0, 123_456_789, 3, None)))
    app = attached(services)
    async with app.run_test(size=(width, 30)) as pilot:
        await watching(app, conductor, pilot)
        await shown(app, pilot, "12,345", text_of)
        tiles = "\n".join(text_of(app).splitlines()[2:6])
        assert "…" not in tiles
        assert all(value in tiles for value in ("3.00", "4.32s", "0%", "12,345", "5%", "37%"))
        assert "CPU" in tiles
