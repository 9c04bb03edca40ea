"""What people say about runs: notes, stars, another warm-up; and runs that are kept no longer."""

from __future__ import annotations

import sys
import time

import click

from perftui import exit_codes, keeping
from perftui.commands.asked import runs_dir_option
from perftui.commands.kept import read_time
from perftui.commands.live_runs import asker
from perftui.model.duration import format_clock, format_duration
from perftui.model.errors import PerftuiError
from perftui.model.marks import MAX_NOTES, Note
from perftui.model.text import clean
from perftui.reports.figures import covered_text
from perftui.store.baselines import Baselines
from perftui.store.history import find_run
from perftui.store.layout import runs_folder
from perftui.wire.client import RunClient
from perftui.wire.rendezvous import socket_path

# A conductor shows a snapshot a second; one that has none for so long does not answer.
_ANSWER_WITHIN_S = 5.0


@click.command()
@click.argument("run_name", metavar="RUN")
@click.argument("text")
@runs_dir_option
@click.option("--at", metavar="TIME", help="Where on the run's clock, such as 1m30s. Default: now, or its end.")
def note(run_name: str, text: str, runs_dir: str | None, at: str | None) -> None:
    """Put a note on the timeline of RUN (an id, a part of one, or "last"), whether it goes on or is over.

    It is on every chart and in every export; those of a run that is over are made again.
    """
    folder = find_run(runs_folder(runs_dir), run_name)
    elapsed_s = None if at is None else read_time("--at", at)
    if not Note(0.0, text).fit().text:
        raise PerftuiError("a note needs a text", exit_code=exit_codes.USAGE)
    client = RunClient.connect(socket_path(folder))
    kept = None
    if client is not None:
        with client:
            kept = _noted(client, Note(elapsed_s or 0.0, text, asker()), elapsed_s)
    if kept is None:
        kept = keeping.add_note(folder, text, elapsed_s, asker())
    click.echo(f"{clean(folder.name)}, {format_clock(kept.elapsed_s)}: {kept.text}")


def _noted(client: RunClient, asked: Note, elapsed_s: float | None) -> Note | None:
    """The note as the run's conductor shows it; None where the run ended before it took it."""
    fitting = asked.fit()
    snapshots = client.snapshots(_ANSWER_WITHIN_S)
    try:
        first = next(snapshots, None)
        if first is None or first.state.is_over:
            return None
        if elapsed_s is not None and elapsed_s > first.elapsed_s:
            raise PerftuiError(
                f"{format_duration(round(elapsed_s, 1))} is still to come",
                f"{clean(client.welcome.run_id)} is at {format_clock(first.elapsed_s)}",
                exit_code=exit_codes.USAGE,
            )
        client.note(asked.text, asked.by, elapsed_s)
        if len(first.notes) >= MAX_NOTES:
            raise PerftuiError(
                f"run {clean(client.welcome.run_id)} has {MAX_NOTES} notes",
                "more are not kept while it goes on",
                "There is room for more when it is over",
                exit_code=exit_codes.USAGE,
            )
        known = list(first.notes)
        patience_until = time.monotonic() + _ANSWER_WITHIN_S
        for snapshot in snapshots:
            if time.monotonic() > patience_until:
                raise TimeoutError
            for each in snapshot.notes:
                if each not in known and (each.text, each.by) == (fitting.text, fitting.by):
                    return each
    except (TimeoutError, OSError):
        pass
    else:
        return None
    raise PerftuiError(
        f"run {clean(client.welcome.run_id)} does not take the note",
        "its conductor said nothing of it",
        "`perftui ps` shows whether it answers",
        exit_code=exit_codes.ENGINE_DIED,
    )


@click.command()
@click.argument("run_name", metavar="[RUN]", default="last")
@runs_dir_option
@click.option("--off", is_flag=True, help="Take the star away.")
def star(run_name: str, runs_dir: str | None, off: bool) -> None:
    """Star RUN (an id, a part of one, or "last"): a starred run is never removed."""
    folder = find_run(runs_folder(runs_dir), run_name)
    keeping.star(folder, not off)
    click.echo(f"{clean(folder.name)} is {'starred no more' if off else 'starred'}.")


@click.command()
@click.argument("run_names", metavar="RUN...", nargs=-1, required=True)
@runs_dir_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def rm(run_names: tuple[str, ...], runs_dir: str | None, yes: bool) -> None:
    """Remove RUNs (ids, or parts of them) for good: not those that are starred, go on, or are baselines."""
    runs = runs_folder(runs_dir)
    folders = list(dict.fromkeys(find_run(runs, name) for name in run_names))
    baselines = Baselines(runs)
    for folder in folders:
        # All or none: whoever names three runs and mistook one is asked before two are gone.
        keeping.check_removable(baselines, folder)
    if not yes and not _confirmed([clean(folder.name) for folder in folders]):
        click.echo("Nothing is removed.", err=True)
        return
    for folder in folders:
        keeping.delete_run(baselines, folder)
        click.echo(f"{clean(folder.name)} is removed.")


def _confirmed(names: list[str]) -> bool:
    if not sys.stdin.isatty():
        raise PerftuiError(
            "nobody can be asked whether to remove runs",
            "this is no terminal",
            "Add --yes to mean it",
            exit_code=exit_codes.USAGE,
        )
    for name in names:
        click.echo(name, err=True)
    what = "this run" if len(names) == 1 else f"these {len(names)} runs"
    return click.confirm(f"Remove {what} for good?", err=True)


@click.command()
@click.argument("run_name", metavar="[RUN]", default="last")
@runs_dir_option
@click.option("--warm-up", metavar="TIME", help="How much of the start is not judged, such as 30s; 0s: judge all.")
@click.option("--as-sealed", is_flag=True, help="As it was judged when it ended.")
def judge(run_name: str, runs_dir: str | None, warm_up: str | None, as_sealed: bool) -> None:
    """Move the cut of RUN's warm-up and judge it again; its exports are made again, outcome.json stays as it was."""
    if (warm_up is None) is not as_sealed:
        raise PerftuiError(
            "a run is judged again in one of two ways",
            "",
            "Give --warm-up TIME or --as-sealed",
            exit_code=exit_codes.USAGE,
        )
    folder = find_run(runs_folder(runs_dir), run_name)
    record = keeping.move_warm_up(folder, None if warm_up is None else read_time("--warm-up", warm_up))
    for sentence in (*record.sentences, covered_text(record)):
        if sentence:
            click.echo(clean(sentence, 500))
