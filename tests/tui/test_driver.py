"""Back-pressure: the cockpit asks Textual's driver how far the terminal is behind, through a name that is private."""

from __future__ import annotations

import io

from textual.drivers._writer_thread import WriterThread

from perftui.tui.app import PerftuiApp
from perftui.tui.driver import CockpitDriver
from tests.fakes.cockpit_services import FakeServices


class BusyApp(PerftuiApp):
    behind = 0

    @property
    def backlog(self) -> int:
        return self.behind


def test_the_driver_knows_what_was_not_written_yet() -> None:
    driver = CockpitDriver.__new__(CockpitDriver)
    driver._writer_thread = None
    assert driver.backlog == 0
    driver._writer_thread = WriterThread(io.StringIO())
    driver._writer_thread.write("never taken: the thread was not started")
    assert driver.backlog == 1


async def test_a_frame_is_skipped_while_the_terminal_is_behind(services: FakeServices) -> None:
    app = BusyApp(services)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen = app.screen
        app.behind = 3
        app.model.lose()
        screen.pump()  # type: ignore[attr-defined]
        await pilot.pause()
        assert "NO ANSWER" not in _text(app)
        app.behind = 0
        screen.pump()  # type: ignore[attr-defined]
        await pilot.pause()
        assert "NO ANSWER" in _text(app)


def _text(app: PerftuiApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())
