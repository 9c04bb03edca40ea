"""Runs that are kept, as tests make them up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from perftui.model.errors import PerftuiError
from perftui.model.judged import Window
from perftui.model.marks import Note
from perftui.model.plan import RunPlan
from perftui.reports.comparison_figures import Compared
from perftui.store.history import RunListing


class FakeLibrary:
    """What was asked of it is kept in `asked`; `error` is raised instead where a test sets it."""

    def __init__(self) -> None:
        self.folder = Path("runs")
        self.runs: list[RunListing] = []
        self.compared: Compared | None = None
        self.baseline: tuple[str, Path] | None = None
        self.asked: list[tuple[object, ...]] = []
        self.error: PerftuiError | None = None
        self.sockets: dict[Path, Path] = {}
        """Of the runs that go on."""
        self.gate: threading.Event | None = None
        """Where a test holds the reading of the list back; it says how far it is then."""

    def listings(self, seen: Callable[[int, int], None] | None = None) -> Sequence[RunListing]:
        self._ask("listings")
        if self.gate is not None:
            for count in range(len(self.runs)):
                self.gate.wait(10)
                if seen is not None:
                    seen(count, len(self.runs))
        return self.runs

    def live_socket(self, folder: Path) -> Path | None:
        return self.sockets.get(folder)

    def compare(self, old: Path, new: Path, *, force: bool = False) -> Compared:
        self._ask("compare", old, new, force)
        assert self.compared is not None
        return self.compared

    def baseline_of(self, plan: RunPlan) -> tuple[str, Path] | None:
        return self.baseline

    def set_baseline(self, name: str, folder: Path) -> str:
        self._ask("set_baseline", name, folder)
        return f"{name} is {folder.name}."

    def star(self, folder: Path, is_starred: bool) -> None:
        self._ask("star", folder, is_starred)

    def add_note(self, folder: Path, note: Note) -> None:
        self._ask("add_note", folder, note)

    def move_warm_up(
        self, folder: Path, warm_up_s: float | None, seen: Callable[[float, float], None] | None = None
    ) -> None:
        self._ask("move_warm_up", folder, warm_up_s)

    def delete(self, folder: Path) -> None:
        self._ask("delete", folder)

    def export(
        self, folder: Path, window: Window | None = None, seen: Callable[[str], None] | None = None
    ) -> Sequence[Path]:
        self._ask("export", folder, window)
        return [Path("report.html")]

    def export_comparison(self, compared: Compared) -> Sequence[Path]:
        self._ask("export_comparison", compared)
        return [Path("compared.html"), Path("compared.json")]

    def _ask(self, *what: object) -> None:
        self.asked.append(what)
        if self.error is not None:
            raise self.error
