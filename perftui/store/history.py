"""The runs in a folder: listed, and found by what a person types."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.marks import NOTE
from perftui.model.record import Outcome
from perftui.model.run_state import RunState
from perftui.model.text import clean
from perftui.store.baselines import Baselines
from perftui.store.connection import reading
from perftui.store.files import Summary, read_outcome, read_run_toml
from perftui.store.layout import OUTCOME_JSON, RUN_TOML, SAMPLES_DB
from perftui.store.marks import NOTHING_KEPT, Rejudged, read_marks
from perftui.store.paths import path_for_people

LAST = "last"
_MAX_SUGGESTIONS = 5


@dataclass(frozen=True, slots=True)
class RunListing:
    """A run in a list. `verdict` is None before it is sealed; numbers are None where nothing says them.

    `started_at` is UTC in ISO 8601. `p95_ms` is of service times; a run that was never sealed is not added up for it.
    """

    run_id: str
    folder: Path
    profile: str
    target: str
    started_at: str
    state: RunState
    verdict: str | None
    duration_s: float | None
    requests: int | None
    fail_ratio: float | None
    p95_ms: float | None
    p50_ms: float | None = None
    p99_ms: float | None = None
    rps: float | None = None
    is_starred: bool = False
    notes: int = 0
    """How many notes people put on it."""
    branch: str = ""
    baselines: tuple[str, ...] = ()
    """The names under which others are compared with it."""


def list_runs(
    runs_folder: Path, is_live: Callable[[Path], bool], seen: Callable[[int, int], None] = lambda read, of: None
) -> list[RunListing]:
    """All runs, newest first. `is_live` says of a run that was never sealed whether its conductor runs.

    A run whose files are damaged is listed with what is still known. No folder is no runs. `seen` is told how many of
    how many were read, before each; what it raises ends the reading.
    """
    names = _baseline_names(runs_folder)
    folders = _folders(runs_folder)
    listings = []
    for number, folder in enumerate(folders):
        seen(number, len(folders))
        listings.append(_listing(folder, is_live, names.get(folder.name, ())))
    return sorted(listings, key=lambda listing: (listing.started_at, listing.run_id), reverse=True)


def _baseline_names(runs_folder: Path) -> dict[str, tuple[str, ...]]:
    """By run; none where their file is damaged, which whoever compares is told."""
    found: dict[str, tuple[str, ...]] = {}
    try:
        for each in Baselines(runs_folder).all():
            found[each.run_id] = (*found.get(each.run_id, ()), each.name)
    except PerftuiError:
        return {}
    return found


def find_run(runs_folder: Path, name: str) -> Path:
    """The folder of the run that `name` means: its id, the only start or part of one, ``last``, or a path.

    Raises PerftuiError where that is no run, or more than one.
    """
    path = Path(os.path.expanduser(name))
    if "/" in name and _is_run(path):
        return path.absolute()
    folders = {folder.name: folder for folder in _folders(runs_folder)}
    if name in folders:
        return folders[name]
    if name == LAST:
        if not folders:
            raise _not_found(f"there is no run in {path_for_people(runs_folder)}", "", "`perftui run` makes one")
        return max(folders.values(), key=lambda folder: (_started_at(folder), folder.name))
    for matches in (
        [each for each in sorted(folders) if each.startswith(name)],
        [each for each in sorted(folders) if name in each],
    ):
        if len(matches) == 1:
            return folders[matches[0]]
        if matches and name:
            few = ", ".join(clean(each) for each in matches[-_MAX_SUGGESTIONS:])
            more = f" and {len(matches) - _MAX_SUGGESTIONS:,} more" if len(matches) > _MAX_SUGGESTIONS else ""
            raise _not_found(f"{clean(name)} could be {len(matches):,} runs", f"{few}{more}", "Name one of them")
    near = difflib.get_close_matches(name, folders, 1, 0.4)
    raise _not_found(
        f"there is no run {clean(name)} in {path_for_people(runs_folder)}",
        f"the nearest is {clean(near[0])}" if near else "",
        "`perftui history` lists the runs",
    )


def _not_found(what: str, why: str, next_step: str) -> PerftuiError:
    return PerftuiError(what, why, next_step, exit_code=exit_codes.USAGE)


def _folders(runs_folder: Path) -> list[Path]:
    try:
        return [each for each in runs_folder.iterdir() if _is_run(each)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise PerftuiError(
            f"{path_for_people(runs_folder)} cannot be read",
            error.strerror or str(error),
            exit_code=exit_codes.ENVIRONMENT,
        ) from error


def _is_run(folder: Path) -> bool:
    # Of os.path: a folder of someone else's is no run, and no error either.
    return os.path.isfile(folder / RUN_TOML)


def _listing(folder: Path, is_live: Callable[[Path], bool], baselines: tuple[str, ...]) -> RunListing:
    try:
        sealed = read_outcome(folder / OUTCOME_JSON)
    except PerftuiError:
        sealed = None
    try:
        kept = read_marks(folder)
    except PerftuiError:
        # Opening the run says what is wrong.
        kept = NOTHING_KEPT
    if sealed is None:
        listing = _unsealed(folder, RunState.RUNNING if is_live(folder) else RunState.INTERRUPTED)
    else:
        listing = _sealed(folder, *sealed, kept.rejudged)
    marks = kept.marks
    return replace(listing, is_starred=marks.is_starred, notes=listing.notes + len(marks.notes), baselines=baselines)


def _sealed(folder: Path, outcome: Outcome, summary: Summary, rejudged: Rejudged | None) -> RunListing:
    verdict = outcome.verdict if rejudged is None else rejudged.verdict
    notes = summary.notes
    if rejudged is not None:
        summary = rejudged.summary
    return RunListing(
        run_id=folder.name,
        folder=folder,
        profile=summary.profile,
        target=summary.target,
        started_at=outcome.started_at,
        state=outcome.state,
        verdict=verdict.value,
        duration_s=outcome.duration_s,
        requests=summary.requests,
        fail_ratio=summary.fail_ratio,
        p95_ms=summary.p95_ms,
        p50_ms=summary.p50_ms,
        p99_ms=summary.p99_ms,
        rps=summary.rps,
        notes=notes,
        branch=summary.branch,
    )


def _unsealed(folder: Path, state: RunState) -> RunListing:
    profile = target = started_at = branch = ""
    duration_s: float | None = None
    requests = failures = None
    notes = 0
    try:
        plan, started_at = read_run_toml(folder / RUN_TOML)
        profile, target, branch = plan.profile.name, plan.target.name, plan.branch
        with reading(folder / SAMPLES_DB) as connection:
            (requests, failures, duration_s), *_ = connection.execute(
                "SELECT sum(requests), sum(failures), max(elapsed_s) FROM tick"
            )
            notes = connection.execute("SELECT count(*) FROM event WHERE kind = ?", (NOTE,)).fetchone()[0]
    except PerftuiError:
        # Shown with what is known; opening it says what is wrong.
        pass
    return RunListing(
        run_id=folder.name,
        folder=folder,
        profile=profile,
        target=target,
        started_at=started_at,
        state=state,
        verdict=None,
        duration_s=duration_s,
        requests=requests,
        fail_ratio=failures / requests if requests and failures is not None else None,
        p95_ms=None,
        rps=requests / duration_s if requests and duration_s else None,
        notes=notes,
        branch=branch,
    )


def _started_at(folder: Path) -> str:
    try:
        return read_run_toml(folder / RUN_TOML)[1]
    except PerftuiError:
        return ""
