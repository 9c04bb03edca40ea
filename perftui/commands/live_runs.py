"""The runs that go on: found by connecting to them."""

from __future__ import annotations

import getpass
import os
import socket
from pathlib import Path

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.store.history import find_run
from perftui.store.layout import runs_folder
from perftui.wire.client import RunClient, SilentRunError
from perftui.wire.rendezvous import connect, live_sockets, socket_path


def live_runs() -> tuple[list[RunClient], list[SilentRunError]]:
    """A connection to every run of this user's on this machine, and those whose conductor does not answer."""
    clients: list[RunClient] = []
    silent: list[SilentRunError] = []
    for path in live_sockets():
        try:
            client = RunClient.connect(path)
        except SilentRunError as error:
            silent.append(error)
        else:
            clients += [client] if client is not None else []
    return clients, silent


def live_run(name: str | None, runs_dir: str | None) -> RunClient:
    """The connection to the run that `name` means, or to the only one. Raises PerftuiError where there is none."""
    if name is None:
        return _only_run()
    try:
        folder = find_run(runs_folder(runs_dir), name)
    except PerftuiError:
        # It may go on in another runs folder than the one that is looked at.
        elsewhere = [Path(each.welcome.folder) for each in live_runs()[0] if each.welcome.run_id == name]
        if not elsewhere:
            raise
        folder = elsewhere[0]
    client = RunClient.connect(socket_path(folder))
    if client is None:
        raise PerftuiError(
            f"run {clean(folder.name)} is not going on",
            next_step=f"See it with `perftui show {clean(folder.name)}`",
            exit_code=exit_codes.USAGE,
        )
    return client


def _only_run() -> RunClient:
    clients, silent = live_runs()
    if len(clients) == 1 and not silent:
        return clients[0]
    for client in clients:
        client.close()
    if silent and not clients:
        raise silent[0]
    if not clients:
        raise PerftuiError("no run goes on", "", "Start one with `perftui run`", exit_code=exit_codes.USAGE)
    names = ", ".join(clean(client.welcome.run_id) for client in clients[:5])
    raise PerftuiError("several runs go on", names, "Name one", exit_code=exit_codes.USAGE)


def is_live(folder: Path) -> bool:
    """Whether the run in `folder` still goes on."""
    try:
        connection = connect(socket_path(folder))
    except TimeoutError:
        return True
    if connection is not None:
        connection.close()
    return connection is not None


def asker() -> str:
    """Who asks a run for something from this shell, as its record keeps it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A user that has no name, as in some containers.
        user = str(os.getuid())
    return f"{user[:20]}@{socket.gethostname()[:24]}"
