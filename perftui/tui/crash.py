"""A crash of our own: what is kept of it, and where. Never with local variables: they hold tokens."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

from perftui import __version__
from perftui.model.text import mask_secrets


def crash_folder() -> Path:
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "perftui"


def write_crash_report(error: BaseException | None) -> Path | None:
    """The traceback of `error` in a file that only its owner can read; None where none can be written."""
    lines = traceback.format_exception(error) if error is not None else ["no exception is known\n"]
    now = datetime.now(UTC)
    text = f"perftui {__version__}, {now.isoformat(timespec='seconds')}\n\n{''.join(map(mask_secrets, lines))}"
    folder = crash_folder()
    path = folder / f"crash-{now:%Y%m%dT%H%M%S}-{os.getpid()}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError:
        return None
    return path


def bug_text(error: BaseException) -> str:
    """One line for a bug that must not end the cockpit; the traceback goes where a crash's would."""
    path = write_crash_report(error)
    where = f"the report is in {path}" if path else "no report could be written"
    return f"a bug in perftui ({type(error).__name__}); {where}"
