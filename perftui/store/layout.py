"""Where runs are, and what is in the folder of one."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path

import platformdirs

RUNS_DIR_VARIABLE = "PERFTUI_RUNS_DIR"

RUN_TOML = "run.toml"
SAMPLES_DB = "samples.db"
OUTCOME_JSON = "outcome.json"
RUN_LOG = "run.log"
MARKS_JSON = "marks.json"
REPORT_HTML = "report.html"
RESULT_JSON = "result.json"
STATS_CSV = "stats.csv"
STATS_HISTORY_CSV = "stats_history.csv"
FAILURES_CSV = "failures.csv"
EXCEPTIONS_CSV = "exceptions.csv"
NOTES_CSV = "notes.csv"
SECONDS_CSV = "seconds.csv"

# Names of profile and target in a folder's name are cut to this: a path must stay below the system's limit.
_MAX_NAME_LENGTH = 40
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
# More runs of one profile and target within one second than this is a fault, not a use.
_MOST_NAMESAKES = 10_000


def runs_folder(explicit: str | None) -> Path:
    """The folder that holds the runs: `explicit`, else $PERFTUI_RUNS_DIR, else one in the user's data folder."""
    chosen = explicit or os.environ.get(RUNS_DIR_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_data_path("perftui") / "runs"


def new_run_folder(runs: Path, started_at: datetime, profile: str, target: str) -> Path:
    """Make the folder of a new run, mode 0700 whatever the umask; a taken name gets -2, -3, and so on.

    Raises OSError where it cannot be made.
    """
    make_private_folders(runs)
    name = f"{started_at:%Y%m%dT%H%M%S}_{_name_part(profile)}_{_name_part(target)}"
    for number in range(1, _MOST_NAMESAKES):
        folder = runs / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        folder.chmod(0o700)
        return folder
    raise FileExistsError(f"{name} and its namesakes exist")


def make_private_folders(folder: Path) -> None:
    """Make `folder` and its missing parents with mode 0700; those that exist stay as they are."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
        each.chmod(0o700)


def _name_part(name: str) -> str:
    # No leading dot or dash: a hidden folder, or one that a command takes for an option.
    return _NOT_IN_NAMES.sub("-", name[: _MAX_NAME_LENGTH * 4]).strip(".-")[:_MAX_NAME_LENGTH] or "unnamed"
