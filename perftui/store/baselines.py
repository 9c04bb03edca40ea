"""The runs that others are compared with, by the names that people gave them: one file beside the runs."""

from __future__ import annotations

import difflib
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan
from perftui.model.text import clean
from perftui.store.atomic import write_atomically
from perftui.store.files import damaged, refuse_newer
from perftui.store.layout import make_private_folders
from perftui.store.paths import path_for_people

BASELINES_JSON = "baselines.json"
BASELINES_SCHEMA_VERSION = 1
MAX_BASELINES = 1000
_MAX_BYTES = 1 << 20
_LOCK = ".baselines.lock"


@dataclass(frozen=True, slots=True)
class Baseline:
    """A name for a run. `branch` is that of git when it was asked for, empty where there was none.

    `set_at` is UTC in ISO 8601.
    """

    name: str
    run_id: str
    profile: str
    target: str
    branch: str
    set_at: str


class Baselines:
    """Those of one runs folder. Every method raises PerftuiError where their file cannot be read or written."""

    def __init__(self, runs_folder: Path) -> None:
        self.folder = runs_folder
        self._path = runs_folder / BASELINES_JSON

    def all(self) -> list[Baseline]:
        """The newest first."""
        return sorted(self._read(), key=lambda each: (each.set_at, each.name), reverse=True)

    def find(self, name: str) -> Baseline | None:
        return next((each for each in self._read() if each.name == name), None)

    def set(self, name: str, run_id: str, plan: RunPlan, now: datetime) -> Baseline | None:
        """Name a run of this folder; the baseline that had the name before. `now` is in UTC."""
        baseline = Baseline(
            name,
            run_id,
            plan.profile.name,
            plan.target.name,
            plan.branch,
            now.isoformat(timespec="milliseconds"),
        )
        with self._changing() as known:
            before = known.get(name)
            if before is None and len(known) >= MAX_BASELINES:
                raise PerftuiError(
                    f"there are {MAX_BASELINES:,} baselines",
                    "more are not kept",
                    "Remove one with `perftui baseline rm NAME`",
                    exit_code=exit_codes.USAGE,
                )
            known[name] = baseline
        return before

    def remove(self, name: str) -> None:
        """Forget the name; its run stays. Raises PerftuiError where there is none of that name."""
        with self._changing() as known:
            if name not in known:
                raise self.unknown(name)
            del known[name]

    def unknown(self, name: str) -> PerftuiError:
        near = difflib.get_close_matches(name, [each.name for each in self._read()], 1)
        return PerftuiError(
            f"there is no baseline {clean(name, 64)}",
            f"the nearest is {clean(near[0])}" if near else "",
            "`perftui baseline list` lists them",
            exit_code=exit_codes.USAGE,
        )

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Baseline]]:
        """What is known, to be changed; written at the end, with nobody else writing meanwhile."""
        try:
            make_private_folders(self.folder)
            with open(self.folder / _LOCK, "w", opener=_private) as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                known = {each.name: each for each in self._read()}
                yield known
                entries = {
                    name: {key: value for key, value in asdict(each).items() if key != "name"}
                    for name, each in sorted(known.items())
                }
                document = {"schema_version": BASELINES_SCHEMA_VERSION, "baselines": entries}
                write_atomically(self._path, json.dumps(document, indent=2).encode() + b"\n")
        except OSError as error:
            raise PerftuiError(
                f"{path_for_people(self._path)} cannot be written",
                error.strerror or str(error),
                exit_code=exit_codes.ENVIRONMENT,
            ) from error

    def _read(self) -> list[Baseline]:
        try:
            with self._path.open("rb") as file:
                data = file.read(_MAX_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise PerftuiError(
                f"{path_for_people(self._path)} cannot be read",
                error.strerror or str(error),
                exit_code=exit_codes.ENVIRONMENT,
            ) from error
        try:
            if len(data) > _MAX_BYTES:
                raise ValueError(f"larger than {_MAX_BYTES >> 20} MB")
            document = json.loads(data)
            refuse_newer(self._path, document["schema_version"], BASELINES_SCHEMA_VERSION)
            return [_baseline(name, entry) for name, entry in document["baselines"].items()][:MAX_BASELINES]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise damaged(self._path, error) from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _baseline(name: str, entry: dict[str, str]) -> Baseline:
    texts = [entry[key] for key in ("run_id", "profile", "target", "branch", "set_at")]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"baseline {clean(name, 64)} holds something else than texts")
    if "/" in texts[0] or texts[0] in ("", ".", ".."):
        raise ValueError(f"baseline {clean(name, 64)} names no run of this folder")
    return Baseline(name, *texts)
