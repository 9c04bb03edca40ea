"""The runs that are kept, for the screens."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from perftui import comparing, keeping
from perftui.commands.live_runs import is_live
from perftui.model.duration import format_clock, format_duration
from perftui.model.judged import Window
from perftui.model.marks import Note
from perftui.model.plan import RunPlan
from perftui.reports.comparison_figures import Compared
from perftui.reports.comparison_html import comparison_html
from perftui.reports.comparison_json import comparison_json
from perftui.reports.exports import render_all
from perftui.store.baselines import Baselines
from perftui.store.history import RunListing, list_runs
from perftui.store.reader import RunReader
from perftui.wire.rendezvous import socket_path


class RunLibrary:
    """See perftui.tui.services.Library."""

    def __init__(self, runs_folder: Path) -> None:
        self.folder = runs_folder

    def listings(self, seen: Callable[[int, int], None] | None = None) -> Sequence[RunListing]:
        return list_runs(self.folder, is_live, *(() if seen is None else (seen,)))

    def live_socket(self, folder: Path) -> Path | None:
        return socket_path(folder) if is_live(folder) else None

    def compare(self, old: Path, new: Path, *, force: bool = False) -> Compared:
        names = [each.name for each in Baselines(self.folder).all() if each.run_id == old.name]
        old_run = names[0] if names else "", RunReader(old)
        return comparing.compare_runs(old_run, RunReader(new), force=force)

    def baseline_of(self, plan: RunPlan) -> tuple[str, Path] | None:
        return comparing.baseline_of(Baselines(self.folder), plan)

    def set_baseline(self, name: str, folder: Path) -> str:
        done, to_mind = keeping.name_baseline(self.folder, name, folder)
        return " ".join(filter(None, (*done, to_mind)))

    def star(self, folder: Path, is_starred: bool) -> None:
        keeping.star(folder, is_starred)

    def add_note(self, folder: Path, note: Note) -> None:
        keeping.add_note(folder, note.text, note.elapsed_s, note.by)

    def move_warm_up(
        self, folder: Path, warm_up_s: float | None, seen: Callable[[float, float], None] | None = None
    ) -> None:
        keeping.move_warm_up(folder, warm_up_s, seen)

    def delete(self, folder: Path) -> None:
        keeping.delete_run(Baselines(self.folder), folder)

    def export(
        self, folder: Path, window: Window | None = None, seen: Callable[[str], None] | None = None
    ) -> Sequence[Path]:
        def read(done_s: float, until_s: float) -> None:
            if seen is not None:
                seen(f"{format_clock(done_s)} of {format_clock(until_s)} read")

        def made(done: int, of: int) -> None:
            if seen is not None:
                seen(f"{done} of {of} files made")

        record = keeping.read_record(folder, window, read)
        return [keeping.write_export_folder(record, render_all(record, made), _part(window))]

    def export_comparison(self, compared: Compared) -> Sequence[Path]:
        files = {"compared.html": comparison_html(compared), "compared.json": comparison_json(compared)}
        return [keeping.write_export_folder(compared.new, files, f"with_{compared.old.run_id}")]


def _part(window: Window | None) -> str:
    """The name of a part in a file's, such as 45s-3m."""
    if window is None:
        return ""
    to_s = "end" if window.to_s == math.inf else format_duration(round(window.to_s, 1)) or "0s"
    return f"{format_duration(round(window.from_s, 1)) or '0s'}-{to_s}"
