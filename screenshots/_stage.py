"""Where the pictures and the recording are made: a home of somebody, an empty project, the built-in target."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

# Of whoever makes the pictures, what would show in them or change them.
_OWN = ("NO_COLOR", "COLUMNS", "LINES", "SSH_CONNECTION", "SSH_TTY", "DISPLAY", "WAYLAND_DISPLAY")


@contextlib.contextmanager
def stage() -> Iterator[Path]:
    """A project folder below a home that is gone afterwards; paths in it are shown as ``~/…``."""
    with tempfile.TemporaryDirectory() as base:
        home = Path(base) / "home"
        project = home / "shop"
        project.mkdir(parents=True)
        runtime = Path(base) / "run"
        runtime.mkdir(mode=0o700)
        for name in [name for name in os.environ if name in _OWN or name.startswith(("PERFTUI_", "LOCUST_", "XDG_"))]:
            del os.environ[name]
        # A runtime folder of its own is a built-in target of its own, which nobody else turns the knobs of.
        os.environ |= {"HOME": str(home), "XDG_RUNTIME_DIR": str(runtime), "TZ": "UTC", "COLORTERM": "truecolor"}
        # Who gives orders and writes notes is named.
        os.environ["LOGNAME"] = "tester"
        os.chdir(project)
        yield project


def turn_knobs(url: str, knobs: Mapping[str, float]) -> None:
    """Of the built-in target at `url`, as docs/demo.md says."""
    request = urllib.request.Request(f"{url}/__perftui__/knobs", json.dumps(knobs).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=10):
        pass


def refuse_own_traces(text: str, where: str) -> None:
    """Nothing of the machine that made it may stand in what is shown. Raises ValueError."""
    repository = str(Path(__file__).parents[1])
    for trace in (tempfile.gettempdir() + "/", repository, str(Path.home().parent), socket.gethostname()):
        # Shorter names stand in other words, and say nothing.
        if len(trace) > 3 and trace in text:
            raise ValueError(f"{where} shows {trace}")
