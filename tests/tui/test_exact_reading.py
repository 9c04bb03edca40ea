"""What is read off a chart is what the record says: the cursor's second, the window's numbers, the window's exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from perftui.cockpit.library import RunLibrary
from perftui.model.judged import Window
from perftui.store.reader import RunReader
from perftui.tui.app import PerftuiApp
from perftui.tui.screens.results import ResultsScreen
from perftui.tui.texts.figures import ms_text
from perftui.tui.widgets.run_charts import RunCharts
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.kept_runs import KeptRuns
from tests.fakes.shop_ticks import shop_ticks
from tests.fakes.waiting import wait_until

TextOf = Callable[[PerftuiApp], str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a run on disk, as a conductor leaves it."""
    runs = KeptRuns(tmp_path / "runs")
    return runs.folder / runs.keep(ticks=shop_ticks(60))


async def test_the_cursor_and_the_window_say_what_the_record_does(
    folder: Path,
    services: FakeServices,
    text_of: TextOf,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    reader = RunReader(folder)
    monkeypatch.setattr(services, "reader", RunReader)
    monkeypatch.setattr(services, "library", RunLibrary(folder.parent))
    monkeypatch.chdir(tmp_path)
    app = PerftuiApp(services)

    def exported(name: str) -> list[str]:
        return [path.read_text() for path in tmp_path.glob(f"*/{name}")]

    def squeezed() -> str:
        """The screen without what keeps its columns apart."""
        return " ".join(text_of(app).split())

    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await wait_until(lambda: app.current_mode == "setup" and app.screen.focused, "the setup")
        await app.open_run(folder)
        await wait_until(lambda: isinstance(app.screen, ResultsScreen) and app.screen._shown, "the results")
        charts = app.screen.query_one(RunCharts)
        await pilot.press("shift+left", "left", "left")
        second = reader.points()[-12]
        await wait_until(lambda: charts.cursor_s == second.elapsed_s, "the cursor")
        times = second.times
        read = f"p50 {ms_text(times.p50_ms)} p95 {ms_text(times.p95_ms)} p99 {ms_text(times.p99_ms)}"
        await wait_until(lambda: read in squeezed(), f"{read} at the cursor")

        await pilot.press("w", *["left"] * 9, "w")
        await wait_until(lambda: charts.window is not None, "the window")
        window = charts.window
        assert isinstance(window, Window)
        points = reader.points()
        assert (window.from_s, window.to_s) == (points[-22].elapsed_s, points[-12].elapsed_s)
        part = reader.part(window)
        assert part.ticks == 10
        p50, p95, p99 = part.total.times().percentiles_ms((50.0, 95.0, 99.0))
        read = f"p50 {ms_text(p50)} p95 {ms_text(p95)} p99 {ms_text(p99)} {part.total.requests:,} requests"
        await wait_until(lambda: read in squeezed(), f"{read} of the window")
        for key, each in part.by_request.items():
            assert (
                sum(
                    tick.requests
                    for point in shop_ticks(60)[-22 + 1 : -12 + 1]
                    for tick in point.requests
                    if (tick.method, tick.name) == key
                )
                == each.requests
            )

        await pilot.press("o")
        (stats,) = await wait_until(lambda: exported("stats.csv"), "the exports")
        total = stats.splitlines()[-1].split(",")
        assert total[:4] == ["", "Aggregated", str(part.total.requests), str(part.total.failed)]
        await wait_until(lambda: app.screen.chore is None, "the end of it")  # type: ignore[attr-defined]
