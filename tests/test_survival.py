"""Who may die, and what is left: the viewer, the conductor, the terminal. Through the real command line."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.conductor.interpreter import Interpreter
from perftui.detach import start_detached
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.store.reader import RunReader
from perftui.wire.client import RunClient
from perftui.wire.rendezvous import live_sockets, socket_path
from tests.fakes.command import COMMAND, locustfile_in, perftui
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_for


def start(tmp_path: Path, url: str, run_time_s: float = 60.0) -> tuple[Path, RunClient]:
    """A detached run that sends load, and a connection to it."""
    plan = RunPlan(
        Profile("quick", users=3, spawn_rate=20.0, run_time_s=run_time_s, stop_timeout_s=1.0),
        Target("stage", url),
        Scenario("shop", (str(locustfile_in(tmp_path)),)),
        str(tmp_path),
    )
    own = Interpreter(sys.executable, "the tests' own", "2.47")
    folder = asyncio.run(start_detached(plan, own, tmp_path / "runs"))
    client = RunClient.connect(socket_path(folder))
    assert client is not None
    next(snapshot for snapshot in client.snapshots(timeout_s=30) if snapshot.total.requests > 10)
    return folder, client


@pytest.fixture
def beside() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start perftui in a process of its own; what a test that fails leaves of it is killed."""
    with ExitStack() as started:

        def begin(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
            process = started.enter_context(
                subprocess.Popen(
                    [*COMMAND, *arguments], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, text=True,
                )
            )  # fmt: skip
            started.callback(process.kill)
            return process

        yield begin


Beside = Callable[..., subprocess.Popen[str]]


def test_a_run_is_listed_looked_at_from_elsewhere_and_stopped(tmp_path: Path, beside: Beside) -> None:
    with RunningFaultServer("ok") as server:
        folder, client = start(tmp_path, server.url)
        client.close()
        listed = perftui("ps", cwd=tmp_path)
        assert folder.name in listed.stdout
        attached = beside("attach", cwd=tmp_path)
        assert attached.stderr is not None
        assert "users" in attached.stderr.readline()
        stopped = perftui("stop", cwd=tmp_path)
        assert stopped.stdout.strip() == f"{folder.name}: stopped"
        out, _ = attached.communicate(timeout=30)
    assert attached.returncode == exit_codes.STOPPED_EARLY
    assert "stopped by" in out
    assert json.loads((folder / "outcome.json").read_text())["state"] == "stopped"
    assert live_sockets() == []


def test_a_viewer_that_is_killed_leaves_the_run_alone(tmp_path: Path, beside: Beside) -> None:
    with RunningFaultServer("ok") as server:
        folder, client = start(tmp_path, server.url)
        client.close()
        viewer = beside("attach", cwd=tmp_path)
        assert viewer.stderr is not None
        viewer.stderr.readline()
        viewer.kill()
        viewer.wait()
        before = server.requests()
        wait_for(lambda: server.requests() > before + 20, "more requests")
        assert folder.name in perftui("ps", cwd=tmp_path).stdout
        assert perftui("stop", "--all", cwd=tmp_path).returncode == 0
    seqs = [point.seq for point in RunReader(folder).record().timeline]
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_conductor_that_is_killed_ends_the_load_and_leaves_an_interrupted_run(tmp_path: Path) -> None:
    with RunningFaultServer("ok") as server:
        folder, client = start(tmp_path, server.url)
        committed = max(snapshot.seq for snapshot in (next(client.snapshots(timeout_s=10)),))
        os.kill(client.welcome.pid, signal.SIGKILL)
        died_at = time.monotonic()
        list(client.snapshots(timeout_s=10))
        client.close()

        def is_quiet() -> bool:
            before = server.requests()
            quiet_until = time.monotonic() + 0.5
            while time.monotonic() < quiet_until:
                if server.requests() != before:
                    return False
            return True

        wait_for(is_quiet, "the load to end", 10.0)
        assert time.monotonic() - died_at < 10
    listing = json.loads(perftui("history", "--json", cwd=tmp_path).stdout)
    assert [(each["run_id"], each["state"]) for each in listing] == [(folder.name, "interrupted")]
    shown = perftui("show", folder.name, cwd=tmp_path)
    assert "interrupted" in shown.stdout
    record = RunReader(folder).record()
    assert record.timeline[-1].seq >= committed
    exported = perftui("export", folder.name, "--out", str(tmp_path / "out"), cwd=tmp_path)
    assert exported.returncode == 0, exported.stderr
    document = json.loads(next((tmp_path / "out").glob("*result.json")).read_text())
    assert document["totals"]["requests"] == record.totals.total.requests > 10
    assert perftui("ps", cwd=tmp_path).stdout == ""


def test_a_conductor_that_does_not_answer_is_listed_and_can_be_ended(tmp_path: Path) -> None:
    with RunningFaultServer("ok") as server:
        folder, client = start(tmp_path, server.url)
        pid = client.welcome.pid
        client.close()
        os.kill(pid, signal.SIGSTOP)
        assert f"process {pid}" in perftui("ps", cwd=tmp_path).stdout
        refused = perftui("stop", "--all", cwd=tmp_path)
        assert refused.returncode == exit_codes.ENGINE_DIED
        assert "--now" in refused.stderr
        assert perftui("stop", "--all", "--now", cwd=tmp_path).returncode == exit_codes.OK
        wait_for(lambda: live_sockets() == [], "the socket to be stale")
        before = wait_for(server.requests, "the count")
        assert server.requests() <= before + 3
    assert "interrupted" in perftui("show", folder.name, cwd=tmp_path).stdout


def test_a_stopped_viewer_loses_nothing(tmp_path: Path, beside: Beside) -> None:
    """SIGSTOP: what a wedged line does to a viewer. The run goes on, and afterwards everything is there."""
    with RunningFaultServer("ok") as server:
        folder, client = start(tmp_path, server.url, run_time_s=6.0)
        client.close()
        viewer = beside("attach", cwd=tmp_path)
        assert viewer.stderr is not None
        viewer.stderr.readline()
        viewer.send_signal(signal.SIGSTOP)
        wait_for(lambda: (folder / "report.html").exists(), "the end of the run")
        viewer.send_signal(signal.SIGCONT)
        out, _ = viewer.communicate(timeout=30)
    assert viewer.returncode == exit_codes.OK
    assert "Passed" in out
    seqs = [point.seq for point in RunReader(folder).record().timeline]
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_foreground_run_keeps_its_record_when_it_is_interrupted(tmp_path: Path, beside: Beside) -> None:
    with RunningFaultServer("ok") as server:
        locustfile_in(tmp_path)
        run = beside(
            "run", "light", "--target", server.url, "-f", "locustfile.py", "--stop-timeout", "1s", cwd=tmp_path
        )
        wait_for(lambda: server.requests() > 10, "some requests")
        run.send_signal(signal.SIGTERM)
        out, err = run.communicate(timeout=30)
    assert run.returncode == exit_codes.TERMINATED, err
    (outcome,) = (tmp_path / "runs").glob("*/outcome.json")
    assert json.loads(outcome.read_text())["exit_code"] == exit_codes.TERMINATED
    assert "terminated" in out
