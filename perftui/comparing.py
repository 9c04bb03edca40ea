"""Which runs are compared, and the comparison of two: for the command and for the screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from perftui import exit_codes
from perftui.commands.live_runs import is_live
from perftui.judgement.comparison import DEFAULT_LIMIT, Sliced, slice_count, sliced
from perftui.judgement.comparison import compare as compare_sliced
from perftui.judgement.likeness import UnlikeRunsError, differences, remarks
from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan
from perftui.model.record import Record
from perftui.model.text import clean
from perftui.profiles.names import listing
from perftui.reports.comparison_figures import Compared
from perftui.store.baselines import Baseline, Baselines
from perftui.store.history import LAST, find_run
from perftui.store.layout import RUN_TOML
from perftui.store.paths import path_for_people
from perftui.store.reader import RunReader

NamedRun = tuple[str, RunReader]
"""A run, and the name of the baseline under which it was found; empty where it was found by its own."""


def find_pair(baselines: Baselines, first: str, second: str | None) -> tuple[NamedRun, NamedRun]:
    """The old and the new. Raises PerftuiError where one of them is not there."""
    if second is not None:
        return _find(baselines, first), _find(baselines, second)
    new = _find(baselines, first)
    old = _baseline_for(baselines, new[1])
    return (old.name, _reader_of(baselines, old)), new


def compare_runs(old: NamedRun, new: RunReader, limit: float = DEFAULT_LIMIT, *, force: bool = False) -> Compared:
    """What got better or worse by more than `limit`, a share.

    Raises PerftuiError where both are the same run, one still goes on or measured nothing, or they are unlike; with
    `force` unlike ones are compared.
    """
    old_name, old_reader = old
    if old_reader.folder.resolve() == new.folder.resolve():
        raise _usage(f"A and B are both {clean(new.run_id)}", "a run says nothing about itself", "Name another one")
    old_record, new_record = _record(old_reader), _record(new)
    unlike = differences(old_record, new_record)
    if unlike and not force:
        raise UnlikeRunsError(unlike)
    for record, label in ((old_record, "A"), (new_record, "B")):
        if not record.totals.total.requests:
            raise PerftuiError(
                "there is nothing to compare",
                f"{label}, {clean(record.run_id)}, measured no request",
                exit_code=exit_codes.NO_DATA,
            )
    count = slice_count(old_record.totals, new_record.totals)
    comparison = compare_sliced(_sliced(old_record, old_reader, count), _sliced(new_record, new, count), limit)
    return Compared(old_record, new_record, old_name, comparison, unlike, remarks(old_record, new_record))


def baseline_of(baselines: Baselines, plan: RunPlan) -> tuple[str, Path] | None:
    """Name and folder of the baseline that a run of `plan` is compared with; None where there is none, or no one."""
    known = [each for each in _of_plan(baselines, plan) if is_there(baselines, each)]
    found = _of_branch(known, plan.branch)
    return None if found is None else (found.name, baselines.folder / found.run_id)


def is_there(baselines: Baselines, found: Baseline) -> bool:
    return (baselines.folder / found.run_id / RUN_TOML).is_file()


def goes_on(folder: Path) -> PerftuiError:
    name = clean(folder.name)
    return _usage(f"run {name} still goes on", "its numbers are not final", f"Wait for it: perftui attach {name}")


def _find(baselines: Baselines, name: str) -> NamedRun:
    """A whole name of a run comes before a baseline's, and that before a part of a run's."""
    run: Path | None = None
    not_found: PerftuiError | None = None
    try:
        run = find_run(baselines.folder, name)
    except PerftuiError as error:
        not_found = error
    # Such a name needs no baseline, and their file may be damaged.
    if run is not None and (name in (LAST, run.name) or "/" in name):
        return "", RunReader(run)
    found = baselines.find(name)
    if found is not None:
        return name, _reader_of(baselines, found)
    if run is not None:
        return "", RunReader(run)
    assert not_found is not None
    # What is no run may be a baseline's name with a slip in it.
    unknown = baselines.unknown(name)
    raise unknown if unknown.why and "is no run" in not_found.what else not_found


def _baseline_for(baselines: Baselines, reader: RunReader) -> Baseline:
    """The newest baseline of the run's profile and target: of its branch, else of the only branch there is."""
    plan = reader.plan()
    every = _of_plan(baselines, plan)
    others = [each for each in every if each.run_id != reader.run_id]
    if not others:
        itself = f"{clean(reader.run_id)} is itself {every[0].name}" if every else ""
        raise _usage(
            f"there is no baseline of {clean(plan.title)}",
            itself,
            "Set one with `perftui baseline set NAME RUN`, or name the run to compare with",
        )
    found = _of_branch(others, plan.branch)
    if found is None:
        raise _usage(
            f"several baselines of {clean(plan.title)} are of other branches"
            + (f" than {clean(plan.branch, 100)}" if plan.branch else ""),
            listing(f"{each.name} ({each.branch or 'no branch'})" for each in others),
            "Name the one to compare with: perftui compare NAME RUN",
        )
    return found


def _of_plan(baselines: Baselines, plan: RunPlan) -> list[Baseline]:
    mine = (plan.profile.name, plan.target.name)
    return [each for each in baselines.all() if (each.profile, each.target) == mine]


def _of_branch(known: Sequence[Baseline], branch: str) -> Baseline | None:
    """The first that is of `branch`, else of the only branch there is."""
    of_branch = [each for each in known if each.branch == branch]
    if of_branch:
        return of_branch[0]
    return known[0] if len({each.branch for each in known}) == 1 else None


def _reader_of(baselines: Baselines, found: Baseline) -> RunReader:
    if not is_there(baselines, found):
        name = clean(found.name, 64)
        raise _usage(
            f"baseline {name} is gone",
            f"its run {clean(found.run_id)} is not in {path_for_people(baselines.folder)} any more",
            f"Name another run with `perftui baseline set {name} RUN`",
        )
    return RunReader(baselines.folder / found.run_id)


def _record(reader: RunReader) -> Record:
    if reader.outcome() is None and is_live(reader.folder):
        raise goes_on(reader.folder)
    return reader.record()


def _sliced(record: Record, reader: RunReader, count: int) -> Sliced:
    return sliced(record.totals, filter(record.window.holds, reader.ticks()), count)


def _usage(what: str, why: str, next_step: str = "") -> PerftuiError:
    return PerftuiError(what, why, next_step, exit_code=exit_codes.USAGE)
