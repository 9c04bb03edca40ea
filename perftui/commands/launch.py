"""The cockpit."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from perftui import exit_codes
from perftui.cockpit.services import CockpitServices
from perftui.commands.asked import LocustCommand, asked, asking_options, runs_dir_option
from perftui.planning import Asker, profiles_here
from perftui.profiles.choice import AskedNames, Choice, asked_names
from perftui.store.layout import runs_folder
from perftui.tui.services import RunAddress
from perftui.tui.settings import load_settings
from perftui.tui.terminal.edges import check_terminal, run_cockpit

if TYPE_CHECKING:
    from perftui.wire.client import RunClient

F = TypeVar("F", bound=Callable[..., Any])


def _look_options(command: F) -> F:
    """How the cockpit looks, and for which line."""
    command = click.option("--slow", is_flag=True, help="For a thin line: fewer colours and frames, no mouse.")(command)
    themes = "How it looks, one of those in docs/cockpit.md. [PERFTUI_THEME]"
    return click.option("--theme", metavar="NAME", help=themes)(command)


@click.command(cls=LocustCommand)
@click.option("--profile", metavar="NAME", help="The profile to begin with. [PERFTUI_PROFILE]")
@asking_options
@runs_dir_option
@_look_options
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_obj
def launch(
    locust_args: tuple[str, ...],
    /,
    profile: str | None,
    runs_dir: str | None,
    theme: str | None,
    slow: bool,
    debug: bool,
    **options: Any,
) -> int:
    """Open the cockpit."""
    check_terminal()
    settings = load_settings(os.environ, theme=theme, slow=slow)
    asker, choice = asked(options, profile, locust_args)
    services = CockpitServices(asker, choice, runs_folder(runs_dir))
    names = asked_names(asker.profile_set, choice, os.environ)
    return run_cockpit(services, names, settings=settings)


@click.command()
@click.argument("run_name", metavar="[RUN]", required=False)
@runs_dir_option
@_look_options
def attach(run_name: str | None, runs_dir: str | None, theme: str | None, slow: bool) -> int:
    """Look at a run that goes on; without RUN, the only one."""
    from perftui.commands.live_runs import live_run
    from perftui.wire.rendezvous import socket_path

    client = live_run(run_name, runs_dir)
    folder = Path(client.welcome.folder)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return _follow(client, folder)
    client.close()
    settings = load_settings(os.environ, theme=theme, slow=slow)
    services = CockpitServices(Asker(profiles_here(None), Path.cwd()), Choice(), runs_folder(runs_dir))
    return run_cockpit(services, AskedNames(), attach=RunAddress(folder, socket_path(folder)), settings=settings)


def _follow(client: RunClient, folder: Path) -> int:
    """The run's progress as lines, and its results when it is over."""
    from perftui.headless import Progress, Voice, print_results
    from perftui.store.reader import RunReader

    progress = Progress(sys.stderr)
    with client:
        for snapshot in client.snapshots():
            progress.show(snapshot)
    progress.finish()
    record = RunReader(folder).record()
    print_results(record, Voice())
    return record.outcome.exit_code if record.outcome else exit_codes.ENGINE_DIED
