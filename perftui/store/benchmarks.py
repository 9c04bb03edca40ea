"""Benches that were saved under a name, as pytest-benchmark keeps its own: MACHINE/0001_NAME.json."""

from __future__ import annotations

import fcntl
import os
import platform
import re
from pathlib import Path

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.store.atomic import write_atomically
from perftui.store.layout import make_private_folders
from perftui.store.paths import path_for_people

BENCHMARKS = "benchmarks"
# About 25 million rounds; what is larger was not written by a bench.
MAX_FILE_BYTES = 512 << 20
_FILE_NAME = re.compile(r"(\d{4,})_(.+)\.json")
_MAX_SHOWN = 10


def machine_id() -> str:
    """Which machines are alike, as pytest-benchmark says it: the name of a folder."""
    version = ".".join(platform.python_version_tuple()[:2])
    return f"{platform.system()}-{platform.python_implementation()}-{version}-{platform.architecture()[0]}"


def machine_info() -> dict[str, str]:
    """What this machine is, by pytest-benchmark's keys."""
    return {
        "node": platform.node(),
        "processor": platform.processor(),
        "machine": platform.machine(),
        "python_implementation": platform.python_implementation(),
        "python_implementation_version": platform.python_version(),
        "python_version": platform.python_version(),
        "release": platform.release(),
        "system": platform.system(),
    }


def save_bench(runs: Path, name: str, data: bytes) -> Path:
    """The new file that holds `data`, in this machine's folder, with the next number. Raises OSError.

    `name` is one that a profile may have: it becomes part of a file's name.
    """
    folder = runs / BENCHMARKS / machine_id()
    make_private_folders(folder)
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Two benches that end together get two numbers.
        fcntl.flock(lock, fcntl.LOCK_EX)
        number = max((number for number, _, _ in _saved(folder)), default=0) + 1
        path = folder / f"{number:04}_{name}.json"
        write_atomically(path, data)
    finally:
        os.close(lock)
    return path


def find_bench(runs: Path, name: str) -> Path:
    """The file that `name` means: the newest saved under it here, a number such as 0001, or a path.

    Raises PerftuiError where there is none.
    """
    path = Path(name).expanduser()
    if path.suffix == ".json" and path.is_file():
        return path
    saved = _saved(runs / BENCHMARKS / machine_id())
    for number, saved_name, file in reversed(saved):
        if name in (saved_name, f"{number:04}", file.stem):
            return file
    elsewhere = [
        folder.name
        for folder in sorted((runs / BENCHMARKS).glob("*"))
        if any(name == saved_name for _, saved_name, _ in _saved(folder))
    ]
    if elsewhere:
        why = f"it was measured on another kind of machine: {', '.join(elsewhere[:_MAX_SHOWN])}"
        next_step = f"Save one of this kind ({machine_id()}), or give the path of the file"
    else:
        names = list(dict.fromkeys(saved_name for _, saved_name, _ in reversed(saved)))
        why = f"there are {', '.join(map(clean, names[:_MAX_SHOWN]))}" if names else "nothing was saved yet"
        next_step = "Make one with --save NAME"
    raise PerftuiError(f"no bench is called {clean(name)!r}", why, next_step, exit_code=exit_codes.USAGE)


def read_bench(path: Path) -> bytes:
    """What is in the file. Raises PerftuiError where it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        why = error.strerror or str(error)
        raise PerftuiError(f"{path_for_people(path)} cannot be read", why, exit_code=exit_codes.USAGE) from None
    if len(data) > MAX_FILE_BYTES:
        why = f"it is larger than {MAX_FILE_BYTES >> 20} MB"
        raise PerftuiError(f"{path_for_people(path)} is no bench", why, exit_code=exit_codes.USAGE)
    return data


def _saved(folder: Path) -> list[tuple[int, str, Path]]:
    """Number, name and file, the oldest first."""
    matches = [(_FILE_NAME.fullmatch(file.name), file) for file in folder.glob("*.json")]
    return sorted((int(match[1]), match[2], file) for match, file in matches if match)
