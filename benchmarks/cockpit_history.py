"""A thousand runs: from the key that opens the history to the screen that lists them.

    python -m benchmarks.cockpit_history

A new cockpit under a real pseudo-terminal each time, and a folder of RUNS sealed runs.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks._fed_run import FedRun, Ticks, plan_of
from benchmarks._line import Line
from perftui.model.record import Accounting, Outcome, Verdict
from perftui.model.run_state import RunState
from perftui.store.layout import OUTCOME_JSON, RUN_TOML
from perftui.store.writer import RunWriter

RUNS = 1_000
ROUNDS = 5
SIZE = (120, 36)
# The table is drawn to its end.
ROWS = 20
MOST_S = 1.0
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_TICKS, _NAMES = 20, 50


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["XDG_RUNTIME_DIR"] = home
        os.environ["PERFTUI_RUNS_DIR"] = f"{home}/runs"
        make_runs(Path(home) / "runs", RUNS)
        times_s = [open_history_s(Path(home)) for _ in range(ROUNDS)]
    median_s, most_s = statistics.median(times_s), max(times_s)
    print(f"{RUNS:,} runs: median {median_s:.2f} s, most {most_s:.2f} s, at most {MOST_S:g}")


def open_history_s(folder: Path) -> float:
    """From the key to the whole list, in a cockpit that was just started."""
    line = Line((sys.executable, "-m", "perftui", "launch"), SIZE, cwd=folder)
    try:
        line.wait_for(lambda: "endurance" in line.text)
        # As long as a person takes to read the first screen.
        line.watch(1.0)
        line.press("5")
        return line.wait_for(lambda: f" {RUNS:,} runs in " in line.text and line.text.count("✓ passed") >= ROWS)
    finally:
        line.close()


def make_runs(folder: Path, count: int) -> None:
    """One run that was recorded and sealed, and copies of it that began an hour later each."""
    writer = RunWriter.create(folder, plan_of(), started_at=_BEGAN, environment={})
    run, ticks = FedRun(writer.folder), Ticks(_NAMES)
    for seq in range(_TICKS):
        tick = ticks.next(seq)
        run.assessment.add(tick)
        writer.commit(tick)
    totals = run.assessment.measured
    writer.seal(
        Outcome(
            run_id=writer.run_id,
            state=RunState.FINISHED,
            verdict=Verdict.PASSED,
            exit_code=0,
            reason="finished as planned",
            sentences=("Passed: finished as planned.",),
            started_at=_BEGAN.isoformat(timespec="milliseconds"),
            ended_at=_BEGAN.isoformat(timespec="milliseconds"),
            duration_s=totals.elapsed_s,
            accounting=Accounting(totals.started, totals.total.succeeded),
        ),
        totals,
    )
    writer.close()
    stamp = writer.run_id.partition("_")[0]
    for number in range(1, count):
        began = _BEGAN + timedelta(hours=number)
        run_id = writer.run_id.replace(stamp, f"{began:%Y%m%dT%H%M%S}")
        copy = folder / run_id
        shutil.copytree(writer.folder, copy)
        for name in (RUN_TOML, OUTCOME_JSON):
            text = (copy / name).read_text().replace(writer.run_id, run_id)
            (copy / name).write_text(
                text.replace(_BEGAN.isoformat(timespec="milliseconds"), began.isoformat(timespec="milliseconds"))
            )


if __name__ == "__main__":
    main()
