"""What is done with runs that are over: named, noted, starred, judged again, exported, removed."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from perftui import exit_codes
from perftui.commands.live_runs import is_live
from perftui.comparing import goes_on
from perftui.judgement.assessment import window_cut_at
from perftui.model.duration import format_duration
from perftui.model.errors import PerftuiError
from perftui.model.judged import Window
from perftui.model.marks import Note
from perftui.model.record import Record
from perftui.model.text import clean
from perftui.profiles.names import NAME_ALLOWED, is_name, listing
from perftui.reports.exports import render_all
from perftui.store.atomic import write_atomically, write_new
from perftui.store.baselines import Baselines
from perftui.store.files import summary_of
from perftui.store.history import LAST
from perftui.store.layout import RUN_TOML
from perftui.store.marking import MarkWriter
from perftui.store.marks import Rejudged, read_marks
from perftui.store.paths import path_for_people
from perftui.store.reader import RunReader

# More exports of one run in one folder than this are a fault, not a use.
_MOST_NAMESAKES = 1_000


def name_baseline(runs_folder: Path, name: str, run: Path) -> tuple[list[str], str]:
    """Call the run in `run` by a baseline's name. Raises PerftuiError.

    Returns what was done, a sentence each, and what is to be minded, empty where nothing is.
    """
    if not is_name(name) or name == LAST:
        allowed = f'"{LAST}" is the newest run' if name == LAST else f"a name is {NAME_ALLOWED}"
        raise _usage(f"{clean(name, 64)!r} cannot name a baseline", allowed)
    if run.parent.resolve() != runs_folder.resolve():
        raise _usage(
            f"{path_for_people(run)} is not in {path_for_people(runs_folder)}",
            "a baseline is kept beside its run",
            f"Add --runs-dir {path_for_people(run.parent)}",
        )
    reader = _reader_of_over(run)
    plan = reader.plan()
    before = Baselines(runs_folder).set(name, run.name, plan, datetime.now(UTC))
    where = f", branch {clean(plan.branch, 100)}" if plan.branch else ""
    said = [f"{name} is {clean(run.name)} ({clean(plan.title)}{where})."]
    if before is not None and before.run_id != run.name:
        said.append(f"It was {clean(before.run_id)}.")
    return said, "" if reader.outcome() is not None else "Mind: this run was never finished."


def star(folder: Path, is_starred: bool) -> None:
    """Raises PerftuiError where the star cannot be kept. Also of a run that goes on."""
    RunReader(folder)
    MarkWriter(folder).star(is_starred)


def add_note(folder: Path, text: str, elapsed_s: float | None, by: str) -> Note:
    """Put a note on the timeline of a run that is over, at its end where `elapsed_s` is None.

    Its exports are made again. Returns the note as it was kept. Raises PerftuiError.
    """
    reader = _reader_of_over(folder)
    lasted_s = _lasted_s(reader)
    if elapsed_s is not None and elapsed_s > lasted_s:
        raise _usage(
            f"{format_duration(round(elapsed_s, 1))} lies after the end of {clean(folder.name)}",
            f"it lasted {format_duration(round(lasted_s, 1))}",
        )
    note = Note(lasted_s if elapsed_s is None else elapsed_s, text, by).fit()
    if not note.text:
        raise _usage("a note needs a text", "")
    MarkWriter(folder).add_note(note)
    make_exports_again(reader)
    return note


def move_warm_up(folder: Path, warm_up_s: float | None, seen: Callable[[float, float], None] | None = None) -> Record:
    """Judge the run again from `warm_up_s` on, and make its exports again; None: as it was judged when it ended.

    The record as it reads from now on; outcome.json stays as it was sealed. `seen` is told how many of how many seconds
    were judged; what it raises ends that, and nothing was changed. Raises PerftuiError.
    """
    reader = _reader_of_over(folder)
    rejudged: Rejudged | None = None
    if warm_up_s is not None:
        lasted_s = _lasted_s(reader)
        if warm_up_s >= lasted_s:
            raise _usage(
                f"a warm-up of {format_duration(round(warm_up_s, 1))} leaves nothing to judge",
                f"{clean(folder.name)} lasted {format_duration(round(lasted_s, 1))}",
            )
        record = reader.record(window=window_cut_at(warm_up_s), seen=seen)
        if record.outcome is not None:
            rejudged = Rejudged(record.outcome.verdict, summary_of(record.plan, record.totals))
    MarkWriter(folder).cut_warm_up(warm_up_s, rejudged)
    return make_exports_again(reader)


def make_exports_again(reader: RunReader) -> Record:
    """All exports in the run's own folder, from what its record and its marks say now. Raises PerftuiError."""
    record = reader.record()
    try:
        for name, data in render_all(record).items():
            write_atomically(reader.folder / name, data)
    except OSError as error:
        raise PerftuiError(
            f"the exports in {path_for_people(reader.folder)} cannot be made again",
            error.strerror or str(error),
            exit_code=exit_codes.ENVIRONMENT,
        ) from error
    return record


def check_removable(baselines: Baselines, folder: Path) -> None:
    """Raises PerftuiError for a run that is starred, goes on, or is a baseline, and for what is no run beside
    `baselines`.
    """
    name = clean(folder.name)
    if folder.is_symlink() or folder.parent.resolve() != baselines.folder.resolve():
        raise _usage(
            f"{path_for_people(folder)} is not removed", f"it lies outside {path_for_people(baselines.folder)}"
        )
    reader = _reader_of_over(folder)
    if read_marks(reader.folder).marks.is_starred:
        raise _usage(f"{name} is starred", "a starred run is not removed", f"Take the star: perftui star {name} --off")
    names = [each.name for each in baselines.all() if each.run_id == folder.name]
    if names:
        raise _usage(
            f"{name} is baseline {listing(names)}",
            "others are compared with it",
            f"Forget the name first: perftui baseline rm {clean(names[0], 64)}",
        )


def delete_run(baselines: Baselines, folder: Path) -> None:
    """Remove a run for good. Raises PerftuiError as `check_removable`, and where something of it is left."""
    check_removable(baselines, folder)
    try:
        # A folder is a run as long as it has this file: what is left where the rest fails is listed no more.
        os.unlink(folder / RUN_TOML)
        shutil.rmtree(folder)
    except OSError as error:
        raise PerftuiError(
            f"{path_for_people(folder)} cannot be removed whole",
            error.strerror or str(error),
            exit_code=exit_codes.ENVIRONMENT,
        ) from error


def write_exports(record: Record, files: Mapping[str, bytes], out: Path, part: str = "") -> Sequence[Path]:
    """`files` by name, written into `out` under the run's name and that of the `part`; nothing is overwritten.

    Raises PerftuiError where they cannot be written.
    """
    stem = f"{record.run_id}_{part}" if part else record.run_id
    try:
        out.mkdir(parents=True, exist_ok=True)
        return [write_new(out / f"{stem}_{name}", data).absolute() for name, data in files.items()]
    except OSError as error:
        raise PerftuiError(
            f"cannot write into {path_for_people(out)}",
            error.strerror or str(error),
            exit_code=exit_codes.ENVIRONMENT,
        ) from None


def write_export_folder(record: Record, files: Mapping[str, bytes], part: str = "") -> Path:
    """`files` in a new folder of the current one, which is named after the run and the `part`. Returns the folder.

    Raises PerftuiError where they cannot be written.
    """
    stem = f"{record.run_id}_{part}" if part else record.run_id
    try:
        for number in range(1, _MOST_NAMESAKES):
            folder = Path(stem if number == 1 else f"{stem}-{number}")
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
                break
        for name, data in files.items():
            write_new(folder / name, data)
    except OSError as error:
        raise PerftuiError(
            f"cannot write into {path_for_people(Path.cwd())}",
            error.strerror or str(error),
            exit_code=exit_codes.ENVIRONMENT,
        ) from None
    return folder.absolute()


def read_record(
    folder: Path, window: Window | None = None, seen: Callable[[float, float], None] | None = None
) -> Record:
    """A run, live or over, judged over `window` where one is given. Raises PerftuiError where that holds no second."""
    reader = RunReader(folder)
    record = reader.record(is_live=reader.outcome() is None and is_live(folder), window=window, seen=seen)
    if window is not None and not record.totals.ticks:
        raise _usage(
            f"no second of {clean(record.run_id)} lies in what was asked for",
            f"it lasted {format_duration(round(record.whole.elapsed_s, 1))}",
        )
    return record


def _reader_of_over(folder: Path) -> RunReader:
    """Raises PerftuiError where the run goes on."""
    reader = RunReader(folder)
    if reader.outcome() is None and is_live(folder):
        raise goes_on(folder)
    return reader


def _lasted_s(reader: RunReader) -> float:
    outcome = reader.outcome()
    return reader.last_elapsed_s() if outcome is None else outcome.duration_s


def _usage(what: str, why: str, next_step: str = "") -> PerftuiError:
    return PerftuiError(what, why, next_step, exit_code=exit_codes.USAGE)
