"""A master and its load workers: counts add up exactly, whoever comes, dies, stands still or lies."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgpack
import zmq

from perftui.model.control import Order
from perftui.model.histogram import Histogram
from perftui.model.tick import Health, RequestDelta, Tick
from perftui.wire.framing import HEADER, encode
from perftui.wire.messages import (
    VERSION,
    Control,
    MasterSettings,
    Message,
    Obeyed,
    Stop,
    Ticked,
    WorkerGreeting,
    WorkerReport,
)
from tests.engine.bare import BARE_PYTHON, bare_site
from tests.engine.conftest import Place, check_in_places, configure
from tests.engine.fleets import RunningFleet, wait_quiet

USER = """
class ShopUser(HttpUser):
    wait_time = constant(0.02)
    @task
    def buy(self): self.client.get("/")
"""
LEAN_USER = "from perftui.users import LeanHttpUser\n" + USER.replace("(HttpUser)", "(LeanHttpUser)")
SECRET = """
@events.init_command_line_parser.add_listener
def _(parser):
    parser.add_argument("--pass-phrase", is_secret=True, default="s3cret-phrase")
    parser.add_argument("--colour", default="red")
@events.test_start.add_listener
def _(environment, **_):
    options = environment.parsed_options
    print("OPTIONS", options.colour, options.pass_phrase, environment.host, flush=True)
"""


def peer(port: int, identity: bytes) -> Any:
    """Somebody who reaches the port."""
    made: Any = zmq.Context.instance().socket(zmq.DEALER)
    made.setsockopt(zmq.IDENTITY, identity)
    made.setsockopt(zmq.LINGER, 0)
    made.connect(f"tcp://127.0.0.1:{port}")
    return made


def say(somebody: Any, message: Message) -> None:
    body = encode(message)[HEADER.size :]
    somebody.send(msgpack.packb(("perftui", body, somebody.getsockopt_string(zmq.IDENTITY))))


def report_of(seq: int, requests: int, started: int) -> Tick:
    times = Histogram(requests, 1000 * requests, 1000, 1000, {1000: requests})
    delta = RequestDelta("GET", "/", requests, 0, 0, 0, times, Histogram())
    health = Health(1.0, 1, 0.1, 0.1, 0.1, 1, 100)
    return Tick(seq, 1.0, 1.0, 0, 0, {}, (delta,), (), (), started, 0, 0, 0.0, health)


def two_workers_count_as_one_process_would(fleet: Any, target: Any, locustfile: Any, configure: Any) -> None:
    asked = configure(
        locustfile(USER + SECRET),
        host=target.url,
        users=7,
        run_time_s=2.5,
        stop_timeout_s=1.0,
        locust_args=("--colour", "blue", "--pass-phrase", "s3cret-own"),
    )
    fleet.begin(asked, workers=2)
    spy = peer(fleet.port, b"spy_1")
    spy.send(msgpack.packb(("client_ready", "2.47.0", "spy_1")))
    fleet.wait_workers(3)
    fleet.start()
    heard = b""
    while b"user_classes_count" not in heard:
        assert spy.poll(5000)
        heard += spy.recv()
    spy.send(msgpack.packb(("quit", None, "spy_1")))
    codes = fleet.wait_end()
    spy.close()
    assert codes == [0, 0, 0]
    assert fleet.requests == target.requests["/"] > 100
    fleet.master.check_accounting()
    peak = max(fleet.ticks, key=lambda tick: tick.user_count)
    assert peak.user_count == 7
    assert sorted(each.user_count for each in peak.load_workers) in ([0, 3, 4], [0, 0, 3, 4])
    assert peak.load_workers[0].role == "master"
    # The good-bye of one may come after the last tick.
    states = [each.state for each in fleet.ticks[-1].load_workers if each.role == "local"]
    assert len(states) == 2
    assert {*states} <= {"ready", "running"}
    assert fleet.ticks[-1].user_count == 0
    # Each worker was told what it needs, and nobody what is secret.
    assert b"blue" in heard
    assert b"s3cret" not in heard
    assert b"pass_phrase" not in heard
    for worker in fleet.workers:
        assert f"OPTIONS blue s3cret-own {target.url}" in worker.output


def lost_and_stopped_workers(fleet: Any, target: Any, locustfile: Any, configure: Any) -> None:
    asked = configure(locustfile(USER), host=target.url, users=6, stop_timeout_s=1.0)
    fleet.begin(asked, workers=3)
    fleet.start()
    fleet.wait_tick(lambda tick: tick.user_count == 6)
    killed, stopped, _ = fleet.workers
    os.kill(stopped.process.pid, signal.SIGSTOP)
    lost = fleet.wait_news("lost", within_s=8.0)
    # 3.5 s and what a busy machine takes to look.
    assert re.fullmatch("lost load worker local-2: not heard of for [45] s", lost.text)
    # Its users went to the others.
    fleet.wait_tick(lambda tick: tick.user_count == 6)
    os.kill(stopped.process.pid, signal.SIGCONT)
    assert fleet.wait_news("returned").workers == 3
    fleet.wait_tick(lambda tick: [each.user_count for each in tick.load_workers] == [0, 2, 2, 2])
    os.kill(killed.process.pid, signal.SIGKILL)
    fleet.master.wait_for(lambda: [each for each in fleet.news if each.kind == "lost" and each.name == "local-1"], 8.0)
    fleet.wait_tick(lambda tick: tick.user_count == 6)
    fleet.master.send(Stop())
    assert fleet.wait_end() == [0, -signal.SIGKILL, 0, 0]
    # All but what the dead one had not told: at most about a second of it.
    missing = target.requests["/"] - fleet.requests
    assert 0 <= missing <= 2 * 50 * 1.5
    fleet.master.check_accounting()
    assert fleet.ticks[-1].in_flight == 0
    assert {each.name: each.state for each in fleet.ticks[-1].load_workers}["local-1"] == "missing"


def a_stock_worker_with_the_agent_counts_exactly(fleet: Any, target: Any, locustfile: Any, configure: Any) -> None:
    asked = configure(locustfile(LEAN_USER), host=target.url, users=4, run_time_s=2.0, stop_timeout_s=1.0)
    fleet.begin(asked, workers=1)
    # It has no perftui: all that it needs of it comes with the agent.
    site = bare_site(fleet.folder, "locust", "httptools")
    fleet.join_stock("-f", "-", python=BARE_PYTHON, PYTHONPATH=str(site))
    fleet.wait_workers(2)
    fleet.start()
    codes = fleet.wait_end()
    assert codes == [0, 0, 0], fleet.said_by_stock()
    assert fleet.news[-1].role == "remote"
    assert fleet.requests == target.requests["/"] > 50
    fleet.master.check_accounting()
    (remote,) = (each for each in fleet.ticks[0].load_workers if each.role == "remote")
    assert remote.user_count == 2
    assert remote.requests > 0
    assert remote.health.rss_bytes > 1e6


def a_stock_worker_without_the_agent_is_marked(fleet: Any, target: Any, locustfile: Any, configure: Any) -> None:
    path = locustfile(
        USER
        + """
class FailingUser(HttpUser):
    fixed_count = 1
    wait_time = constant(0.1)
    @task
    def fail(self): self.client.get("/status/500")
"""
    )
    asked = configure(path, host=target.url, users=3, stop_timeout_s=1.0)
    fleet.begin(asked, workers=0)
    fleet.join_stock("-f", str(path))
    fleet.wait_workers(1)
    assert fleet.news[-1].role == "stock"
    assert "rounded to two digits (off by up to 5 %)" in fleet.news[-1].text
    fleet.start()
    fleet.wait_tick(lambda tick: tick.requests and tick.user_count == 3)
    fleet.master.send(Stop())
    assert fleet.wait_end() == [0, 0], fleet.said_by_stock()
    counts = fleet.master.counts
    assert counts["/"] == (target.requests["/"], 0)
    assert counts["/status/500"] == (0, target.requests["/status/500"])
    (failure,) = {(each.name, each.message) for tick in fleet.ticks for each in tick.failures}
    assert "500" in failure[1]
    fleet.master.check_accounting()
    times = [delta.ok_times for tick in fleet.ticks for delta in tick.requests if delta.name == "/"]
    assert sum(each.count for each in times) == target.requests["/"]


def whoever_reaches_the_port_stops_nothing(fleet: Any, target: Any, locustfile: Any, configure: Any) -> None:
    asked = configure(locustfile(USER), host=target.url, users=2, stop_timeout_s=1.0)
    fleet.begin(asked, workers=1)
    escape = "\x1b]0;PWNED\x07"
    messages = [
        (1, 2),
        7,
        ("heartbeat", None, "rogue_1"),
        ("heartbeat", {"state": 5, "current_cpu_usage": "x"}, "rogue_1"),
        ("client_ready", 5, "rogue_1"),
        ("stats", {"__datetime__": 1}, "rogue_1"),
        ("stats", {"stats": 1, "errors": {}, "user_classes_count": {}}, "rogue_1"),
        ("perftui", b"\xc1", "rogue_1"),
        ("perftui", "text", "rogue_1"),
        ({"a": 1}, None, "rogue_1"),
        ("spawning_complete", {"user_classes_count": {"ShopUser": -5}}, "rogue_1"),
        (escape, escape, "rogue_1"),
        ("client_ready", "2.47.0", "somebody_else"),
    ]
    rogue = peer(fleet.port, b"rogue_1")
    for message in messages:
        rogue.send(msgpack.packb(message))
    rogue.send(b"\xc1\xff\xff")
    rogue.send_multipart([b"", b"", b"x"])
    # Of another release of Locust's: it may join. Of another protocol: it may not.
    old, strange = peer(fleet.port, b"old"), peer(fleet.port, b"strange")
    old.send(msgpack.packb(("client_ready", "2.20.1", "old")))
    fleet.master.wait_for(lambda: [each for each in fleet.news if each.name == "old-1"])
    old.send(msgpack.packb(("quit", None, "old")))
    greeting = encode(WorkerGreeting(VERSION + 1, "remote", "box", 1))[HEADER.size :]
    strange.send(msgpack.packb(("perftui", greeting, "strange")))
    strange.send(msgpack.packb(("client_ready", "2.47.0", "strange")))
    assert strange.poll(5000)
    assert f"it speaks protocol {VERSION + 1} of perftui and this run {VERSION}".encode() in strange.recv()
    with socket.create_connection(("127.0.0.1", fleet.port)) as stream:
        stream.sendall(b"GET / HTTP/1.1\r\n\r\n")
    # One that joins, under a name for a terminal, and then claims what it likes.
    liar = peer(fleet.port, b"liar")
    liar.send(msgpack.packb(("client_ready", escape, "liar")))
    liar.send(msgpack.packb(("exception", {"msg": escape, "traceback": 5}, "liar")))
    liar.send(msgpack.packb(("quit", None, "liar")))
    fleet.master.wait_for(lambda: len([each for each in fleet.news if each.kind == "left"]) == 2)
    # One that would be a worker of the run itself, and whose reports cannot be true, but for the second.
    forger = peer(fleet.port, b"local_" + b"0" * 32)
    say(forger, WorkerGreeting(VERSION, "local", "local", 1, "local-1", "a-guess"))
    forger.send(msgpack.packb(("client_ready", version("locust"), "local_" + "0" * 32)))
    fleet.wait_workers(2)
    fleet.start()
    fleet.wait_tick(lambda tick: tick.user_count and tick.requests)
    for report in (report_of(1, 500, started=2), report_of(7, 3, started=90), report_of(8, -3, started=-3)):
        say(forger, WorkerReport(report, is_last=False))
    fleet.master.wait_for(lambda: "of load worker remote-1: it has" in fleet.master.logged)
    forger.send(msgpack.packb(("quit", None, "local_" + "0" * 32)))
    fleet.wait_workers(1)
    fleet.master.send(Stop())
    assert fleet.wait_end() == [0, 0]
    for each in (rogue, liar, old, strange, forger):
        each.close()
    assert next(each.role for each in fleet.news if each.name == "remote-1") == "remote"
    assert fleet.requests == target.requests["/"] + 3
    fleet.master.check_accounting()
    assert "refused 2 reports of load worker remote-1: it has requests that cannot be" in fleet.master.logged
    remark = next(each.remark for each in fleet.news if each.name == "old-1")
    assert remark.startswith(f"it has Locust 2.20.1, and this run {version('locust')}; its times are Locust's own")
    assert f"a load worker of box cannot join: it speaks protocol {VERSION + 1}" in fleet.master.logged
    assert "messages on the port for load workers: no load worker says such a thing" in fleet.master.logged
    said = "".join(map(repr, fleet.master.messages)) + fleet.master.output
    assert "PWNED" not in said or "\x1b" not in said.encode().decode("unicode_escape")
    assert "Traceback" not in fleet.master.output


def without_its_master_a_worker_stops_its_load(fleet: Any, target: Any, locustfile: Any, configure: Any) -> None:
    asked = configure(locustfile(USER), host=target.url, users=4, stop_timeout_s=1.0)
    fleet.begin(asked, workers=1)
    fleet.join(asked, is_local=False)
    fleet.join_stock("-f", "-")
    fleet.wait_workers(3)
    fleet.start()
    fleet.wait_tick(lambda tick: tick.user_count == 4 and all(each.requests for each in tick.load_workers[1:]))
    os.kill(fleet.master.process.pid, signal.SIGKILL)
    assert wait_quiet(lambda: target.requests["/"], for_s=1.0, within_s=9.0) < 6.0
    for worker in fleet.workers:
        assert worker.wait_end(6.0) == 0
        assert worker.fault.startswith(f"lost the master at 127.0.0.1:{fleet.port}: silent for")
    assert fleet.stock[0].wait(6.0) is not None
    assert "lost the master" in fleet.said_by_stock()


def a_worker_without_a_locustfile_gets_its_masters(fleet: Any, target: Any, locustfile: Any, configure: Any) -> None:
    asked = configure(locustfile(USER), host=target.url, users=2, run_time_s=1.2, stop_timeout_s=1.0)
    fleet.begin(asked, workers=0)
    remote = fleet.join(configure(), is_local=False)
    fleet.wait_workers(1)
    assert fleet.news[-1].role == "remote"
    fleet.start()
    assert fleet.wait_end() == [0, 0]
    assert fleet.requests == target.requests["/"] > 0
    assert remote.all(Ticked)


def test_a_port_in_use_is_said_before_any_load(start_engine: Any, locustfile: Any, configure: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        engine = start_engine()
        engine.run(configure(locustfile(USER), host="http://127.0.0.1:1", master=MasterSettings("127.0.0.1", port)))
    assert engine.faults[0].kind == "environment"
    assert engine.fault == (
        f"port {port} of 127.0.0.1 is in use: another master may still run; choose another port, or none"
    )


def orders_reach_every_worker_and_one_that_comes_later(
    fleet: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    asked = configure(locustfile(USER), host=target.url, rate_per_s=60.0, max_users=8, stop_timeout_s=1.0)
    fleet.begin(asked, workers=1)
    fleet.start()
    fleet.wait_tick(lambda tick: tick.arrivals and tick.arrivals.started >= 50)
    fleet.join(asked)
    fleet.wait_workers(2)
    # The rate is that of all of them together, whoever shares it.
    fleet.wait_tick(
        lambda tick: 54 <= tick.arrivals.scheduled <= 66 and all(each.requests > 20 for each in tick.load_workers[1:])
    )
    fleet.master.send(Control(1, Order("pause")))
    fleet.master.wait_for(lambda: fleet.master.all(Obeyed))
    assert wait_quiet(lambda: target.requests["/"], for_s=0.5, within_s=3.0) < 2.0
    paused_at, ticks = target.requests["/"], len(fleet.ticks)
    fleet.join(asked)
    fleet.wait_workers(3)
    assert (target.requests["/"], len(fleet.ticks) - ticks <= 1) == (paused_at, True)
    fleet.master.send(Control(2, Order("resume")))
    fleet.wait_tick(lambda tick: all(each.requests > 10 for each in tick.load_workers[1:]))
    fleet.master.send(Control(3, Order("set", rate_per_s=30.0)))
    fleet.wait_tick(lambda tick: 24 <= tick.arrivals.scheduled <= 36)
    fleet.master.send(Stop())
    assert fleet.wait_end() == [0, 0, 0, 0]
    assert [each.refused for each in fleet.master.all(Obeyed)] == ["", "", ""]
    assert fleet.requests == target.requests["/"]
    fleet.master.check_accounting()
    check_arrivals(fleet)


def a_rate_goes_to_workers_with_users_and_what_waits_at_the_end_waits(
    fleet: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    slow = """
class SlowUser(User):
    @task
    def work(self): gevent.sleep(0.03)
"""
    asked = configure(locustfile("import gevent" + slow), rate_per_s=16.0, max_users=1, stop_timeout_s=1.0)
    fleet.begin(asked, workers=2)
    fleet.start()
    fleet.wait_tick(lambda tick: tick.arrivals and sum(each.arrivals.started for each in fleet.ticks) >= 24)
    # Half of the rate would wait for users that the other worker does not have: 8 in a second.
    assert not any(tick.arrivals.dropped or tick.arrivals.waiting > 4 for tick in fleet.ticks)
    # More than one user can do.
    fleet.master.send(Control(1, Order("set", rate_per_s=100.0)))
    fleet.wait_tick(lambda tick: tick.arrivals.dropped)
    fleet.master.send(Stop())
    assert fleet.wait_end() == [0, 0, 0]
    assert fleet.ticks[-1].arrivals.waiting >= 50
    check_arrivals(fleet)


def check_arrivals(fleet: Any) -> None:
    waiting = 0
    for tick in fleet.ticks:
        arrivals = tick.arrivals
        assert arrivals.scheduled == arrivals.started + arrivals.dropped + arrivals.waiting - waiting, tick.seq
        waiting = arrivals.waiting


def in_places(tmp_path: Path, *checks: Callable[[Any, Any, Any, Any], None]) -> None:
    def with_fleet(check: Callable[[Any, Any, Any, Any], None]) -> Callable[[Place], None]:
        @wraps(check)
        def do(place: Place) -> None:
            fleet = RunningFleet(place.start_engine, place.folder)
            try:
                check(fleet, place.target, place.locustfile, configure)
            finally:
                fleet.close()

        return do

    check_in_places(tmp_path, *map(with_fleet, checks))


def test_workers_of_all_kinds_count_exactly_whoever_else_reaches_the_port(tmp_path: Path) -> None:
    in_places(
        tmp_path,
        a_stock_worker_with_the_agent_counts_exactly,
        a_stock_worker_without_the_agent_is_marked,
        two_workers_count_as_one_process_would,
        a_worker_without_a_locustfile_gets_its_masters,
        whoever_reaches_the_port_stops_nothing,
    )


def test_workers_that_go_and_come_and_obey(tmp_path: Path) -> None:
    in_places(
        tmp_path,
        lost_and_stopped_workers,
        without_its_master_a_worker_stops_its_load,
        orders_reach_every_worker_and_one_that_comes_later,
        a_rate_goes_to_workers_with_users_and_what_waits_at_the_end_waits,
    )
