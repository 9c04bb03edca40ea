"""A trial: one user does one task once, and every request is told whole."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any

import gevent
import locust
from gevent.event import AsyncResult
from locust.runners import STATE_RUNNING, STATE_STOPPED, STATE_STOPPING

from perftui.engine.bench_user import BenchTask, BenchUser, turns_of
from perftui.engine.bench_watch import INTERRUPTS, WATCH_S, Watch
from perftui.engine.exchanges import Reported, exchange_of
from perftui.engine.failure_text import failure_text
from perftui.engine.faults import LoadError, fault_of, nearest
from perftui.engine.heartbeat import Heartbeat
from perftui.engine.link import Link
from perftui.engine.loading import LoadedTest
from perftui.engine.logs import LogForwarder
from perftui.engine.sampler import shown_name, status_of
from perftui.engine.user_line import describe_error
from perftui.model.exchange import MAX_TRIAL_EXCHANGES
from perftui.model.text import clean
from perftui.wire.messages import Configure, Ended, Exchanged, Fault, Logged, TestStarted, TrialPlanned, Tried

_BEATS_PER_S = round(1 / WATCH_S)
# What the ends of user code (`on_stop`, listeners of `test_stop`) may take after a trial was cut off.
_END_LIMIT_S = 5.0
_FLUSH_TIMEOUT_S = 1.0


class Trial:
    """`run` is for a greenlet of its own, as user code can throw SystemExit into the main greenlet at any wait."""

    def __init__(
        self, link: Link, heartbeat: Heartbeat, logs: LogForwarder, configure: Configure, test: LoadedTest
    ) -> None:
        assert configure.trial is not None
        assert test.runner is not None
        self._link = link
        self._heartbeat = heartbeat
        self._logs = logs
        self._settings = configure.trial
        self._secrets = test.secrets
        self._runner = test.runner
        self._environment = test.runner.environment
        self._end_asked: AsyncResult = AsyncResult()
        self._watch = Watch(configure.trial.limit_s, self._end_soon, self.blame)
        self._has_enough = False
        self._fault: Fault | None = None
        self._user_class = ""
        self._exception = ""
        self._told = 0
        self._began_s = monotonic()
        self._runner.on_end_asked = lambda _: self._end_soon()
        locust.events.request.add_listener(self._on_request)
        link.stop_asked.rawlink(lambda _: self._cut_off())

    def blame(self, error: BaseException) -> None:
        """User code ended the process, or cannot be ended itself."""
        if self._fault is None:
            self._fault = fault_of(error)
        self._cut_off()

    def run(self, hook_error: Callable[[], BaseException | None]) -> None:
        """`hook_error()` is the first exception caught from a listener."""
        user_class = self._environment.user_classes[0]
        tasks = self._tasks_of(user_class)
        if self._fault is None:
            self._user_class = clean(user_class.__name__)
            self._link.send(TrialPlanned(self._user_class, tasks[-1].name))
            gevent.spawn(self._beat)
            gevent.wait([self._link.start_asked, self._end_asked], count=1)
            if not self._end_asked.ready():
                self._try(user_class, tasks)
        self._logs.next_tick()
        raised = hook_error()
        if self._fault is not None:
            self._link.send(self._fault)
        self._link.send(Tried(self._exception))
        self._link.send(Ended(None, describe_error(raised) if raised else None, ()))

    def _tasks_of(self, user_class: Any) -> list[BenchTask]:
        """What the user does: one task, or those of its sequence up to it. None, and a fault, where there is none."""
        wanted = self._settings.task
        turns = turns_of(user_class)
        if turns and not wanted:
            return turns[0]
        for is_wanted in (_is_called, _ends_with):
            for turn in turns:
                for count, task in enumerate(turn, 1):
                    if is_wanted(task, wanted):
                        return turn[:count]
        who = clean(user_class.__name__)
        if turns:
            names = [task.name for turn in turns for task in turn]
            self._fault = LoadError("arguments", f"{who} has no task {wanted}{nearest(wanted, names)}").fault
        else:
            self._fault = LoadError("locustfile", f"{who} has no tasks that can be called one at a time").fault
        return []

    def _try(self, user_class: Any, tasks: list[BenchTask]) -> None:
        self._heartbeat.enter("running")
        self._began_s = monotonic()
        self._link.send(TestStarted())
        if self._environment.host:
            # As in Locust's runner: the target that was asked for, not the one that a class names.
            user_class.host = self._environment.host
        fire = locust.events.test_start.fire
        self._call(partial(fire, environment=self._environment), "a listener of test_start")
        self._runner.update_state(STATE_RUNNING)
        users: list[BenchUser] = []
        up: list[BenchUser] = []

        def start() -> None:
            users.append(BenchUser(user_class, self._environment))
            users[0].start()
            up.append(users[0])

        self._call(start, f"on_start of {self._user_class}")
        if users and not up and not self._exception:
            self._link.send(Logged("WARNING", "perftui", f"on_start of {self._user_class} ended the user"))
        for user, task in itertools.product(up, tasks):
            if not self._end_asked.ready() and not self._call(partial(_do, user, task), task.name):
                break
        self._heartbeat.enter("stopping")
        self._watch.stop_by_s = monotonic() + _END_LIMIT_S
        if users:
            self._call(users[0].stop, f"on_stop of {self._user_class}", is_end=True)
        self._runner.update_state(STATE_STOPPING)
        fire = locust.events.test_stop.fire
        self._call(partial(fire, environment=self._environment), "a listener of test_stop", is_end=True)
        self._runner.update_state(STATE_STOPPED)

    def _call(self, call: Callable[[], object], what: str, *, is_end: bool = False) -> bool:
        """Let user code run; whether it came to its end. The first time that it did not is what is said."""
        if not is_end and self._watch.stop_by_s == float("inf"):
            self._watch.stop_by_s = self._began_s + self._settings.limit_s
        why = self._watch.run(call, what)
        if why and not self._exception and not self._has_enough:
            self._exception = why
        return not why

    def _on_request(
        self,
        request_type: Any,
        name: Any,
        response_time: Any,
        response_length: Any = 0,
        response: Any = None,
        exception: Any = None,
        url: Any = None,
        **_: Any,
    ) -> None:
        if self._told >= MAX_TRIAL_EXCHANGES:
            return
        self._told += 1
        group = shown_name(request_type), shown_name(name), failure_text(exception) if exception else ""
        exchange = exchange_of(
            Reported(response, url, response_time, response_length),
            group,
            status_of(response) if response is not None else 0,
            round(monotonic() - self._began_s, 6),
            self._user_class,
            self._secrets,
        )
        self._link.send(Exchanged(exchange))
        # What comes next in the task may end the process.
        self._link.flush(_FLUSH_TIMEOUT_S)
        if self._told == MAX_TRIAL_EXCHANGES:
            self._link.send(Logged("WARNING", "perftui", f"ended after {MAX_TRIAL_EXCHANGES} requests"))
            self._has_enough = True
            self._cut_off()

    def _end_soon(self) -> None:
        """No further task; the one that goes on may come to its end."""
        if not self._end_asked.ready():
            self._end_asked.set(None)

    def _cut_off(self) -> None:
        self._watch.stop_by_s = monotonic()
        self._end_soon()

    def _beat(self) -> None:
        for count in itertools.count(1):
            self._heartbeat.came_round()
            if count % _BEATS_PER_S == 0:
                self._logs.next_tick()
            gevent.sleep(WATCH_S)


def _is_called(task: BenchTask, name: str) -> bool:
    return name in (task.name, f"{task.user_class}.{task.name}")


def _ends_with(task: BenchTask, name: str) -> bool:
    return task.name.rpartition(".")[2] == name


def _do(user: BenchUser, task: BenchTask) -> None:
    user.enter(task.tasksets)
    try:
        user.call(task)
    except INTERRUPTS:
        user.leave()
