"""What becomes of a bench: compared, judged, kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from perftui import exit_codes
from perftui.conductor.bench import BenchOutcome
from perftui.judgement.bench import TaskComparison, compare_tasks, is_cut_short
from perftui.judgement.comparison import DEFAULT_LIMIT
from perftui.model.bench import Bench
from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.profiles.names import NAME_ALLOWED, is_name, listing
from perftui.reports.bench import bench_text, comparison_text
from perftui.reports.bench_json import NewerBenchError, bench_from_json, bench_json
from perftui.store.atomic import write_atomically
from perftui.store.benchmarks import find_bench, read_bench, save_bench
from perftui.store.paths import path_for_people


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be done with the numbers. `baseline` is the bench to compare with, `allowed` relative."""

    runs: Path
    save: str | None
    json_file: Path | None
    baseline_name: str
    baseline: Bench | None
    allowed: float
    must_not_be_worse: bool


def wishes_of(
    runs: Path, save: str | None, json_file: Path | None, compare: str | None, fail_if_worse: float | None
) -> Wishes:
    """Raises PerftuiError for what cannot be done afterwards, before anything is sent."""
    if save is not None and not is_name(save):
        raise PerftuiError(f"--save {clean(save, 64)}", f"allowed: {NAME_ALLOWED}", exit_code=exit_codes.USAGE)
    if json_file is not None and not json_file.absolute().parent.is_dir():
        why = f"there is no folder {path_for_people(json_file.absolute().parent)}"
        raise PerftuiError(f"--json {path_for_people(json_file)}", why, exit_code=exit_codes.USAGE)
    if fail_if_worse is not None and compare is None:
        raise PerftuiError(
            "--fail-if-worse", "it needs something to compare with", "Add --compare NAME", exit_code=exit_codes.USAGE
        )
    allowed = DEFAULT_LIMIT if fail_if_worse is None else fail_if_worse
    baseline = None if compare is None else _baseline(runs, compare)
    return Wishes(runs, save, json_file, compare or "", baseline, allowed, fail_if_worse is not None)


def _baseline(runs: Path, name: str) -> Bench:
    path = find_bench(runs, name)
    try:
        return bench_from_json(read_bench(path))
    except NewerBenchError as error:
        why, next_step = f"a newer perftui wrote it: {error}", "Upgrade perftui to compare with it"
    except ValueError as error:
        why, next_step = clean(str(error)), "Save one with --save NAME"
    what = f"cannot compare with {path_for_people(path)}"
    raise PerftuiError(what, why, next_step, exit_code=exit_codes.USAGE)


def _not_comparable(name: str, why: str) -> PerftuiError:
    next_step = "Compare what is alike, or save this one under a name of its own"
    return PerftuiError(f"cannot compare with {clean(name, 64)}", why, next_step, exit_code=exit_codes.USAGE)


def check_target(target: str, wishes: Wishes) -> None:
    """Raises PerftuiError where the baseline was measured on another one."""
    if wishes.baseline is not None and wishes.baseline.target != target:
        why = f"it was measured on {clean(wishes.baseline.target)}, this is {clean(target)}"
        raise _not_comparable(wishes.baseline_name, why)


def check_tasks(planned: Sequence[tuple[str, str]], wishes: Wishes) -> None:
    """Raises PerftuiError where there are tasks that the baseline does not have."""
    if wishes.baseline is None:
        return
    known = {each.name for each in wishes.baseline.tasks}
    new = [name for name in map(".".join, planned) if name not in known]
    if new:
        shown = f"{listing(sorted(known))}"
        raise _not_comparable(wishes.baseline_name, f"it has other tasks ({shown}), without {listing(new)}")


def conclude(measured: Bench, outcome: BenchOutcome, wishes: Wishes) -> int:
    """Print, keep and judge what was measured; the exit code."""
    click.echo(bench_text(measured))
    codes = {outcome.exit_code}
    if not any(task.times_s for task in measured.tasks):
        codes.add(exit_codes.NO_DATA)
        click.echo("perftui: nothing was measured.", err=True)
    cut_short = [task.name for task in measured.tasks if is_cut_short(task)]
    if cut_short and (wishes.save is not None or wishes.must_not_be_worse):
        codes.add(exit_codes.NO_DATA)
        click.echo(f"perftui: not measured to its end: {listing(cut_short)}.", err=True)
    if wishes.baseline is not None:
        asked_for = {task.name for task in measured.tasks}
        comparisons = compare_tasks(wishes.baseline.tasks, measured.tasks, wishes.allowed)
        gone = [task.name for task in wishes.baseline.tasks if task.name not in asked_for]
        click.echo("\n" + comparison_text(wishes.baseline_name, comparisons, gone, wishes.allowed))
        node, old_node = measured.machine.get("node"), wishes.baseline.machine.get("node")
        if node != old_node:
            click.echo(f"warning: {clean(wishes.baseline_name)} was measured on {clean(str(old_node))}.", err=True)
        if wishes.must_not_be_worse:
            codes |= _judge(comparisons, wishes)
    if outcome.reason:
        click.echo(f"perftui: {clean(outcome.reason, 500)}.", err=True)
    _keep(measured, outcome, wishes)
    if exit_codes.FAILED in codes:
        # What is surely worse outweighs what cannot be said.
        codes.discard(exit_codes.NO_DATA)
    return next(code for code in exit_codes.PRECEDENCE if code in codes)


def _judge(comparisons: Sequence[TaskComparison], wishes: Wishes) -> set[int]:
    worse = [each.name for each in comparisons if each.verdict == "worse"]
    unsure = [each.name for each in comparisons if each.verdict in ("unclear", "no data")]
    codes = set()
    if worse:
        codes.add(exit_codes.FAILED)
        what = f"worse than {clean(wishes.baseline_name, 64)} by more than {wishes.allowed * 100:g} %"
        click.echo(f"perftui: {what}: {listing(worse)}.", err=True)
    if unsure:
        codes.add(exit_codes.NO_DATA)
        click.echo(f"perftui: whether it is worse cannot be said of {listing(unsure)}.", err=True)
    return codes


def _keep(measured: Bench, outcome: BenchOutcome, wishes: Wishes) -> None:
    """Raises PerftuiError where it cannot be written. A bench that was cut short is no baseline."""
    if wishes.save is None and wishes.json_file is None:
        return
    if outcome.exit_code != exit_codes.OK or not any(task.times_s for task in measured.tasks):
        click.echo("perftui: not saved: the bench did not come to its end with something measured.", err=True)
        return
    data = bench_json(measured)
    try:
        if wishes.save is not None:
            click.echo(f"\nSaved: {path_for_people(save_bench(wishes.runs, wishes.save, data))}")
        if wishes.json_file is not None:
            write_atomically(wishes.json_file.absolute(), data)
    except OSError as error:
        why = error.strerror or str(error)
        raise PerftuiError("the bench cannot be saved", why, exit_code=exit_codes.ENVIRONMENT) from None
