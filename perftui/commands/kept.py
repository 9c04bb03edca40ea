"""The runs that were kept."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import click

from perftui import exit_codes
from perftui.commands.asked import runs_dir_option
from perftui.commands.live_runs import is_live
from perftui.model.duration import format_duration
from perftui.model.errors import PerftuiError
from perftui.model.record import Record
from perftui.model.text import clean
from perftui.reports.exports import FORMATS, render, render_all
from perftui.reports.result_json import result_json
from perftui.reports.text import history_text, results_text, time_text
from perftui.store.atomic import write_new
from perftui.store.history import RunListing, find_run, list_runs
from perftui.store.layout import runs_folder
from perftui.store.paths import path_for_people
from perftui.store.reader import RunReader


@click.command()
@runs_dir_option
@click.option("--limit", "-n", default=20, show_default=True, help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def history(runs_dir: str | None, limit: int, as_json: bool) -> None:
    """List the runs that were kept, newest first."""
    folder = runs_folder(runs_dir)
    listings = list_runs(folder, is_live)[:limit]
    if as_json:
        documents = [
            {
                "run_id": each.run_id,
                "profile": each.profile,
                "target": each.target,
                "started_at": each.started_at,
                "state": each.state.value,
                "verdict": each.verdict,
                "duration_s": each.duration_s,
                "requests": each.requests,
                "fail_ratio": each.fail_ratio,
                "p95_ms": each.p95_ms,
            }
            for each in listings
        ]
        click.echo(json.dumps(documents, indent=2))
    elif not listings:
        click.echo(f"No runs in {path_for_people(folder)}.", err=True)
    else:
        click.echo(history_text([_row(each) for each in listings]))


@click.command()
@click.argument("run_name", metavar="[RUN]", default="last")
@runs_dir_option
@click.option("--json", "as_json", is_flag=True, help="result.json on stdout.")
def show(run_name: str, runs_dir: str | None, as_json: bool) -> None:
    """Show RUN (an id, a part of one, or "last"): the verdict, the table, where the files are."""
    record = _record(run_name, runs_dir)
    if as_json:
        click.echo(result_json(record).decode())
    else:
        click.echo(results_text(record, path_for_people(record.folder)))


@click.command()
@click.argument("run_name", metavar="[RUN]", default="last")
@runs_dir_option
@click.option("--format", "formats", multiple=True, metavar="FORMAT", help="html, csv, json; repeatable. Default: all.")
@click.option("--out", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Where to. Default: here.")
def export(run_name: str, runs_dir: str | None, formats: tuple[str, ...], out: Path) -> None:
    """Write the exports of RUN to files named after it; nothing is overwritten."""
    for name in formats:
        if name not in FORMATS:
            near = difflib.get_close_matches(name, FORMATS, 1)
            raise PerftuiError(
                f"unknown format {clean(name)!r}",
                f"there are {', '.join(FORMATS)}",
                f"Did you mean {near[0]}" if near else "",
                exit_code=exit_codes.USAGE,
            )
    record = _record(run_name, runs_dir)
    files = render_all(record) if not formats else {k: v for name in formats for k, v in render(record, name).items()}
    try:
        out.mkdir(parents=True, exist_ok=True)
        written = [write_new(out / f"{record.run_id}_{name}", data) for name, data in files.items()]
    except OSError as error:
        raise PerftuiError(
            f"cannot write into {path_for_people(out)}",
            error.strerror or str(error),
            exit_code=exit_codes.ENVIRONMENT,
        ) from None
    for path in written:
        click.echo(path_for_people(path.absolute()))


def _row(listing: RunListing) -> tuple[str, str, str, str, str, str]:
    return (
        clean(listing.run_id),
        listing.verdict or listing.state.value,
        "-" if listing.duration_s is None else format_duration(round(listing.duration_s)),
        "-" if listing.requests is None else f"{listing.requests:,}",
        "-" if listing.fail_ratio is None else f"{listing.fail_ratio:.1%}",
        time_text(listing.p95_ms),
    )


def _record(name: str, runs_dir: str | None) -> Record:
    folder = find_run(runs_folder(runs_dir), name)
    reader = RunReader(folder)
    return reader.record(is_live=reader.outcome() is None and is_live(folder))
