"""Looking at runs that go on, and stopping them."""

from __future__ import annotations

import contextlib
import os
import signal

import click

from perftui import exit_codes
from perftui.commands.asked import runs_dir_option
from perftui.commands.live_runs import asker, live_run, live_runs
from perftui.headless import progress_text
from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.store.paths import path_for_people
from perftui.wire.client import RunClient, SilentRunError

_SNAPSHOT_TIMEOUT_S = 5.0


@click.command()
def ps() -> None:
    """List the runs that go on now."""
    clients, silent = live_runs()
    if not clients and not silent:
        click.echo("No run goes on.", err=True)
    for client in clients:
        with client:
            welcome = client.welcome
            click.echo(f"{clean(welcome.run_id)}  pid {welcome.pid}  {path_for_people(welcome.folder)}")
            click.echo(f"  {clean(_said_by(client))}")
    for error in silent:
        click.echo(f"! {error}")


def _said_by(client: RunClient) -> str:
    try:
        snapshot = next(client.snapshots(timeout_s=_SNAPSHOT_TIMEOUT_S), None)
    except TimeoutError:
        snapshot = None
    return progress_text(snapshot) if snapshot else "no word from it"


@click.command()
@click.argument("run_name", metavar="[RUN]", required=False)
@runs_dir_option
@click.option("--all", "everything", is_flag=True, help="Every run of this user on this machine.")
@click.option("--now", is_flag=True, help="Do not wait for users to finish; end a conductor that does not answer.")
def stop(run_name: str | None, runs_dir: str | None, everything: bool, now: bool) -> int:
    """Stop RUN, or the only one that goes on; waits until its load is gone and its record is sealed."""
    if everything and run_name:
        raise PerftuiError("both RUN and --all are given", next_step="Give one", exit_code=exit_codes.USAGE)
    clients: list[RunClient] = []
    silent: list[SilentRunError] = []
    if everything:
        clients, silent = live_runs()
    else:
        try:
            clients = [live_run(run_name, runs_dir)]
        except SilentRunError as error:
            silent = [error]
    if not clients and not silent:
        click.echo("No run goes on.", err=True)
    for client in clients:
        client.stop(asker(), now=now)
    codes = [_end_by_force(error, now=now) for error in silent] + [await_end(client) for client in clients]
    return max(codes, default=exit_codes.OK)


def await_end(client: RunClient) -> int:
    """Wait until the run is sealed and say so; the exit code."""
    with client:
        sealed = any(snapshot.state.is_over for snapshot in client.snapshots())
    click.echo(f"{clean(client.welcome.run_id)}: {'stopped' if sealed else 'its conductor died'}")
    return exit_codes.OK if sealed else exit_codes.ENGINE_DIED


def _end_by_force(error: SilentRunError, *, now: bool) -> int:
    """A conductor that does not answer takes its load with it when it is killed: the engine sees its socket close."""
    if not now or not error.pid:
        click.echo(f"perftui: {error}", err=True)
        return error.exit_code
    with contextlib.suppress(ProcessLookupError):
        os.kill(error.pid, signal.SIGKILL)
    click.echo(f"process {error.pid} did not answer and was killed; its run is kept as interrupted")
    return exit_codes.OK
