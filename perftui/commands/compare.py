"""Runs compared with others, and the names of those that are compared with."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from perftui import exit_codes
from perftui.commands.asked import runs_dir_option
from perftui.commands.live_runs import is_live
from perftui.judgement.comparison import DEFAULT_LIMIT, Sliced, slice_count, sliced
from perftui.judgement.comparison import compare as compare_sliced
from perftui.judgement.likeness import differences, remarks
from perftui.model.errors import PerftuiError
from perftui.model.record import Record
from perftui.model.text import clean
from perftui.profiles.names import NAME_ALLOWED, is_name, listing
from perftui.reports.comparison_figures import Compared, summary_text
from perftui.reports.comparison_html import comparison_html
from perftui.reports.comparison_json import comparison_json
from perftui.reports.comparison_text import comparison_text
from perftui.store.atomic import write_new
from perftui.store.baselines import Baseline, Baselines, branch_of
from perftui.store.history import LAST, find_run
from perftui.store.layout import RUN_TOML, runs_folder
from perftui.store.paths import path_for_people
from perftui.store.reader import RunReader

_MOST_DIFFERENCES = 5


class Share(click.ParamType[float]):
    """20% or 0.2, above 0."""

    name = "share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = 0.0
        # Without the sign, 20 would be 2000 %.
        if not 0 < share <= 10 or (share > 1 and not text.endswith("%")):
            self.fail(f"{clean(text)!r} is not a share such as 20% or 0.2", param, ctx)
        return share


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="[B]", required=False)
@runs_dir_option
@click.option(
    "--fail-if-worse",
    type=Share(),
    metavar="20%",
    help="Exit code 10 if anything got worse by more than this, 11 if that cannot be said; else 20% is called worse.",
)
@click.option("--force", is_flag=True, help="Compare even unlike runs.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
@click.option("--html", "html_file", type=click.Path(path_type=Path), metavar="FILE", help="Write a page, too.")
def compare(
    first: str,
    second: str | None,
    runs_dir: str | None,
    fail_if_worse: float | None,
    force: bool,
    as_json: bool,
    html_file: Path | None,
) -> int:
    """Compare run A, the old, with run B, the new.

    Each is a baseline's name, a run's id, a part of one, "last", or a folder. With A alone, A is the new run; the old
    one is the baseline of its profile, target and branch.
    """
    baselines = Baselines(runs_folder(runs_dir))
    (old_name, old_reader), (_, new_reader) = _pair(baselines, first, second)
    if old_reader.folder.resolve() == new_reader.folder.resolve():
        raise _usage(
            f"A and B are both {clean(new_reader.run_id)}", "a run says nothing about itself", "Name another one"
        )
    old, new = _record(old_reader), _record(new_reader)
    unlike = differences(old, new)
    if unlike and not force:
        said = "; ".join(each.text for each in unlike[:_MOST_DIFFERENCES])
        raise _usage("these runs are not alike", said, "Compare them all the same with --force")
    for record, label in ((old, "A"), (new, "B")):
        if not record.totals.total.requests:
            raise PerftuiError(
                "there is nothing to compare",
                f"{label}, {clean(record.run_id)}, measured no request",
                exit_code=exit_codes.NO_DATA,
            )
    count = slice_count(old.totals, new.totals)
    comparison = compare_sliced(
        _sliced(old, old_reader, count), _sliced(new, new_reader, count), fail_if_worse or DEFAULT_LIMIT
    )
    compared = Compared(old, new, old_name, comparison, unlike, remarks(old, new))
    if html_file is not None:
        click.echo(f"Written: {_write(html_file, comparison_html(compared))}", err=True)
    click.echo(comparison_json(compared).decode().rstrip() if as_json else comparison_text(compared))
    if fail_if_worse is None:
        return exit_codes.OK
    if comparison.worse():
        click.echo(f"perftui: {summary_text(comparison)}", err=True)
        return exit_codes.FAILED
    if comparison.undecided() or not comparison.can_say:
        click.echo(f"perftui: {summary_text(comparison)} A longer run helps.", err=True)
        return exit_codes.NO_DATA
    return exit_codes.OK


@click.group(no_args_is_help=False)
def baseline() -> None:
    """Name runs to compare others with."""


@baseline.command("set")
@click.argument("name")
@click.argument("run_name", metavar="[RUN]", default=LAST)
@runs_dir_option
def set_baseline(name: str, run_name: str, runs_dir: str | None) -> None:
    """Call RUN (an id, a part of one, or "last") NAME; a run that had the name loses it."""
    if not is_name(name) or name == LAST:
        allowed = f'"{LAST}" is the newest run' if name == LAST else f"a name is {NAME_ALLOWED}"
        raise _usage(f"{clean(name, 64)!r} cannot name a baseline", allowed)
    folder = runs_folder(runs_dir)
    run = find_run(folder, run_name)
    if run.parent.resolve() != folder.resolve():
        raise _usage(
            f"{path_for_people(run)} is not in {path_for_people(folder)}",
            "a baseline is kept beside its run",
            f"Add --runs-dir {path_for_people(run.parent)}",
        )
    reader = RunReader(run)
    outcome = reader.outcome()
    if outcome is None and is_live(run):
        raise _goes_on(run)
    plan = reader.plan()
    before = Baselines(folder).set(name, run.name, plan, datetime.now(UTC))
    branch = branch_of(plan)
    where = f", branch {clean(branch, 100)}" if branch else ""
    click.echo(f"{name} is {clean(run.name)} ({clean(plan.title)}{where}).")
    if before is not None and before.run_id != run.name:
        click.echo(f"It was {clean(before.run_id)}.")
    if outcome is None:
        click.echo("Mind: this run was never finished.", err=True)


@baseline.command("list")
@runs_dir_option
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def list_baselines(runs_dir: str | None, as_json: bool) -> None:
    """List the baselines, the newest first."""
    baselines = Baselines(runs_folder(runs_dir))
    every = [(each, _is_there(baselines, each)) for each in baselines.all()]
    if as_json:
        documents = [
            {
                "name": each.name,
                "run_id": each.run_id,
                "profile": each.profile,
                "target": each.target,
                "branch": each.branch or None,
                "set_at": each.set_at,
                "is_gone": not is_there,
            }
            for each, is_there in every
        ]
        click.echo(json.dumps(documents, indent=2))
    elif not every:
        click.echo(f"No baselines in {path_for_people(baselines.folder)}. Set one: perftui baseline set NAME RUN")
    for each, is_there in every if not as_json else ():
        gone = "" if is_there else "  (its run is gone)"
        asked = f"{each.profile} → {each.target}{f', branch {each.branch}' if each.branch else ''}"
        click.echo(f"{clean(each.name, 64)}  {clean(each.run_id)}{gone}\n    {clean(asked)}, set {clean(each.set_at)}")


@baseline.command("rm")
@click.argument("name")
@runs_dir_option
def remove_baseline(name: str, runs_dir: str | None) -> None:
    """Forget the baseline NAME; its run stays."""
    Baselines(runs_folder(runs_dir)).remove(name)
    click.echo(f"{clean(name, 64)} is no baseline any more; its run stays.")


def _pair(baselines: Baselines, first: str, second: str | None) -> tuple[tuple[str, RunReader], tuple[str, RunReader]]:
    """The old and the new, each with the baseline's name under which it was found."""
    if second is not None:
        return _named(baselines, first), _named(baselines, second)
    name, reader = _named(baselines, first)
    chosen = _baseline_for(baselines, reader)
    return (chosen.name, _reader_of(baselines, chosen)), (name, reader)


def _named(baselines: Baselines, name: str) -> tuple[str, RunReader]:
    """A whole name of a run comes before a baseline's, and that before a part of a run's."""
    run: Path | None = None
    not_found: PerftuiError | None = None
    try:
        run = find_run(baselines.folder, name)
    except PerftuiError as error:
        not_found = error
    # Such a name needs no baseline, and their file may be damaged.
    if run is not None and (name in (LAST, run.name) or "/" in name):
        return "", RunReader(run)
    found = baselines.find(name)
    if found is not None:
        return name, _reader_of(baselines, found)
    if run is not None:
        return "", RunReader(run)
    assert not_found is not None
    # What is no run may be a baseline's name with a slip in it.
    unknown = baselines.unknown(name)
    raise unknown if unknown.why and "is no run" in not_found.what else not_found


def _baseline_for(baselines: Baselines, reader: RunReader) -> Baseline:
    """The newest baseline of the run's profile and target: of its branch, else of the only branch there is."""
    plan = reader.plan()
    mine = (plan.profile.name, plan.target.name)
    every = [each for each in baselines.all() if (each.profile, each.target) == mine]
    others = [each for each in every if each.run_id != reader.run_id]
    if not others:
        itself = f"{clean(reader.run_id)} is itself {every[0].name}" if every else ""
        raise _usage(
            f"there is no baseline of {clean(plan.title)}",
            itself,
            "Set one with `perftui baseline set NAME RUN`, or name the run to compare with",
        )
    branch = branch_of(plan)
    of_branch = [each for each in others if each.branch == branch]
    if not of_branch and len({each.branch for each in others}) > 1:
        raise _usage(
            f"several baselines of {clean(plan.title)} are of other branches"
            + (f" than {clean(branch, 100)}" if branch else ""),
            listing(f"{each.name} ({each.branch or 'no branch'})" for each in others),
            "Name the one to compare with: perftui compare NAME RUN",
        )
    return (of_branch or others)[0]


def _reader_of(baselines: Baselines, found: Baseline) -> RunReader:
    if not _is_there(baselines, found):
        name = clean(found.name, 64)
        raise _usage(
            f"baseline {name} is gone",
            f"its run {clean(found.run_id)} is not in {path_for_people(baselines.folder)} any more",
            f"Name another run with `perftui baseline set {name} RUN`",
        )
    return RunReader(baselines.folder / found.run_id)


def _is_there(baselines: Baselines, found: Baseline) -> bool:
    return (baselines.folder / found.run_id / RUN_TOML).is_file()


def _record(reader: RunReader) -> Record:
    if reader.outcome() is None and is_live(reader.folder):
        raise _goes_on(reader.folder)
    return reader.record()


def _sliced(record: Record, reader: RunReader, count: int) -> Sliced:
    return sliced(record.totals, filter(record.window.holds, reader.ticks()), count)


def _write(path: Path, data: bytes) -> str:
    try:
        return path_for_people(write_new(path.absolute(), data))
    except OSError as error:
        raise PerftuiError(
            f"{path_for_people(path)} cannot be written", error.strerror or str(error), exit_code=exit_codes.ENVIRONMENT
        ) from None


def _goes_on(folder: Path) -> PerftuiError:
    name = clean(folder.name)
    return _usage(f"run {name} still goes on", "its numbers are not final", f"Wait for it: perftui attach {name}")


def _usage(what: str, why: str, next_step: str = "") -> PerftuiError:
    return PerftuiError(what, why, next_step, exit_code=exit_codes.USAGE)
