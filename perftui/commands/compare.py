"""Runs compared with others, and the names of those that are compared with."""

from __future__ import annotations

import json
from pathlib import Path

import click

from perftui import exit_codes
from perftui.commands.asked import runs_dir_option
from perftui.comparing import compare_runs, find_pair, is_there
from perftui.judgement.comparison import DEFAULT_LIMIT
from perftui.keeping import name_baseline
from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.reports.comparison_figures import summary_text
from perftui.reports.comparison_html import comparison_html
from perftui.reports.comparison_json import comparison_json
from perftui.reports.comparison_text import comparison_text
from perftui.store.atomic import write_new
from perftui.store.baselines import Baselines
from perftui.store.history import LAST, find_run
from perftui.store.layout import runs_folder
from perftui.store.paths import path_for_people


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
    old, (_, new) = find_pair(baselines, first, second)
    compared = compare_runs(old, new, fail_if_worse or DEFAULT_LIMIT, force=force)
    comparison = compared.comparison
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
    folder = runs_folder(runs_dir)
    done, to_mind = name_baseline(folder, name, find_run(folder, run_name))
    click.echo("\n".join(done))
    if to_mind:
        click.echo(to_mind, err=True)


@baseline.command("list")
@runs_dir_option
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def list_baselines(runs_dir: str | None, as_json: bool) -> None:
    """List the baselines, the newest first."""
    baselines = Baselines(runs_folder(runs_dir))
    every = [(each, is_there(baselines, each)) for each in baselines.all()]
    if as_json:
        documents = [
            {
                "name": each.name,
                "run_id": each.run_id,
                "profile": each.profile,
                "target": each.target,
                "branch": each.branch or None,
                "set_at": each.set_at,
                "is_gone": not is_kept,
            }
            for each, is_kept in every
        ]
        click.echo(json.dumps(documents, indent=2))
    elif not every:
        click.echo(f"No baselines in {path_for_people(baselines.folder)}. Set one: perftui baseline set NAME RUN")
    for each, is_kept in every if not as_json else ():
        gone = "" if is_kept else "  (its run is gone)"
        asked = f"{each.profile} → {each.target}{f', branch {each.branch}' if each.branch else ''}"
        click.echo(f"{clean(each.name, 64)}  {clean(each.run_id)}{gone}\n    {clean(asked)}, set {clean(each.set_at)}")


@baseline.command("rm")
@click.argument("name")
@runs_dir_option
def remove_baseline(name: str, runs_dir: str | None) -> None:
    """Forget the baseline NAME; its run stays."""
    Baselines(runs_folder(runs_dir)).remove(name)
    click.echo(f"{clean(name, 64)} is no baseline any more; its run stays.")


def _write(path: Path, data: bytes) -> str:
    try:
        return path_for_people(write_new(path.absolute(), data))
    except OSError as error:
        raise PerftuiError(
            f"{path_for_people(path)} cannot be written", error.strerror or str(error), exit_code=exit_codes.ENVIRONMENT
        ) from None
