"""A whole run: what a locustfile may do, and what the conductor hears of it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from perftui.wire.messages import (
    Guarding,
    Loaded,
    Logged,
    SpawningComplete,
    Start,
    Stop,
    Stopping,
    Ticked,
)
from tests.engine.conftest import check_engines

EVERY_KIND = Path(__file__).parents[1] / "locustfiles" / "every_kind.py"

USER = """
class ShopUser(HttpUser):
    wait_time = constant(0.01)
    @task
    def buy(self): self.client.get("/")
"""
SAY_EVENTS = """
for _name in ("test_start", "spawning_complete", "test_stopping", "test_stop", "quitting", "quit"):
    def _say(name=_name, **_): print("EVENT", name, flush=True)
    getattr(events, _name).add_listener(_say)
"""


def events_of(output: str) -> list[str]:
    return [line.split()[1] for line in output.splitlines() if line.startswith("EVENT")]


def reasons(engine: Any) -> list[str]:
    return [stopping.reason for stopping in engine.all(Stopping)]


def test_every_kind_of_user_runs_unchanged(engine: Any, target: Any, configure: Any) -> None:
    asked = configure(
        EVERY_KIND,
        host=target.url,
        users=6,
        run_time_s=2.5,
        stop_timeout_s=5.0,
        locust_args=("--colour", "blue"),
    )
    engine.run(asked)
    kinds = [type(message) for message in engine.messages if not isinstance(message, (Ticked, SpawningComplete))]
    names = [kind.__name__ for kind in kinds if kind is not Logged]
    assert names == ["Hello", "Loaded", "TestStarted", "LoadChanged", "Stopping", "Ended"]
    assert reasons(engine) == ["run_time"]
    counts = engine.counts
    own = counts.pop("own client")
    assert own[0] > 10
    # Nothing is lost, up to the last moment: the server's own count.
    assert counts == {path: (count, 0) for path, count in target.requests.items()}
    assert set(counts) == {"/index", "/first", "/second", "/here", "/there"}
    engine.check_accounting()
    last = engine.all(Ticked)[-1].tick
    assert (last.in_flight, last.user_count) == (0, 0)
    peak = max(engine.all(Ticked), key=lambda ticked: ticked.tick.user_count).tick
    assert peak.users_by_class["WanderUser"] == 1
    assert peak.users_by_class["ShopUser"] > peak.users_by_class["OwnClientUser"]
    assert f"start blue s3cret 6 {target.url}" in engine.output
    assert "summary: " in engine.logged
    assert engine.ended.exit_code == 42
    health = peak.health
    assert health.rss_bytes > 1e6
    assert 0 < health.open_files < health.open_files_limit


def events_fire_once_and_in_order_on_a_command(engine: Any, target: Any, locustfile: Any, configure: Any) -> None:
    asked = configure(locustfile(USER + SAY_EVENTS), host=target.url, users=3, stop_timeout_s=1.0)
    engine.run(asked, until=lambda engine: engine.all(Ticked))
    assert events_of(engine.output) == [
        "test_start",
        "spawning_complete",
        "test_stopping",
        "test_stop",
        "quitting",
        "quit",
    ]
    assert reasons(engine) == ["command"]
    assert engine.ended.exit_code is None


@pytest.mark.parametrize("call", ["quit", "stop"])
def test_quit_in_a_task_ends_the_run_with_any_number_of_users(
    call: str, engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    """Under Locust alone, this hangs for ever with two users or more."""
    path = locustfile(
        USER
        + f"        if self.environment.stats.total.num_requests > 20: self.environment.runner.{call}()\n"
        + SAY_EVENTS
    )
    path.write_text(
        path.read_text().replace('buy(self): self.client.get("/")', 'buy(self):\n        self.client.get("/")')
    )
    engine.run(configure(path, host=target.url, users=5))
    assert reasons(engine) == ["user_code"]
    assert events_of(engine.output)[2:] == ["test_stopping", "test_stop", "quitting", "quit"]
    assert engine.all(Ticked)[-1].tick.user_count == 0
    engine.check_accounting()


def exit_in_a_task_is_the_locustfiles_fault_and_nothing_counted_is_lost(
    engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    path = locustfile("import sys\n" + USER + "    @task\n    def bad(self): sys.exit(3)\n" + SAY_EVENTS)
    engine.run(configure(path, host=target.url, users=5, stop_timeout_s=5.0))
    assert "locustfile.py:9: called sys.exit(3)" in engine.fault
    assert events_of(engine.output)[-4:] == ["test_stopping", "test_stop", "quitting", "quit"]
    ok = sum(ok for ok, _ in engine.counts.values())
    assert ok == target.requests["/"]
    assert engine.ended
    engine.check_accounting()


def a_user_that_cannot_be_made_is_the_locustfiles_fault(
    engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    """Locust's own users raise StopTest then, with what to do."""
    stop = "from locust.exception import StopTest\n"
    stop += USER + "    def __init__(self, environment): raise StopTest('no account')\n"
    engine.run(configure(locustfile(stop), host=target.url, users=2))
    assert engine.fault == "locustfile.py:8: StopTest: no account"
    assert target.connections == 0
    assert engine.ended


def load_shape_runs_and_ends_the_test(engine: Any, target: Any, locustfile: Any, configure: Any) -> None:
    path = locustfile(
        USER
        + """
class Steps(LoadTestShape):
    def tick(self):
        now = self.get_run_time()
        return None if now > 2.5 else (2, 10) if now < 1 else (5, 10)
"""
        + SAY_EVENTS
    )
    engine.run(configure(path, host=target.url, users=1, run_time_s=60))
    loaded = engine.wait_message(Loaded)
    assert (loaded.shape, loaded.run_time_s) == ("Steps", None)
    decides = "the load shape Steps decides the load: users, spawn rate and run time are not used"
    assert loaded.warnings == (decides,)
    assert reasons(engine) == ["shape_ended"]
    assert {2, 5} <= {ticked.tick.target_user_count for ticked in engine.all(Ticked)}
    assert events_of(engine.output)[-4:] == ["test_stopping", "test_stop", "quitting", "quit"]


def load_that_nobody_guards_any_more_ends(engine: Any, target: Any, locustfile: Any, configure: Any) -> None:
    engine.send(configure(locustfile(USER), host=target.url, users=2, run_time_s=60))
    engine.wait_message(Loaded)
    engine.send(Start())
    engine.wait_message(Ticked)
    # Said again and again, it goes on for longer than once would do.
    for ticks in (2, 3):
        engine.send(Guarding(1.5))
        engine.wait_for(lambda ticks=ticks: len(engine.all(Ticked)) >= ticks)
    engine.wait_end(10.0)
    assert reasons(engine) == ["unguarded"]
    assert engine.ended
    engine.check_accounting()
    assert sum(ok for ok, _ in engine.counts.values()) > 20


def stop_before_start_sends_no_load(engine: Any, target: Any, locustfile: Any, configure: Any) -> None:
    engine.send(configure(locustfile(USER + SAY_EVENTS), host=target.url))
    engine.wait_message(Loaded)
    engine.send(Stop())
    assert engine.wait_end() == 0
    assert reasons(engine) == ["command"]
    assert events_of(engine.output) == ["quitting", "quit"]
    assert engine.ended
    assert not target.requests


def test_end_of_the_conductor_ends_the_load_at_once(engine: Any, target: Any, locustfile: Any, configure: Any) -> None:
    """Even when user code keeps the loop busy, by the heartbeat's pipe."""
    path = locustfile(USER + "    @task\n    def spin(self):\n        while True: pass\n")
    engine.send(configure(path, host=target.url, users=2))
    engine.wait_message(Loaded)
    engine.send(Start())
    engine.wait_for(lambda: any(beat.hub_age_s > 1 for beat in engine.beats))
    engine.socket.shutdown(2)
    os.close(engine.beats_fd)
    engine.beats_fd = os.open(os.devnull, os.O_RDONLY)
    assert engine.process.wait(5) == 13


def users_that_do_not_let_go_do_not_keep_the_run(engine: Any, target: Any, locustfile: Any, configure: Any) -> None:
    path = locustfile(
        "import gevent\n"
        + USER
        + """
    def on_start(self):
        while True:
            try: gevent.sleep(60)
            except BaseException: print("CLUNG", flush=True)
"""
        + SAY_EVENTS
    )
    started = time.monotonic()
    engine.run(configure(path, host=target.url, users=2, run_time_s=1.0))
    assert time.monotonic() - started < 10
    assert "CLUNG" in engine.output
    assert events_of(engine.output)[-4:] == ["test_stopping", "test_stop", "quitting", "quit"]
    assert engine.ended


def listener_that_raises_is_named_and_changes_no_number(
    engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    path = locustfile(
        USER
        + "@events.request.add_listener\ndef f(**_): raise RuntimeError('in a listener\\nsecond line')\n"
        + "@events.quitting.add_listener\ndef g(environment, **_): environment.process_exit_code = 7\n"
    )
    engine.run(configure(path, host=target.url, users=2, run_time_s=1.2, stop_timeout_s=5.0))
    assert engine.ended.hook_raised == "locustfile.py:8: RuntimeError: in a listener\\nsecond line"
    assert engine.ended.exit_code == 7
    assert engine.counts == {"/": (target.requests["/"], 0)}


def exit_in_a_quitting_listener_is_an_exit_code(engine: Any, target: Any, locustfile: Any, configure: Any) -> None:
    path = locustfile("import sys\n" + USER + "@events.quitting.add_listener\ndef f(**_): sys.exit(9)\n")
    engine.run(configure(path, host=target.url, run_time_s=0.5))
    assert engine.ended.exit_code == 9
    assert not engine.faults


@pytest.mark.parametrize(("arguments", "code"), [((), None), (("--exit-code-on-error", "5"), 5)])
def test_exit_code_for_errors_only_where_it_was_asked_for(
    arguments: tuple[str, ...], code: int | None, engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    path = locustfile(USER.replace('"/"', '"/status/500"'))
    engine.run(configure(path, host=target.url, run_time_s=0.5, locust_args=arguments))
    assert engine.ended.exit_code == code


def hostile_names_messages_and_exceptions_arrive_clean(
    engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    path = locustfile(
        """
import logging
class ShopUser(FastHttpUser):
    wait_time = constant(0.05)
    @task
    def buy(self):
        logging.error("log \\x1b]0;title\\x07 password=hunter2")
        self.client.get("/?token=abcdefgh", name="\\x1b[2J\\u202ename \\udcff?token=abcdefgh")
        self.environment.events.request.fire(request_type=None, name=["no", "name"], response_time=float("nan"),
            response_length=None, exception="bad order 123456 of user\\nalice\\x00", context={})
        self.environment.events.request.fire(request_type="A", name="late", response_time=-5, response_length=-1)
        self.environment.events.request.fire(request_type="A", name="huge", response_time=1e300, response_length=1e300)
        raise ValueError("\\x1b[31mred\\x1b[0m api_key=123")
"""
    )
    engine.run(configure(path, host=target.url, users=2, run_time_s=1.5))
    names = set(engine.counts)
    assert "\\x1b[2J\\u202ename \\udcff?token=***" in names
    said = repr(engine.messages)
    assert not any(bad in said for bad in ("\x1b", "\u202e", "hunter2", "abcdefgh", "api_key=123"))
    failures = {delta.message for ticked in engine.all(Ticked) for delta in ticked.tick.failures}
    assert failures == {"bad order <n> of user\\nalice\\x00"}
    exceptions = [delta for ticked in engine.all(Ticked) for delta in ticked.tick.exceptions]
    assert "locustfile.py" in exceptions[0].traceback
    assert sum(delta.count for delta in exceptions) == engine.counts["late"][0]
    untimed = [delta for ticked in engine.all(Ticked) for delta in ticked.tick.requests if delta.untimed]
    assert {delta.name for delta in untimed} == {"['no', 'name']"}
    engine.check_accounting()


def floods_of_names_failures_and_log_lines_stay_bounded(
    engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    """In what is sent, and in Locust's own statistics, which user code may read."""
    path = locustfile(
        """
import itertools, logging
class ShopUser(User):
    numbers = itertools.count()
    wait_time = constant(0.001)
    @task
    def flood(self):
        for _ in range(50):
            number = next(self.numbers)
            letters = "".join(chr(97 + int(digit)) for digit in str(number))
            self.environment.events.request.fire(request_type="GET", name=f"/{letters}", response_time=1,
                response_length=1, exception=f"failed with {letters}")
        logging.warning("the same thing")
@events.quitting.add_listener
def say(environment, **_):
    stats = environment.stats
    print("STATS", len(stats.entries), len(stats.errors), sum(e.num_requests for e in stats.entries.values()),
        sum(e.occurrences for e in stats.errors.values()), stats.total.num_requests)
"""
    )
    engine.run(configure(path, users=2, run_time_s=2.5))
    deltas = [delta for ticked in engine.all(Ticked) for delta in ticked.tick.requests]
    total = sum(delta.requests for delta in deltas)
    assert total > 3000
    assert len({delta.name for delta in deltas}) == 1001
    groups = {(delta.name, delta.message): 0 for ticked in engine.all(Ticked) for delta in ticked.tick.failures}
    assert len(groups) == 201
    assert sum(delta.count for ticked in engine.all(Ticked) for delta in ticked.tick.failures) == total
    assert f"STATS 1001 201 {total} {total} {total}" in engine.output
    assert engine.logged.count("the same thing") < 60
    assert "more log records in this second were left out" in engine.logged


def listeners_that_take_their_time_at_the_end_get_it_when_the_load_is_gone(
    engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    path = locustfile(
        "import gevent\n"
        + USER
        + "@events.test_stop.add_listener\ndef f(**_):\n    gevent.sleep(1.2)\n    print('TIDY', flush=True)\n"
    )
    engine.run(configure(path, host=target.url, users=2, run_time_s=1.2))
    assert "TIDY" in engine.output
    stopping = next(index for index, each in enumerate(engine.messages) if isinstance(each, Stopping))
    after = [each.tick for each in engine.messages[stopping:] if isinstance(each, Ticked)]
    assert (after[0].user_count, after[0].in_flight) == (0, 0)


def test_threads_and_atexit_functions_do_not_keep_the_process(
    engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    path = locustfile(
        "import atexit, threading, time\natexit.register(lambda: print('LEFT', flush=True))\n"
        "threading.Thread(target=lambda: time.sleep(1000)).start()\n" + USER
    )
    engine.run(configure(path, host=target.url, run_time_s=0.3))
    assert engine.process.returncode == 0
    assert "LEFT" in engine.output


# name: (what the locustfile adds, what the fault says; None where there is none)
BROKEN = {
    "a user's __init__": (
        USER + "    def __init__(self, environment): raise KeyError('no settings')\n",
        "locustfile.py:7: KeyError: 'no settings'",
    ),
    "a load shape": (
        USER + "class Shape(LoadTestShape):\n    def tick(self): raise ZeroDivisionError('shape')\n",
        "locustfile.py:8: ZeroDivisionError: shape",
    ),
    "a user's on_start": (USER + "    def on_start(self): raise OSError('no login')\n", None),
    "KeyboardInterrupt": (
        USER + "    @task\n    def stop(self): raise KeyboardInterrupt\n",
        "raised KeyboardInterrupt",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_user_code_that_breaks_the_test_ends_it_with_its_line(
    case: str, engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    text, said = BROKEN[case]
    engine.run(configure(locustfile(text + SAY_EVENTS), host=target.url, users=2, run_time_s=1.5))
    if said is None:
        # As in Locust: the users are gone, the test goes on, and the exceptions are counted.
        assert not engine.faults
        exceptions = [delta for ticked in engine.all(Ticked) for delta in ticked.tick.exceptions]
        assert [(delta.count, delta.message) for delta in exceptions] == [(2, "OSError('no login')")]
    else:
        assert said in engine.fault
    assert events_of(engine.output)[-2:] == ["quitting", "quit"]
    assert engine.ended
    engine.check_accounting()


def test_whole_runs_of_all_sorts(tmp_path: Path) -> None:
    check_engines(
        tmp_path,
        floods_of_names_failures_and_log_lines_stay_bounded,
        listeners_that_take_their_time_at_the_end_get_it_when_the_load_is_gone,
        load_shape_runs_and_ends_the_test,
        users_that_do_not_let_go_do_not_keep_the_run,
        hostile_names_messages_and_exceptions_arrive_clean,
        listener_that_raises_is_named_and_changes_no_number,
        exit_in_a_quitting_listener_is_an_exit_code,
        events_fire_once_and_in_order_on_a_command,
        exit_in_a_task_is_the_locustfiles_fault_and_nothing_counted_is_lost,
        load_that_nobody_guards_any_more_ends,
        stop_before_start_sends_no_load,
        a_user_that_cannot_be_made_is_the_locustfiles_fault,
    )
