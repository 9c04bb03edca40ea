"""A window of a run that was chosen on its charts: what was measured in it, read from the record."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from perftui.model.duration import format_clock, format_duration
from perftui.model.judged import Window
from perftui.model.snapshot import RequestRow
from perftui.tui.following.recall import Recall
from perftui.tui.renderables.line import Piece
from perftui.tui.run_figures import RunFigures, of_totals
from perftui.tui.screens.chores import Given
from perftui.tui.services import Services
from perftui.tui.texts.figures import count_text, ms_text, share_text

# Columns from which the bar says more.
_ROOMY, _WIDE = 100, 120
_LOGGED_AT = re.compile(r" *(\d+\.\d+) ")


class Brush:
    """Of the run in `folder`. Its reader is opened when the first window is chosen; `close` it.

    `figures` are those of the window, None until they are read and where there is none.
    """

    def __init__(self, services: Services, folder: Path) -> None:
        self._services = services
        self._folder = folder
        self._recall: Recall | None = None
        self.window: Window | None = None
        self.figures: RunFigures | None = None
        self.exporting = ""
        """How far an export is, empty while there is none."""

    @property
    def folder(self) -> Path:
        return self._folder

    async def choose(self, window: Window | None) -> bool:
        """Read what `window` holds. False where another was chosen meanwhile: that one counts. Raises PerftuiError."""
        self.window, self.figures = window, None
        if window is None:
            return True
        if self._recall is None:
            self._recall = Recall(self._services, self._folder)
        totals = await self._recall.ask(lambda reader: reader.part(window))
        if self.window is not window:
            return False
        self.figures = of_totals(totals, window_text(window, totals.covered_s))
        return True

    def drop(self) -> None:
        """No window any more."""
        self.window = self.figures = None

    async def export(self, said: Callable[[], None]) -> Sequence[Path] | None:
        """The exports of the window alone, written into the current folder; None where the window is dropped meanwhile.

        `said` is called when `exporting` says more. Raises PerftuiError.
        """
        window, loop = self.window, asyncio.get_running_loop()

        def seen(text: str) -> None:
            if self.window is not window:
                raise Given
            self.exporting = text
            loop.call_soon_threadsafe(said)

        self.exporting = "…"
        try:
            return await asyncio.to_thread(self._services.library.export, self._folder, window, seen)
        except Given:
            return None
        finally:
            self.exporting = ""

    def close(self) -> None:
        self.drop()
        if self._recall is not None:
            self._recall.close()
            self._recall = None

    def said(self, log: Sequence[str]) -> Sequence[str]:
        """Lines of run.log that were written in the window."""
        window = self.window
        if window is None:
            return log
        return [
            text for text in log if (match := _LOGGED_AT.match(text)) and window.from_s <= float(match[1]) < window.to_s
        ]

    def bar(self, width: int) -> tuple[list[Piece], list[Piece]]:
        """What the window is and holds, and its keys; for a line of `width` cells."""
        window, figures = self.window, self.figures
        if window is None:
            return [], []
        start = [Piece(" WINDOW ", "tab"), Piece(f" {window_clock(window)}", "strong")]
        keys = [Piece("o", "key"), Piece(" export ", "muted"), Piece("esc", "key"), Piece(" back ", "muted")]
        if self.exporting:
            keys = [Piece("esc", "key"), Piece(" gives it up ", "muted")]
            return [*start, Piece(" ◌ ", "accent"), Piece(f" exporting: {self.exporting}")], keys
        if figures is None:
            return [*start, Piece("  reading…", "muted")], keys
        if figures.total is None:
            return [*start, Piece("  no request ended in it", "warn")], keys
        return [*start, *_measured(figures.total, width)], keys


def exported_text(paths: Sequence[Path]) -> str:
    """Where the exports of a window are, in one line."""
    if len(paths) == 1:
        return f"the window was written: {paths[0]}"
    where = f" into {paths[0].parent.resolve()}" if paths else ""
    return f"the window was written{where}: {len(paths)} files"


def window_clock(window: Window) -> str:
    until = format_clock(window.to_s) if math.isfinite(window.to_s) else "the end"
    return f"{format_clock(window.from_s)}–{until}"


def window_text(window: Window, covered_s: float) -> str:
    """As in "01:10–01:40 (30s)"; the length is that of the ticks that lie in it."""
    return f"{window_clock(window)} ({format_duration(round(covered_s, 1))})"


def _measured(total: RequestRow, width: int) -> list[Piece]:
    times = total.times
    gap = "  " if width >= _ROOMY else " "
    named = (("p50", times.p50_ms), ("p95", times.p95_ms), ("p99", times.p99_ms))
    pieces = []
    for name, value in named if width >= _ROOMY else named[:2]:
        pieces += [Piece(f"{gap}{name} ", "muted"), Piece(ms_text(value), name)]
    count = f"{total.requests:,} requests" if width >= _ROOMY else f"{count_text(total.requests)} reqs"
    share = f" ({share_text(total.fail_ratio)})" if total.failures and width >= _ROOMY else ""
    failed = f"{gap}{count_text(total.failures)} failed{share}"
    pieces += [Piece(f"{gap}{count}"), Piece(failed, "bad" if total.failures else "muted")]
    if width >= _WIDE:
        pieces.append(Piece("  · held, not live", "muted"))
    return pieces
