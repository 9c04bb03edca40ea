"""Files that are old, new or absent, and never half of either."""

from __future__ import annotations

import itertools
import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Make `path` hold `data`, with `mode`: after a crash or kill -9 at any point it is as before or whole.

    Raises OSError where it cannot be written; then `path` is as before.
    """
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a loss of power. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def create(path: Path, data: bytes) -> None:
    """Write `data` whole to `path`. Raises FileExistsError where there is one, else OSError; then nothing is left."""
    with tempfile.NamedTemporaryFile(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        # A link, unlike a rename, never takes the place of a file that is there.
        os.link(file.name, path)
    sync_folder(path.parent)


def write_new(path: Path, data: bytes) -> Path:
    """Write `data` whole to `path`, or to `path` with -2, -3, … before its ending where that exists; the path used.

    Raises OSError where it cannot be written.
    """
    for count in itertools.count(1):
        candidate = path if count == 1 else path.with_name(f"{path.stem}-{count}{path.suffix}")
        try:
            create(candidate, data)
        except FileExistsError:
            continue
        return candidate
    raise AssertionError("unreachable: the count has no end")
