"""A start that is given up leaves no run, whoever gives it up and when."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from perftui.conductor.interpreter import Interpreter
from perftui.detach import start_detached
from perftui.model.plan import Profile, RunPlan, Scenario, Target, plan_to_dict
from perftui.wire.rendezvous import live_sockets
from tests.fakes.command import LOCUSTFILE, locustfile_in
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_for

# Says which engine loads it, and goes on loading until a file is there.
SLOW = """
import os, pathlib, time
here = pathlib.Path(__file__).parent
(here / "engine").write_text(str(os.getpid()))
while not (here / "go").exists():
    time.sleep(0.02)
"""
STARTER = """
import asyncio, json, sys
from pathlib import Path
from perftui.conductor.interpreter import Interpreter
from perftui.detach import start_detached
from perftui.model.plan import plan_from_dict
plan = plan_from_dict(json.loads(sys.argv[1]))
asyncio.run(start_detached(plan, Interpreter(sys.executable, "the tests' own", "2.47"), Path(sys.argv[2])))
"""


def slow_plan(folder: Path, url: str) -> RunPlan:
    return RunPlan(
        Profile("quick", users=3, spawn_rate=20.0, run_time_s=60.0, stop_timeout_s=1.0),
        Target("stage", url),
        Scenario("shop", (str(locustfile_in(folder, SLOW + LOCUSTFILE)),)),
        str(folder),
    )


def lives(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    return False


def engine_in(folder: Path) -> int:
    wait_for(lambda: (folder / "engine").exists() and (folder / "engine").read_text(), "the engine to load", 30)
    return int((folder / "engine").read_text())


def assert_nothing_is_left(folder: Path, engine: int) -> None:
    wait_for(lambda: not lives(engine), "the engine to end", 15)
    (folder / "go").touch()
    wait_for(lambda: live_sockets() == [] and not list((folder / "runs").glob("*")), "the run to be gone", 15)


async def test_a_cancelled_start_leaves_nothing(tmp_path: Path) -> None:
    with RunningFaultServer("ok") as server:
        own = Interpreter(sys.executable, "the tests' own", "2.47")
        start = asyncio.create_task(start_detached(slow_plan(tmp_path, server.url), own, tmp_path / "runs"))
        engine = await asyncio.to_thread(engine_in, tmp_path)
        start.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start
        await asyncio.to_thread(assert_nothing_is_left, tmp_path, engine)
        assert server.requests() == 0


@pytest.mark.parametrize("is_stopped", [False, True], ids=["while it loads", "before it reads the answer"])
def test_a_starter_that_is_killed_leaves_nothing(tmp_path: Path, is_stopped: bool) -> None:
    with RunningFaultServer("ok") as server:
        plan = json.dumps(plan_to_dict(slow_plan(tmp_path, server.url)))
        starter = subprocess.Popen([sys.executable, "-c", STARTER, plan, str(tmp_path / "runs")])
        engine = engine_in(tmp_path)
        if is_stopped:
            os.kill(starter.pid, signal.SIGSTOP)
            (tmp_path / "go").touch()
            wait_for(lambda: live_sockets() != [], "the run to be open", 30)
        starter.kill()
        starter.wait()
        assert_nothing_is_left(tmp_path, engine)
        assert server.requests() == 0
