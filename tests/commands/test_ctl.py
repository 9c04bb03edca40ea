"""`perftui ctl`: what its words mean, and a run that obeys it, refuses, and is over."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.commands.ctl import read_words
from perftui.conductor.interpreter import Interpreter
from perftui.detach import start_detached
from perftui.model.control import Order
from perftui.model.errors import PerftuiError
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.store.reader import RunReader
from perftui.wire.client import RunClient
from perftui.wire.rendezvous import socket_path
from tests.fakes.command import locustfile_in, perftui
from tests.fakes.fault_server import RunningFaultServer


@pytest.mark.parametrize(
    ("words", "run_name", "order"),
    [
        ("users=200 spawn-rate=10", None, Order("set", users=200, spawn_rate=10.0)),
        ("last rate=90/min", "last", Order("set", rate_per_s=1.5)),
        ("hand-back", None, Order("hand_back")),
        ("20 pause", "20", Order("pause")),
        ("20 stop", "20", None),
    ],
)
def test_words_are_one_order(words: str, run_name: str | None, order: Order | None) -> None:
    asked = read_words(tuple(words.split()))
    assert (asked.run_name, asked.order) == (run_name, order)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "nothing is asked. Such as users=200"),
        ("last", "nothing is asked of last. Such as"),
        ("puase", "puase is no order: the nearest is pause"),
        ("last user=3", "user= is no order: the nearest is users="),
        ("last pause users=3", "pause is an order of its own"),
        ("users=3 users=4", "users is given twice"),
        ("users=3.5", "users: '3.5' is not a whole number"),
        ("rate=fast", "rate: 'fast' is not a rate above 0"),
        ("users=3 \x1b[2J", "nothing is asked of \\x1b[2J"),
    ],
)
def test_words_that_mean_nothing_are_one_line(words: str, said: str) -> None:
    with pytest.raises(PerftuiError) as caught:
        read_words(tuple(words.split()))
    assert said in str(caught.value)
    assert caught.value.exit_code == exit_codes.USAGE


def test_a_run_obeys_refuses_and_is_over(tmp_path: Path) -> None:
    own = Interpreter(sys.executable, "the tests' own", "2.47")
    runs = str(tmp_path / "runs")
    with RunningFaultServer("ok") as server:
        plan = RunPlan(
            Profile("quick", users=3, spawn_rate=20.0, run_time_s=60.0, stop_timeout_s=1.0),
            Target("stage", server.url, max_users=50),
            Scenario("shop", (str(locustfile_in(tmp_path)),)),
            str(tmp_path),
        )
        folder = asyncio.run(start_detached(plan, own, tmp_path / "runs"))
        client = RunClient.connect(socket_path(folder))
        assert client is not None
        with client:
            next(snapshot for snapshot in client.snapshots(timeout_s=30) if snapshot.total.requests > 10)
        done = perftui("ctl", "users=5", "spawn_rate=40", cwd=tmp_path)
        assert (done.stdout, done.stderr, done.returncode) == (f"{folder.name}: users 3 -> 5 at 40/s\n", "", 0)
        many = perftui("ctl", folder.name, "users=51", "--runs-dir", runs, cwd=tmp_path)
        assert many.stderr.startswith(f"perftui: run {folder.name} refuses: target stage does not allow this")
        assert (many.returncode, many.stderr.count("\n")) == (exit_codes.REFUSED, 1)
        rate = perftui("ctl", "rate=5/s", cwd=tmp_path)
        assert "not an arrival rate: ask for users" in rate.stderr
        assert rate.returncode == exit_codes.USAGE
        stopped = perftui("ctl", "stop", cwd=tmp_path)
        assert (stopped.stdout, stopped.returncode) == (f"{folder.name}: stopped\n", 0)
    late = perftui("ctl", folder.name, "users=5", "--runs-dir", runs, cwd=tmp_path)
    line = rf"perftui: run {folder.name} is over since \d\d:\d\d\. `perftui show {folder.name}` has how it ended\.\n"
    assert re.fullmatch(line, late.stderr)
    assert late.returncode == exit_codes.USAGE
    events = [event for event in RunReader(folder).events() if event.kind == "load"]
    assert [(event.text, "@" in event.by) for event in events] == [("users 3 -> 5 at 40/s", True)]
