"""Who may die, and what is left: the viewer, the conductor, the terminal. Through the real command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from perftui import exit_codes
from perftui.model.plan import Profile, RunPlan, Scenario, Target, plan_to_dict
from perftui.store.reader import RunReader
from perftui.wire.client import RunClient
from perftui.wire.rendezvous import connect
from tests.fakes.at_once import at_once
from tests.fakes.command import COMMAND, TIMEOUT_S, locustfile_in, perftui
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_for
from tests.test_detach import STARTER


class Place:
    """A folder with runs and sockets of its own; what a check that fails leaves of its processes is killed."""

    def __init__(self, folder: Path, runtime: str, started: ExitStack) -> None:
        self.folder = folder
        self.runs = folder / "runs"
        self._started = started
        self._sockets = Path(runtime, "perftui")
        self._environ = {**os.environ, "XDG_RUNTIME_DIR": runtime, "PERFTUI_RUNS_DIR": str(self.runs)}

    def perftui(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return perftui(*arguments, cwd=self.folder, environ=self._environ)

    def beside(self, *arguments: str) -> subprocess.Popen[str]:
        """perftui in a process that goes on beside the check."""
        process = self._started.enter_context(
            subprocess.Popen(
                [*COMMAND, *arguments], cwd=self.folder, env=self._environ, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
        )  # fmt: skip
        self._started.callback(process.kill)
        return process

    def start(self, url: str, run_time_s: float = 60.0) -> tuple[Path, RunClient]:
        """A detached run that sends load, and a connection to it."""
        plan = RunPlan(
            Profile("quick", users=3, spawn_rate=20.0, run_time_s=run_time_s, stop_timeout_s=1.0),
            Target("stage", url),
            Scenario("shop", (str(locustfile_in(self.folder)),)),
            str(self.folder),
        )
        starter = [sys.executable, "-c", STARTER, json.dumps(plan_to_dict(plan)), str(self.runs)]
        subprocess.run(starter, env=self._environ, check=True, timeout=TIMEOUT_S)
        ((folder,), (socket,)) = self.runs.iterdir(), self._sockets.glob("*.sock")
        client = RunClient.connect(socket)
        assert client is not None
        next(snapshot for snapshot in client.snapshots(timeout_s=30) if snapshot.total.requests > 10)
        return folder, client

    def is_quiet(self) -> bool:
        """Whether no conductor listens."""
        for path in self._sockets.glob("*.sock"):
            if (connection := connect(path)) is not None:
                connection.close()
                return False
        return True


@contextmanager
def place_in(folder: Path) -> Iterator[Place]:
    folder.mkdir()
    with tempfile.TemporaryDirectory(prefix="pt-") as runtime, ExitStack() as started:
        yield Place(folder, runtime, started)


def a_run_is_listed_looked_at_from_elsewhere_and_stopped(place: Place) -> None:
    with RunningFaultServer("ok") as server:
        folder, client = place.start(server.url)
        client.close()
        listed = place.perftui("ps")
        assert folder.name in listed.stdout
        attached = place.beside("attach")
        assert attached.stderr is not None
        assert "users" in attached.stderr.readline()
        stopped = place.perftui("stop")
        assert stopped.stdout.strip() == f"{folder.name}: stopped"
        out, _ = attached.communicate(timeout=30)
    assert attached.returncode == exit_codes.STOPPED_EARLY
    assert "stopped by" in out
    assert json.loads((folder / "outcome.json").read_text())["state"] == "stopped"
    assert place.is_quiet()


def a_viewer_that_is_killed_leaves_the_run_alone(place: Place) -> None:
    with RunningFaultServer("ok") as server:
        folder, client = place.start(server.url)
        client.close()
        viewer = place.beside("attach")
        assert viewer.stderr is not None
        viewer.stderr.readline()
        viewer.kill()
        viewer.wait()
        before = server.requests()
        wait_for(lambda: server.requests() > before + 20, "more requests")
        assert folder.name in place.perftui("ps").stdout
        assert place.perftui("stop", "--all").returncode == 0
    seqs = [point.seq for point in RunReader(folder).record().timeline]
    assert seqs == list(range(1, len(seqs) + 1))


def a_conductor_that_is_killed_ends_the_load_and_leaves_an_interrupted_run(place: Place) -> None:
    with RunningFaultServer("ok") as server:
        folder, client = place.start(server.url)
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
    listing = json.loads(place.perftui("history", "--json").stdout)
    assert [(each["run_id"], each["state"]) for each in listing] == [(folder.name, "interrupted")]
    shown = place.perftui("show", folder.name)
    assert "interrupted" in shown.stdout
    record = RunReader(folder).record()
    assert record.timeline[-1].seq >= committed
    exported = place.perftui("export", folder.name, "--out", str(place.folder / "out"))
    assert exported.returncode == 0, exported.stderr
    document = json.loads(next((place.folder / "out").glob("*result.json")).read_text())
    assert document["totals"]["requests"] == record.totals.total.requests > 10
    assert place.perftui("ps").stdout == ""


def a_conductor_that_does_not_answer_is_listed_and_can_be_ended(place: Place) -> None:
    with RunningFaultServer("ok") as server:
        folder, client = place.start(server.url)
        pid = client.welcome.pid
        client.close()
        os.kill(pid, signal.SIGSTOP)
        # Each waits for its word for as long as the other.
        asking, listing = place.beside("stop", "--all"), place.beside("ps")
        assert f"process {pid}" in listing.communicate(timeout=30)[0]
        _, refused = asking.communicate(timeout=30)
        assert asking.returncode == exit_codes.ENGINE_DIED
        assert "--now" in refused
        assert place.perftui("stop", "--all", "--now").returncode == exit_codes.OK
        wait_for(place.is_quiet, "the socket to be stale")
        before = wait_for(server.requests, "the count")
        assert server.requests() <= before + 3
    assert "interrupted" in place.perftui("show", folder.name).stdout


def a_stopped_viewer_loses_nothing(place: Place) -> None:
    """SIGSTOP: what a wedged line does to a viewer. The run goes on, and afterwards everything is there."""
    with RunningFaultServer("ok") as server:
        folder, client = place.start(server.url, run_time_s=6.0)
        client.close()
        viewer = place.beside("attach")
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


def a_foreground_run_keeps_its_record_when_it_is_interrupted(place: Place) -> None:
    with RunningFaultServer("ok") as server:
        locustfile_in(place.folder)
        run = place.beside("run", "light", "--target", server.url, "-f", "locustfile.py", "--stop-timeout", "1s")
        wait_for(lambda: server.requests() > 10, "some requests")
        run.send_signal(signal.SIGTERM)
        out, err = run.communicate(timeout=30)
    assert run.returncode == exit_codes.TERMINATED, err
    (outcome,) = place.runs.glob("*/outcome.json")
    assert json.loads(outcome.read_text())["exit_code"] == exit_codes.TERMINATED
    assert "terminated" in out


def test_runs_survive_and_end_as_they_should(tmp_path: Path) -> None:
    checks: tuple[Callable[[Place], None], ...] = (
        a_conductor_that_does_not_answer_is_listed_and_can_be_ended,
        a_stopped_viewer_loses_nothing,
        a_conductor_that_is_killed_ends_the_load_and_leaves_an_interrupted_run,
        a_viewer_that_is_killed_leaves_the_run_alone,
        a_run_is_listed_looked_at_from_elsewhere_and_stopped,
        a_foreground_run_keeps_its_record_when_it_is_interrupted,
    )

    def check_in(check: Callable[[Place], None]) -> None:
        with place_in(tmp_path / check.__name__) as place:
            check(place)

    at_once({check.__name__: partial(check_in, check) for check in checks})
