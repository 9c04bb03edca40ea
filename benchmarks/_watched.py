"""`perftui attach` to a fed run, for benchmarks: the run's process, and the cockpit on a line."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks._line import Line

HERE = Path(__file__).parent


@contextlib.contextmanager
def fed_run(names: int) -> Iterator[Path]:
    """The folder of a run that goes on."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["XDG_RUNTIME_DIR"] = home
        os.environ["PERFTUI_RUNS_DIR"] = f"{home}/runs"
        feeder = subprocess.Popen(
            [sys.executable, "-m", "benchmarks._fed_run", f"{home}/runs", str(names)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=HERE.parent,
        )
        try:
            assert feeder.stdout is not None
            yield Path(feeder.stdout.readline().strip())
        finally:
            feeder.terminate()
            feeder.wait()


@contextlib.contextmanager
def cockpit(
    run: Path, size: tuple[int, int], bytes_per_s: float | None = None, *, is_watched: bool = False
) -> Iterator[Line]:
    """A cockpit that shows `run`, once it does. `is_watched` tells of stalls, and costs a share of the CPU itself."""
    watch = ("benchmarks._stall_watch", str(stall_file(run))) if is_watched else ("perftui",)
    stall_file(run).write_text("0")
    line = Line((sys.executable, "-m", *watch, "attach", run.name), size, bytes_per_s)
    try:
        line.wait_for(lambda: "RUNNING" in line.text and "/api/v1/shop" in line.text)
        yield line
    finally:
        line.close()


def stall_file(run: Path) -> Path:
    return run.parent.parent / "stall"


def longest_stall_s(run: Path) -> float:
    """By how much the event loop of the newest cockpit of `run` was late at most."""
    return float(stall_file(run).read_text() or 0)
