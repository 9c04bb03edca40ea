"""A load worker for a run elsewhere."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import click

from perftui import exit_codes
from perftui.commands.asked import LocustCommand
from perftui.conductor.interpreter import choose_interpreter
from perftui.conductor.remote_worker import RemoteWorker, await_master, worker_configure
from perftui.headless import StopOnSignals
from perftui.model.duration import parse_duration
from perftui.model.endpoint import endpoint_text, parse_endpoint
from perftui.model.errors import PerftuiError
from perftui.model.plan import DEFAULT_MAX_WAIT_S
from perftui.model.text import clean
from perftui.profiles.locustfiles import locate
from perftui.wire.messages import WorkerSettings

_EPILOG = f"""\b
Without -f it runs what the master sends: join only one that you trust.
A master that listens on its own machine alone is reached by a tunnel:
  ssh -L PORT:127.0.0.1:PORT MACHINE    and here --master 127.0.0.1:PORT

\b
Exit codes:
  {exit_codes.OK:>3}  the run came to its end
  {exit_codes.LOCUSTFILE:>3}  the locustfile does not load here, or user code ended the worker
  {exit_codes.ENVIRONMENT:>3}  there is no master, or it and this worker do not fit
  {exit_codes.ENGINE_DIED:>3}  the master was lost; the load here was stopped
  {exit_codes.INTERRUPTED:>3}  interrupted (Ctrl-C)
"""


@click.command(cls=LocustCommand, epilog=_EPILOG)
@click.option("--master", required=True, metavar="HOST:PORT", help="Where the run says that load workers may join.")
@click.option("--file", "-f", "locustfiles", multiple=True, metavar="FILE", help="Default: those of the master.")
@click.option("--python", metavar="PATH", help="The interpreter the locustfile needs. [PERFTUI_PYTHON]")
@click.option("--max-wait", metavar="TIME", help=f"For the master to be there.  [default: {DEFAULT_MAX_WAIT_S:g}s]")
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_obj
def worker(
    locust_args: tuple[str, ...],
    /,
    master: str,
    locustfiles: tuple[str, ...],
    python: str | None,
    max_wait: str | None,
    debug: bool,
) -> int:
    """Make load for the run of a master on another machine, until that run ends."""
    host, port = _master(master)
    max_wait_s = _seconds(max_wait)
    folder = Path.cwd()
    paths = tuple(dict.fromkeys(locate(each, folder, "--file") for each in locustfiles))
    named = python or os.environ.get("PERFTUI_PYTHON") or None
    interpreter = choose_interpreter(named, "--python" if python else "PERFTUI_PYTHON", os.environ, folder)
    settings = WorkerSettings(host, port, is_local=False)

    def say(line: str) -> None:
        click.echo(line, err=True)

    async def go() -> int:
        with StopOnSignals() as signals:
            if interpreter.notice:
                say(f"warning: {interpreter.notice}")
            say(f"looking for the master at {clean(endpoint_text(host, port))}")
            await await_master(host, port, max_wait_s)
            joining = RemoteWorker(interpreter, worker_configure(settings, paths, locust_args), say, max_wait_s)
            signals.conductor = joining
            return await joining.run(str(folder))

    return asyncio.run(go())


def _master(text: str) -> tuple[str, int]:
    try:
        host, port = parse_endpoint(text)
    except ValueError as error:
        raise PerftuiError("--master", clean(str(error)), exit_code=exit_codes.USAGE) from None
    if port == 0:
        raise PerftuiError("--master", "port 0 is none that a master listens on", exit_code=exit_codes.USAGE)
    return host, port


def _seconds(text: str | None) -> float:
    try:
        return DEFAULT_MAX_WAIT_S if text is None else parse_duration(text)
    except ValueError as error:
        raise PerftuiError("--max-wait", clean(str(error)), exit_code=exit_codes.USAGE) from None
