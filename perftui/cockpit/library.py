"""The runs that are kept, for the screens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from perftui.commands.live_runs import is_live
from perftui.model.judged import Window
from perftui.model.marks import Note
from perftui.model.plan import RunPlan
from perftui.reports.comparison_figures import Compared
from perftui.store.history import RunListing, list_runs
from perftui.wire.rendezvous import socket_path


class RunLibrary:
    """See perftui.tui.services.Library."""

    def __init__(self, runs_folder: Path) -> None:
        self.folder = runs_folder

    def listings(self) -> Sequence[RunListing]:
        return list_runs(self.folder, is_live)

    def live_socket(self, folder: Path) -> Path | None:
        return socket_path(folder) if is_live(folder) else None

    def compare(self, old: Path, new: Path, *, force: bool = False) -> Compared:
        raise NotImplementedError

    def baseline_of(self, plan: RunPlan) -> tuple[str, Path] | None:
        raise NotImplementedError

    def set_baseline(self, name: str, folder: Path) -> str:
        raise NotImplementedError

    def star(self, folder: Path, is_starred: bool) -> None:
        raise NotImplementedError

    def add_note(self, folder: Path, note: Note) -> None:
        raise NotImplementedError

    def move_warm_up(self, folder: Path, warm_up_s: float | None) -> None:
        raise NotImplementedError

    def delete(self, folder: Path) -> None:
        raise NotImplementedError

    def export(self, folder: Path, window: Window | None = None) -> Sequence[Path]:
        raise NotImplementedError
