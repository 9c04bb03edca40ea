"""Which Python the engine is started with: the one in which the locustfile's own imports work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perftui.exit_codes import ENVIRONMENT
from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.wire.messages import OLDEST_LOCUST

_PROBE = "import importlib.metadata as m; print(m.version('locust'))"
_PROBE_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Interpreter:
    """`origin` says where the choice came from; `notice` is one line about a better one that has no Locust."""

    python: str
    origin: str
    locust: str
    notice: str = ""


def choose_interpreter(named: str | None, origin: str, environ: Mapping[str, str], folder: Path) -> Interpreter:
    """The interpreter that `named` says, else that of $VIRTUAL_ENV, of a ``.venv`` in `folder`, or perftui's own.

    Raises PerftuiError where `named` cannot be used: a person who names one means it. The others are used if
    they hold Locust >= 2.47, else perftui's own is, and `notice` says what to install where.
    """
    if named is not None:
        python = os.path.expanduser(named)
        version = _locust_version(python)
        if version is None or not _is_new_enough(version):
            raise PerftuiError(
                f"cannot run the engine with {clean(named)} ({origin})",
                _why(version, python),
                f"Run `{clean(python)} -m pip install 'locust>=2.47'`, or name another with --python",
                exit_code=ENVIRONMENT,
            )
        return Interpreter(python, origin, version)
    notice = ""
    for root, found in (
        (environ.get("VIRTUAL_ENV"), "VIRTUAL_ENV"),
        (str(folder / ".venv"), ".venv beside the profiles"),
    ):
        python = f"{root}/bin/python"
        if not root or not os.access(python, os.X_OK):
            continue
        if os.path.realpath(root) == os.path.realpath(sys.prefix):
            break
        version = _locust_version(python)
        if version is not None and _is_new_enough(version):
            return Interpreter(python, found, version)
        notice = notice or (
            f"{clean(python)} ({found}) {_why(version, python)}; using perftui's own Python. "
            f"For the project's imports: `{clean(python)} -m pip install 'locust>=2.47'`"
        )
    return Interpreter(sys.executable, "perftui's own", _locust_version(sys.executable) or "", notice)


def _why(version: str | None, python: str) -> str:
    if version is not None:
        return f"has Locust {clean(version)}, and perftui needs 2.47 or newer"
    return "has no Locust" if os.access(python, os.X_OK) else "cannot be started"


def _is_new_enough(version: str) -> bool:
    match = re.match(r"(\d+)\.(\d+)", version)
    return match is not None and (int(match[1]), int(match[2])) >= OLDEST_LOCUST


def _locust_version(python: str) -> str | None:
    """The version of Locust that `python` would import; None where there is none. Imports no Locust."""
    try:
        done = subprocess.run(
            [python, "-c", _PROBE],
            capture_output=True,
            text=True,
            timeout=_PROBE_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
