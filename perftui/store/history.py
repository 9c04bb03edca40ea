"""The runs in a folder: listed, and found by what a person types."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.run_state import RunState
from perftui.model.text import clean
from perftui.store.connection import reading
from perftui.store.files import read_outcome, read_run_toml
from perftui.store.layout import OUTCOME_JSON, RUN_TOML, SAMPLES_DB
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


def list_runs(runs_folder: Path, is_live: Callable[[Path], bool]) -> list[RunListing]:
    """All runs, newest first. `is_live` says of a run that was never sealed whether its conductor runs.

    A run whose files are damaged is listed with what is still known. No folder is no runs.
    """
    listings = [_listing(folder, is_live) for folder in _folders(runs_folder)]
    return sorted(listings, key=lambda listing: (listing.started_at, listing.run_id), reverse=True)


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


def _listing(folder: Path, is_live: Callable[[Path], bool]) -> RunListing:
    try:
        sealed = read_outcome(folder / OUTCOME_JSON)
    except PerftuiError:
        sealed = None
    if sealed is None:
        return _unsealed(folder, RunState.RUNNING if is_live(folder) else RunState.INTERRUPTED)
    outcome, summary = sealed
    return RunListing(
        run_id=folder.name,
        folder=folder,
        profile=summary.profile,
        target=summary.target,
        started_at=outcome.started_at,
        state=outcome.state,
        verdict=outcome.verdict.value,
        duration_s=outcome.duration_s,
        requests=summary.requests,
        fail_ratio=summary.fail_ratio,
        p95_ms=summary.p95_ms,
    )


def _unsealed(folder: Path, state: RunState) -> RunListing:
    profile = target = started_at = ""
    duration_s: float | None = None
    requests = failures = None
    try:
        plan, started_at = read_run_toml(folder / RUN_TOML)
        profile, target = plan.profile.name, plan.target.name
        with reading(folder / SAMPLES_DB) as connection:
            (requests, failures, duration_s), *_ = connection.execute(
                "SELECT sum(requests), sum(failures), max(elapsed_s) FROM tick"
            )
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
    )


def _started_at(folder: Path) -> str:
    try:
        return read_run_toml(folder / RUN_TOML)[1]
    except PerftuiError:
        return ""
