"""The runs that go on: found by connecting to them."""

from __future__ import annotations

from pathlib import Path

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.store.history import find_run
from perftui.store.layout import runs_folder
from perftui.wire.client import RunClient
from perftui.wire.rendezvous import connect, live_sockets, socket_path


def live_runs() -> list[tuple[RunClient, Path]]:
    """A connection to every run of this user's on this machine, with its socket."""
    found = [(RunClient.connect(path), path) for path in live_sockets()]
    return [(client, path) for client, path in found if client is not None]


def live_run(name: str | None, runs_dir: str | None) -> tuple[RunClient, Path]:
    """The connection to the run `name`, or to the only one; the others are closed."""
    runs = live_runs()
    if name is not None:
        matching = [(client, path) for client, path in runs if name in client.welcome.run_id]
        if not matching:
            folder = find_run(runs_folder(runs_dir), name)
            raise PerftuiError(
                f"run {folder.name} is not going on",
                next_step=f"See it with `perftui show {folder.name}`",
                exit_code=exit_codes.USAGE,
            )
    else:
        matching = runs
    if len(matching) != 1:
        names = ", ".join(client.welcome.run_id for client, _ in matching[:5])
        if matching:
            raise PerftuiError("which run?", f"several go on: {names}", "Name one", exit_code=exit_codes.USAGE)
        raise PerftuiError("no run goes on", "", "Start one with `perftui run`", exit_code=exit_codes.USAGE)
    for client, _ in runs:
        if client is not matching[0][0]:
            client.close()
    return matching[0]


def is_live(folder: Path) -> bool:
    """Whether the run in `folder` still goes on."""
    connection = connect(socket_path(folder))
    if connection is not None:
        connection.close()
    return connection is not None
