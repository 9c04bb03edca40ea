"""The runs that were kept."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from perftui import exit_codes
from perftui.commands.asked import F, runs_dir_option
from perftui.commands.live_runs import is_live
from perftui.keeping import read_record, write_exports
from perftui.model.duration import format_duration
from perftui.model.errors import PerftuiError
from perftui.model.exchange import Exchange
from perftui.model.judged import Window
from perftui.model.record import Record
from perftui.model.text import clean
from perftui.model.totals import FailureGroup
from perftui.profiles.values import Duration
from perftui.reports.exchange_text import failures_text
from perftui.reports.exports import FORMATS, render, render_all
from perftui.reports.result_json import result_json
from perftui.reports.text import history_text, results_text, time_text
from perftui.store.history import RunListing, find_run, list_runs
from perftui.store.layout import runs_folder
from perftui.store.paths import path_for_people
from perftui.store.reader import RunReader
from perftui.store.run_filter import parse_filter

# A run lasts a week at most.
_TIME = Duration(0, 7 * 24 * 3600.0)


def window_options(command: F) -> F:
    for name, end in (("to", "end"), ("from", "start")):
        text = f"Where on the run's clock the part to show {end}s, such as 45s or 3m. Default: its {end}."
        command = click.option(f"--{name}", f"{name}_time", metavar="TIME", help=text)(command)
    return command


@click.command()
@click.argument("filters", metavar="[FILTER]...", nargs=-1)
@runs_dir_option
@click.option("--limit", "-n", default=20, show_default=True, help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def history(filters: tuple[str, ...], runs_dir: str | None, limit: int, as_json: bool) -> None:
    """List the runs that were kept, newest first.

    Each FILTER has to fit: a word, profile:NAME, target:NAME, branch:NAME, verdict:failed, since:7d (or a day such as
    2026-11-01), until:2026-11-30, starred.
    """
    folder = runs_folder(runs_dir)
    wanted = parse_filter(" ".join(filters))
    now = datetime.now().astimezone()
    every = list_runs(folder, is_live)
    listings = [each for each in every if wanted.matches(each, now)][:limit]
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
                "p50_ms": each.p50_ms,
                "p99_ms": each.p99_ms,
                "rps": each.rps,
                "is_starred": each.is_starred,
                "notes": each.notes,
                "branch": each.branch or None,
                "baselines": list(each.baselines),
            }
            for each in listings
        ]
        click.echo(json.dumps(documents, indent=2))
    elif every and not listings:
        click.echo(f"None of {len(every):,} runs in {path_for_people(folder)} fits.", err=True)
    elif not listings:
        click.echo(f"No runs in {path_for_people(folder)}.", err=True)
    else:
        click.echo(history_text([_row(each) for each in listings]))


@click.command()
@click.argument("run_name", metavar="[RUN]", default="last")
@runs_dir_option
@window_options
@click.option("--failures", "with_failures", is_flag=True, help="Each failure with the requests kept of it.")
@click.option("--json", "as_json", is_flag=True, help="result.json on stdout.")
def show(
    run_name: str,
    runs_dir: str | None,
    from_time: str | None,
    to_time: str | None,
    with_failures: bool,
    as_json: bool,
) -> None:
    """Show RUN (an id, a part of one, or "last"): the verdict, the table, where the files are."""
    window = _window(from_time, to_time)
    record = read_record(find_run(runs_folder(runs_dir), run_name), window)
    if as_json:
        click.echo(result_json(record).decode())
    elif with_failures:
        click.echo(failures_text(_kept_failures(record, window)))
    else:
        click.echo(results_text(record, path_for_people(record.folder)))


@click.command()
@click.argument("run_name", metavar="[RUN]", default="last")
@runs_dir_option
@window_options
@click.option(
    "--format", "formats", multiple=True, metavar="FORMAT", help=f"{', '.join(FORMATS)}; repeatable. Default: all."
)
@click.option("--out", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Where to. Default: here.")
def export(
    run_name: str,
    runs_dir: str | None,
    from_time: str | None,
    to_time: str | None,
    formats: tuple[str, ...],
    out: Path,
) -> None:
    """Write the exports of RUN to files named after it; nothing is overwritten.

    With --from or --to every number, threshold and sentence is worked out again for that part of the run.
    """
    for name in formats:
        if name not in FORMATS:
            near = difflib.get_close_matches(name, FORMATS, 1)
            raise PerftuiError(
                f"unknown format {clean(name)!r}",
                f"there are {', '.join(FORMATS)}",
                f"Did you mean {near[0]}" if near else "",
                exit_code=exit_codes.USAGE,
            )
    window = _window(from_time, to_time)
    record = read_record(find_run(runs_folder(runs_dir), run_name), window)
    part = "" if window is None else f"{from_time or '0s'}-{to_time or 'end'}"
    files = render_all(record) if not formats else {k: v for name in formats for k, v in render(record, name).items()}
    for path in write_exports(record, files, out, part):
        click.echo(path_for_people(path))


def _row(listing: RunListing) -> tuple[str, str, str, str, str, str]:
    return (
        clean(listing.run_id) + (" ★" if listing.is_starred else ""),
        listing.verdict or listing.state.value,
        "-" if listing.duration_s is None else format_duration(round(listing.duration_s)),
        "-" if listing.requests is None else f"{listing.requests:,}",
        "-" if listing.fail_ratio is None else f"{listing.fail_ratio:.1%}",
        time_text(listing.p95_ms),
    )


def _kept_failures(record: Record, window: Window | None) -> list[tuple[FailureGroup, Sequence[Exchange]]]:
    """The failure groups, what is most first, with the requests that were kept of each (in `window`)."""
    reader = RunReader(Path(record.folder))
    kept: list[tuple[FailureGroup, Sequence[Exchange]]] = []
    for group in sorted(record.totals.failures.values(), key=lambda group: -group.count):
        exchanges = reader.exchanges(group.method, group.name, group.message)
        if window is not None:
            exchanges = tuple(each for each in exchanges if window.from_s <= each.elapsed_s < window.to_s)
        kept.append((group, exchanges))
    return kept


def _window(from_time: str | None, to_time: str | None) -> Window | None:
    if from_time is None and to_time is None:
        return None
    from_s = 0.0 if from_time is None else read_time("--from", from_time)
    to_s = math.inf if to_time is None else read_time("--to", to_time)
    if from_s >= to_s:
        raise PerftuiError(
            f"--from {clean(from_time or '0s', 30)}",
            f"is not before --to {clean(to_time or '', 30)}",
            exit_code=exit_codes.USAGE,
        )
    asked = [f"{option} {value}" for option, value in (("--from", from_time), ("--to", to_time)) if value is not None]
    return Window(from_s, to_s, f"as asked with {' '.join(asked)}")


def read_time(option: str, text: str) -> float:
    """Seconds on a run's clock. Raises PerftuiError, which names `option`."""
    try:
        return _TIME.read_text(text)
    except ValueError as error:
        raise PerftuiError(option, str(error), exit_code=exit_codes.USAGE) from None
