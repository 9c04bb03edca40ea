"""Locustfiles by path, from the folder they were named in; and those that come with perftui."""

from __future__ import annotations

import os
from pathlib import Path

import perftui
from perftui.exit_codes import LOCUSTFILE, USAGE
from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.profiles.names import listing, nearest, unknown

BUILT_IN_PREFIX = "builtin:"
BUILT_IN_FOLDER = Path(perftui.__file__).parent / "demo" / "locustfiles"
# Somebody may name a folder with a whole disk below it.
_MAX_FOLDERS = 2000
_MAX_COMPARED_NAMES = 1000


def locate(text: str, folder: Path, asked_by: str) -> str:
    """The absolute path of the locustfile, or folder of them, that `text` names.

    `asked_by` says in an error who named it. Raises PerftuiError where there is none.
    """
    if text.startswith(BUILT_IN_PREFIX):
        return _built_in(text.removeprefix(BUILT_IN_PREFIX), asked_by)
    path = os.path.abspath(os.path.join(folder, os.path.expanduser(text)))
    if os.path.isdir(path):
        if not _holds_python(path):
            raise _refused(text, asked_by, "the folder holds no .py file")
    elif not os.path.isfile(path):
        close = nearest_file(Path(path))
        next_step = f"The nearest name beside it is {close}" if close else f"It was looked for as {clean(path)}"
        raise _refused(text, asked_by, "there is no such file", next_step)
    elif not path.endswith(".py"):
        raise _refused(text, asked_by, "it is neither a .py file nor a folder")
    elif not os.access(path, os.R_OK):
        raise _refused(text, asked_by, "it may not be read")
    return path


def built_in_names() -> tuple[str, ...]:
    """What may stand behind ``builtin:``."""
    return tuple(sorted(path.stem for path in BUILT_IN_FOLDER.glob("[!_]*.py")))


def built_in_text(path: str) -> str:
    """What names the locustfile at the absolute `path` on a command line; empty for one that perftui did not bring."""
    return f"{BUILT_IN_PREFIX}{Path(path).stem}" if Path(path).parent == BUILT_IN_FOLDER else ""


def locustfile_text(path: str, working_directory: str) -> str:
    """The absolute `path` as short as it can be written on a command line in `working_directory`."""
    built_in = built_in_text(path)
    if built_in:
        return built_in
    if Path(path).is_relative_to(working_directory):
        return os.path.relpath(path, working_directory)
    return path


def nearest_file(path: Path) -> str | None:
    """The name in the folder of the missing `path` that was probably meant, cleaned."""
    try:
        with os.scandir(path.parent) as entries:
            names = [entry.name for entry, _ in zip(entries, range(_MAX_COMPARED_NAMES), strict=False)]
    except (OSError, ValueError):
        return None
    match = nearest(path.name, (name for name in names if name != path.name))
    return clean(match, 100) if match else None


def _built_in(name: str, asked_by: str) -> str:
    names = built_in_names()
    if name not in names:
        why = unknown("built-in locustfile", name, names)
        raise PerftuiError(asked_by, why, f"There is: {listing(names)}", exit_code=USAGE)
    return str(BUILT_IN_FOLDER / f"{name}.py")


def _holds_python(path: str) -> bool:
    for count, (_, _, names) in enumerate(os.walk(path)):
        # Locust skips names with an underscore in front.
        if any(name.endswith(".py") and not name.startswith("_") for name in names):
            return True
        if count >= _MAX_FOLDERS:
            # Undecided: the engine will say.
            return True
    return False


def _refused(text: str, asked_by: str, why: str, next_step: str = "") -> PerftuiError:
    return PerftuiError(f"{asked_by}: locustfile {clean(text)}", why, next_step, exit_code=LOCUSTFILE)
