"""A run without a screen: one line of progress while it goes on, the verdict and a table when it is over."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, Self, TextIO

from perftui import exit_codes
from perftui.conductor.interpreter import Interpreter
from perftui.conductor.loading import load_engine
from perftui.conductor.log import LogLine
from perftui.conductor.opening import open_run
from perftui.model.capacity import SEARCH_TITLE, level_text
from perftui.model.duration import format_clock
from perftui.model.errors import PerftuiError
from perftui.model.judged import ThresholdState
from perftui.model.plan import RunPlan
from perftui.model.record import NO_DEMANDS, Demands, Outcome, Record
from perftui.model.run_state import RunState
from perftui.model.snapshot import Snapshot
from perftui.model.text import clean
from perftui.reports.figures import THRESHOLD_MARKS, margin_text, thresholds_in_order
from perftui.reports.text import results_text
from perftui.store.paths import path_for_people
from perftui.store.reader import RunReader

# Where there is no terminal: one line so often.
LINE_INTERVAL_S = 10.0

_SIGNALS = {
    signal.SIGINT: ("interrupted", exit_codes.INTERRUPTED),
    signal.SIGTERM: ("terminated", exit_codes.TERMINATED),
    signal.SIGHUP: ("hung up", exit_codes.HANGUP),
}


@dataclass(frozen=True, slots=True)
class Voice:
    """How much is said. `json` puts the outcome, and nothing else, on stdout."""

    quiet: bool = False
    json: bool = False


class Progress:
    """The progress line on `stream` (stderr): rewritten in place on a terminal, else a line now and then."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._shown = ""
        self._state: RunState | None = None
        self._said_at_s = 0.0
        self._latest_s = 0.0

    def show(self, snapshot: Snapshot) -> None:
        # Once its load is over a run lasted until its last tick; what was shown of a stuck one is later.
        self._latest_s = max(self._latest_s, snapshot.elapsed_s)
        snapshot = replace(snapshot, elapsed_s=self._latest_s)
        text = progress_text(snapshot)
        if self._is_terminal:
            width = shutil.get_terminal_size().columns
            self._shown = text[: max(width - 1, 1)]
            self._write(f"\r\x1b[K{self._shown}")
        elif snapshot.state is not self._state or snapshot.elapsed_s - self._said_at_s >= LINE_INTERVAL_S:
            self._said_at_s = snapshot.elapsed_s
            self._write(text + "\n")
        self._state = snapshot.state

    def say(self, line: str) -> None:
        """A line above the progress line."""
        if self._is_terminal:
            self._write(f"\r\x1b[K{line}\n{self._shown}")
        else:
            self._write(line + "\n")

    def finish(self) -> None:
        if self._is_terminal and self._shown:
            self._write("\r\x1b[K")
            self._shown = ""

    def _write(self, text: str) -> None:
        # A reader of our stderr that went away must not end the run.
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


def progress_text(snapshot: Snapshot) -> str:
    """The state of a run in one line of at most about 100 cells."""
    clock = format_clock(snapshot.elapsed_s)
    if snapshot.run_time_s is not None:
        clock += f" / {format_clock(snapshot.run_time_s)}"
    if snapshot.warning:
        return clean(f"{clock}  ! {snapshot.warning}")
    is_paused = snapshot.control is not None and snapshot.control.is_paused
    state = "paused" if is_paused else snapshot.state.value
    if snapshot.now is None:
        return f"{clock}  {state}"
    total = snapshot.total
    p95_ms = snapshot.recent_times.p95_ms
    p95 = "p95 -" if p95_ms is None else f"p95 {p95_ms:,.0f} ms" if p95_ms >= 10 else f"p95 {p95_ms:.1f} ms"
    ratio = f" ({total.fail_ratio:.2%})" if total.failures and total.fail_ratio is not None else ""
    return (
        f"{clock}  {state}  {snapshot.user_count:,} users  {snapshot.now.rps:,.0f} rps  "
        f"{p95}  {total.requests:,} requests  {total.failures:,} failed{ratio}{_closest_text(snapshot)}"
    )


def _closest_text(snapshot: Snapshot) -> str:
    """The threshold that stands worst: failed before no data, before acceptable, before the least to spare."""
    if snapshot.is_warming_up:
        return "  warming up"
    if not snapshot.thresholds:
        return ""
    worst = thresholds_in_order(snapshot.thresholds)[0]
    if worst.state is ThresholdState.NO_DATA and (level := _level_text(snapshot)):
        return f"  {level}"
    return f"  {THRESHOLD_MARKS[worst.state]} {clean(worst.measure, 40)} {margin_text(worst) or worst.state.value}"


def _level_text(snapshot: Snapshot) -> str:
    """What a search for capacity tries now: nothing is known of that level yet. Empty where there is no search."""
    _, is_search, level = snapshot.title.rpartition(SEARCH_TITLE)
    if not is_search or snapshot.control is None:
        return ""
    rate_per_s = snapshot.control.rate_per_s
    asked = snapshot.control.users if rate_per_s is None else rate_per_s
    return clean(f"{level}: {level_text(asked, is_rate=rate_per_s is not None)}", 60)


async def run_headless(
    plan: RunPlan, interpreter: Interpreter, runs_folder: Path, voice: Voice, *, demands: Demands = NO_DEMANDS
) -> Outcome:
    """Run `plan` here, to its end or to a signal. Raises PerftuiError with no load sent."""
    progress = Progress(sys.stderr)

    def on_snapshot(snapshot: Snapshot) -> None:
        if not voice.quiet:
            progress.show(snapshot)

    def on_log(line: LogLine) -> None:
        if not voice.quiet:
            progress.say(f"{line.level.lower()}: {line.text}" if line.level != "STDOUT" else line.text)

    with StopOnSignals() as signals:
        engine = await load_engine(plan, interpreter, on_log=on_log)
        for warning in engine.warnings:
            progress.say(f"warning: {warning}")
        conductor = await open_run(
            plan,
            engine,
            runs_folder,
            on_snapshot=on_snapshot,
            on_log=on_log,
            demands=demands,
        )
        signals.conductor = conductor
        outcome = await conductor.run()
    progress.finish()
    try:
        print_results(RunReader(conductor.folder).record(), voice)
    except (PerftuiError, OSError) as error:
        # The folder is gone, or whoever reads our output is: the run ended as it ended.
        progress.say(f"the results cannot be printed: {clean(str(error))}")
    return outcome


class Stoppable(Protocol):
    def stop(self, reason: str, code: int, *, now: bool = False) -> None: ...


class StopOnSignals:
    """A first signal stops the run and keeps its record; a second one stops it at once.

    While the locustfile is being loaded there is nothing to keep: the command ends.
    """

    def __init__(self) -> None:
        self.conductor: Stoppable | None = None
        self._count = 0
        self._code = 0

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        for number in _SIGNALS:
            # A parent that ignores hang-ups (nohup) means it; the others are ours.
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, self._on_signal, number)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        for number in _SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)
        if kind is asyncio.CancelledError and self._code:
            raise SystemExit(self._code)

    def _on_signal(self, number: signal.Signals) -> None:
        self._count += 1
        reason, code = _SIGNALS[number]
        if self.conductor is not None:
            self.conductor.stop(reason, code, now=self._count > 1)
        elif self._task is not None:
            self._code = code
            self._task.cancel()


def print_results(record: Record, voice: Voice) -> None:
    """The end of a run on stdout: the verdict in words, a table of at most 80 columns, and where the files are."""
    if voice.json:
        print(outcome_json(record))
    elif voice.quiet and record.outcome is not None:
        print(f"{record.outcome.verdict.value}: {clean(record.outcome.reason)}  {path_for_people(record.folder)}")
    else:
        print(results_text(record, path_for_people(record.folder)))
    sys.stdout.flush()


def outcome_json(record: Record) -> str:
    """outcome.json as it stands in the run's folder."""
    return json.dumps(json.loads((Path(record.folder) / "outcome.json").read_bytes()), indent=2)
