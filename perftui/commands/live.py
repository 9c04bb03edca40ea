"""Looking at runs that go on, and stopping them."""

from __future__ import annotations

import getpass
import socket

import click

from perftui import exit_codes
from perftui.commands.asked import runs_dir_option
from perftui.commands.live_runs import live_run, live_runs
from perftui.headless import progress_text
from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.store.paths import path_for_people


@click.command()
def ps() -> None:
    """List the runs that go on now."""
    runs = live_runs()
    if not runs:
        click.echo("No run goes on.", err=True)
    for client, _ in runs:
        with client:
            snapshot = next(client.snapshots(timeout_s=5), None)
            said = progress_text(snapshot) if snapshot else "no word from it"
            click.echo(
                f"{clean(client.welcome.run_id)}  pid {client.welcome.pid}  {path_for_people(client.welcome.folder)}"
            )
            click.echo(f"  {clean(said)}")


@click.command()
@click.argument("run_name", metavar="[RUN]", required=False)
@runs_dir_option
@click.option("--all", "everything", is_flag=True, help="Every run of this user on this machine.")
@click.option("--now", is_flag=True, help="Do not wait for users to finish.")
def stop(run_name: str | None, runs_dir: str | None, everything: bool, now: bool) -> int:
    """Stop RUN, or the only one that goes on; waits until its load is gone and its record is sealed."""
    if everything and run_name:
        raise PerftuiError("both RUN and --all are given", next_step="Give one", exit_code=exit_codes.USAGE)
    clients = [client for client, _ in live_runs()] if everything else [live_run(run_name, runs_dir)[0]]
    if not clients:
        click.echo("No run goes on.", err=True)
    by = f"{getpass.getuser()}@{socket.gethostname()}"
    for client in clients:
        client.stop(by, now=now)
    failed = False
    for client in clients:
        with client:
            sealed = any(snapshot.state.is_over for snapshot in client.snapshots())
        failed = failed or not sealed
        said = "stopped" if sealed else "its conductor died"
        click.echo(f"{clean(client.welcome.run_id)}: {said}")
    return exit_codes.ENGINE_DIED if failed else exit_codes.OK
