"""`perftui worker`: a load worker in a process of its own, for a run that somebody else started."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

import perftui as package
from perftui import exit_codes
from tests.fakes.at_once import at_once
from tests.fakes.command import locustfile_in, perftui, profiles_in
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_for

NO_LOAD_AFTER_S = 6.0
# `perftui run` asks the target once whether it is there.
PROBES = 1


@contextmanager
def running(cwd: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """perftui beside the test; whatever is left of it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "perftui", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(package.__file__).parent.parent)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """Read what `process` says on stderr until `pattern` is found."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if match := re.search(pattern, line):
            return match
    pytest.fail(f"{pattern} was not said: {''.join(lines)}")


def a_worker_joins_a_run_with_its_locustfile_and_ends_with_it(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    locustfile_in(tmp_path)
    with RunningFaultServer("ok") as server:
        profiles_in(tmp_path, server.url)
        options = ("run", "quick", "--target", "stage", "--expect-workers", "1", "--runs-dir", "runs", "--json")
        with running(tmp_path, *options) as run:
            master = said(run, r"perftui worker --master (\S+)`")[1]
            with running(elsewhere, "worker", "--master", master) as worker:
                out, err = run.communicate(timeout=60)
                _, told = worker.communicate(timeout=30)
        served = server.requests() - PROBES
    assert run.returncode == exit_codes.OK, err
    accounting = json.loads(out)["accounting"]
    assert accounting["started"] == accounting["succeeded"] == served > 20
    assert worker.returncode == exit_codes.OK, told
    assert told.splitlines() == [
        f"looking for the master at {master}",
        f"joined the master at {master}; its run begins when all are there",
        "the load begins",
        f"the run is over: {served:,} requests from here",
    ]


def a_conductor_that_is_killed_leaves_no_load_here_or_elsewhere(tmp_path: Path) -> None:
    locustfile_in(tmp_path)
    with RunningFaultServer("ok") as server:
        profiles_in(tmp_path, server.url)
        options = ("--load-workers", "1", "--expect-workers", "1", "--run-time", "60s", "--runs-dir", "runs")
        with running(tmp_path, "run", "quick", "--target", "stage", *options) as run:
            master = said(run, r"perftui worker --master (\S+)`")[1]
            with running(tmp_path, "worker", "--master", master, "-f", "locustfile.py") as worker:
                said(worker, "the load begins")
                wait_for(lambda: server.requests() > 20, "some requests")
                run.kill()
                # The server counts from here.
                server.change("ok")
                _, told = worker.communicate(timeout=30)
                assert bootstraps_in(tmp_path) == []
                assert server.last_request_s() < NO_LOAD_AFTER_S
    assert worker.returncode == exit_codes.ENGINE_DIED
    assert f"lost the master at {master}" in told
    assert "stuck" not in told


def bootstraps_in(folder: Path) -> list[str]:
    """Command lines of engines whose working directory is `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if b"bootstrap.py" in command and os.readlink(process / "cwd") == str(folder):
                found.append(command.decode())
        except OSError:
            continue  # it is gone, or somebody else's
    return found


def workers_that_leave_leave_a_run_that_goes_on(tmp_path: Path) -> None:
    """One is interrupted, one has another locustfile."""
    path = locustfile_in(tmp_path)
    (tmp_path / "other.py").write_text(re.sub(r"class \w+", "class Another", path.read_text()))
    with RunningFaultServer("ok") as server:
        profiles_in(tmp_path, server.url)
        options = ("--load-workers", "1", "--expect-workers", "2", "--run-time", "3s", "--runs-dir", "runs", "--json")
        with running(tmp_path, "run", "quick", "--target", "stage", *options) as run:
            master = said(run, r"perftui worker --master (\S+)`")[1]
            join = ("worker", "--master", master)
            with running(tmp_path, *join) as worker, running(tmp_path, *join, "-f", "other.py") as other:
                said(worker, "the load begins")
                wait_for(lambda: server.requests() > 20, "some requests")
                worker.send_signal(signal.SIGINT)
                worker.communicate(timeout=20)
                _, told = other.communicate(timeout=20)
            out, err = run.communicate(timeout=60)
        served = server.requests() - PROBES
    assert other.returncode == exit_codes.LOCUSTFILE
    assert "the locustfile of this load worker is another than the run's: it has no class ShopUser" in told
    assert "Traceback" not in told
    assert worker.returncode == exit_codes.INTERRUPTED
    assert run.returncode == exit_codes.OK, err
    assert json.loads(out)["accounting"]["started"] == served
    # They said good-bye, and all that they did.
    assert len(re.findall(r"info: load: load worker \S+ joined", err)) == 3
    assert len(re.findall(r"info: load: load worker \S+ left", err)) == 2
    assert "lost" not in out


CANNOT: tuple[tuple[tuple[str, ...], int, str], ...] = (
    (("--master", "box"), exit_codes.USAGE, "'box' has no port: HOST:PORT"),
    (("--master", "box:0"), exit_codes.USAGE, "port 0 is none that a master listens on"),
    (("--master", "127.0.0.1:9", "--max-wait", "soon"), exit_codes.USAGE, "'soon' is not a duration"),
    (("--master", "127.0.0.1:9", "-f", "nowhere.py"), exit_codes.LOCUSTFILE, "there is no such file"),
    (
        ("--master", "127.0.0.1:9", "--max-wait", "0s"),
        exit_codes.ENVIRONMENT,
        "there is no master at 127.0.0.1:9: connection refused",
    ),
)


def test_what_cannot_be_joined_is_one_line(tmp_path: Path) -> None:
    path = locustfile_in(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        says = f"no Locust master answers at {address}: something listens there, and said nothing for 2 s"
        asks = ("--master", address, "--max-wait", "2s")
        unheard = [(each, exit_codes.ENVIRONMENT, says) for each in (asks, (*asks, "-f", str(path)))]
        cases = [*CANNOT, *unheard]
        at_once({f"{case[0]}": partial(check_refusal, *case, tmp_path / f"{at}") for at, case in enumerate(cases)})


def check_refusal(options: tuple[str, ...], code: int, text: str, folder: Path) -> None:
    folder.mkdir()
    done = perftui("worker", *options, cwd=folder)
    assert done.returncode == code
    *_, line = done.stderr.splitlines()
    assert text in line
    assert "Traceback" not in done.stderr
    assert "stuck" not in done.stderr


def test_a_worker_joins_is_interrupted_and_loses_its_master(tmp_path: Path) -> None:
    checks = (
        a_worker_joins_a_run_with_its_locustfile_and_ends_with_it,
        a_conductor_that_is_killed_leaves_no_load_here_or_elsewhere,
        workers_that_leave_leave_a_run_that_goes_on,
    )

    def check_in(check: Callable[[Path], None]) -> None:
        place = tmp_path / check.__name__
        place.mkdir()
        check(place)

    at_once({check.__name__: partial(check_in, check) for check in checks})
