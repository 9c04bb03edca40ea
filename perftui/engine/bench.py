"""A bench: one user at a time and no wait, each task called again and again, each call timed."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from functools import partial
from time import monotonic, perf_counter
from typing import Any

import gevent
import locust
from gevent.event import AsyncResult
from locust.exception import StopTest
from locust.runners import STATE_RUNNING, STATE_STOPPED, STATE_STOPPING

from perftui.engine.bench_user import BenchTask, BenchUser, Tally, turns_of
from perftui.engine.bench_watch import INTERRUPTS, WATCH_S, Watch
from perftui.engine.failure_text import failure_text
from perftui.engine.faults import fault_of
from perftui.engine.heartbeat import Heartbeat
from perftui.engine.link import Link
from perftui.engine.loading import LoadedTest
from perftui.engine.logs import LogForwarder
from perftui.engine.user_line import describe_error
from perftui.model.bench import MAX_ROUNDS, MIN_ROUNDS, WARM_UP_ROUNDS, WARM_UP_S
from perftui.model.text import clean
from perftui.wire.messages import BenchPlanned, Configure, Ended, Fault, Logged, Stopping, TestStarted

_BEATS_PER_S = round(1 / WATCH_S)
_FLUSH_TIMEOUT_S = 5.0


class Bench:
    """`run` is for a greenlet of its own, as user code can throw SystemExit into the main greenlet at any wait."""

    def __init__(
        self, link: Link, heartbeat: Heartbeat, logs: LogForwarder, configure: Configure, test: LoadedTest
    ) -> None:
        assert configure.bench is not None
        assert test.runner is not None
        self._link = link
        self._heartbeat = heartbeat
        self._logs = logs
        self._settings = configure.bench
        self._stop_timeout_s = configure.stop_timeout_s
        self._runner = test.runner
        self._environment = test.runner.environment
        self._end_asked: AsyncResult = AsyncResult()
        self._fault: Fault | None = None
        self._watch = Watch(self._settings.hung_after_s, lambda: self._ask_end("user_code"), self.blame)
        self._now_measured: Tally | None = None
        self._requests = 0
        self._failure = ""
        self._runner.on_end_asked = lambda _: self._ask_end("user_code")
        locust.events.request.add_listener(self._on_request)
        link.stop_asked.rawlink(lambda _: self._ask_end("command"))

    def blame(self, error: BaseException) -> None:
        """User code ended the process, or cannot be ended itself."""
        if self._fault is None:
            self._fault = fault_of(error)
        self._ask_end("user_code")

    def run(self, hook_error: Callable[[], BaseException | None]) -> None:
        """`hook_error()` is the first exception caught from a listener."""
        classes = [(each, turns_of(each)) for each in self._environment.user_classes]
        planned = [(task.user_class, task.name) for _, turns in classes for turn in turns for task in turn]
        self._link.send(BenchPlanned(tuple(planned)))
        gevent.spawn(self._beat)
        gevent.wait([self._link.start_asked, self._end_asked], count=1)
        if not self._end_asked.ready():
            self._measure_all(classes)
        self._logs.next_tick()
        raised = hook_error()
        if self._fault is not None:
            self._link.send(self._fault)
        self._link.send(Ended(None, describe_error(raised) if raised else None, ()))

    def _measure_all(self, classes: list[tuple[Any, list[list[BenchTask]]]]) -> None:
        self._heartbeat.enter("running")
        self._link.send(TestStarted())
        fire = partial(locust.events.test_start.fire, environment=self._environment)
        self._say(self._watch.run(fire, "a listener of test_start"))
        self._runner.update_state(STATE_RUNNING)
        for user_class, turns in classes:
            if self._environment.host:
                # As in Locust's runner: the target that was asked for, not the one that a class names.
                user_class.host = self._environment.host
            if not turns:
                self._say(f"{clean(user_class.__name__)} has no tasks that can be called one at a time")
            waiting = deque([Tally(task) for task in turn] for turn in turns)
            while waiting and not self._end_asked.ready():
                self._measure_class(user_class, waiting)
        self._heartbeat.enter("stopping")
        if self._end_asked.ready():
            self._link.send(Stopping(self._end_asked.get()))
        self._watch.stop_by_s = float("inf")
        self._runner.update_state(STATE_STOPPING)
        fire = partial(locust.events.test_stop.fire, environment=self._environment)
        self._say(self._watch.run(fire, "a listener of test_stop"))
        self._runner.update_state(STATE_STOPPED)

    def _measure_class(self, user_class: Any, waiting: deque[list[Tally]]) -> None:
        """With one user, all turns that are `waiting`; it leaves those that are after a task that hung."""
        users: list[BenchUser] = []
        who = clean(user_class.__name__)

        def start() -> None:
            user = BenchUser(user_class, self._environment)
            user.start()
            users.append(user)

        def measure() -> None:
            while waiting and not self._end_asked.ready():
                self._measure(users[0], waiting[0])
                self._send(waiting.popleft())

        self._requests, self._failure = 0, ""
        why = self._watch.run(start, f"on_start of {who}")
        if self._failure:
            self._say(f"on_start of {who}: {self._failure}")
        if not users:
            for tally in [tally for turn in waiting for tally in turn]:
                tally.given_up = why or f"on_start of {who} ended the user"
            while waiting:
                self._send(waiting.popleft())
            return
        self._pause(monotonic())
        self._now_measured = None
        why = self._watch.run(measure, "a round")
        begun = self._now_measured
        if begun is not None and waiting and begun in waiting[0]:
            begun.given_up = why or ("" if self._end_asked.ready() else "a round ended the user")
            self._send(waiting.popleft())
        self._say(self._watch.run(users[0].stop, f"on_stop of {who}"))

    def _measure(self, user: BenchUser, turn: list[Tally]) -> None:
        """Rounds of the tasks in `turn`: each task once in each, so that what one needs of another is there."""
        warm_until_s = monotonic() + WARM_UP_S
        for _ in range(WARM_UP_ROUNDS):
            self._round(user, turn, is_warm_up=True)
            if monotonic() > warm_until_s:
                break
        rounds, max_time_s = self._settings.rounds, self._settings.max_time_s
        until_s = float("inf") if max_time_s is None else monotonic() + max_time_s * len(turn)
        least = MIN_ROUNDS if rounds is None else 0
        for count in range(min(rounds or MAX_ROUNDS, MAX_ROUNDS)):
            if self._end_asked.ready() or (count >= least and monotonic() >= until_s):
                return
            if all(tally.is_hopeless for tally in turn):
                for tally in turn:
                    tally.given_up = f"none of its first {tally.failed} rounds succeeded"
                return
            self._round(user, turn, is_warm_up=False)

    def _round(self, user: BenchUser, turn: list[Tally], *, is_warm_up: bool) -> None:
        left: tuple[Any, ...] = ()
        for tally in turn:
            if self._end_asked.ready():
                return
            if left and tally.task.tasksets[: len(left)] == left:
                continue  # an interrupt ended this sequence before it came to this task
            began_s = monotonic()
            if self._call(user, tally, is_warm_up) and tally.task.in_sequence:
                left = tally.task.tasksets
            self._pause(began_s)

    def _call(self, user: BenchUser, tally: Tally, is_warm_up: bool) -> bool:
        """Call the task once, timed; whether it interrupted its TaskSet."""
        self._now_measured, self._watch.since_s = tally, monotonic()
        self._requests, self._failure = 0, ""
        interrupts = False
        time_s = 0.0
        try:
            user.enter(tally.task.tasksets)
            started_s = perf_counter()
            try:
                user.call(tally.task)
            except INTERRUPTS:
                interrupts = True
            time_s = perf_counter() - started_s
            if interrupts:
                user.leave()
        except StopTest:
            self._ask_end("user_code")
            return False
        except Exception as error:  # noqa: BLE001 - user code may raise anything
            self._failure = describe_error(error)
        if self._failure:
            tally.failed += 1
            tally.failure = tally.failure or self._failure
        elif not is_warm_up:
            tally.times_s.append(round(time_s, 9))
        return interrupts

    def _pause(self, began_s: float) -> None:
        """As long as the requests that were sent since `began_s` need at the target's rate."""
        max_rps = self._settings.max_rps
        due_s = began_s + self._requests / max_rps if max_rps else 0.0
        self._watch.since_s = float("inf")
        # Without a pause too: a task that never waits must not keep the loop to itself.
        self._end_asked.wait(max(0.0, due_s - monotonic()))

    def _on_request(self, request_type: Any, name: Any, exception: Any = None, **_: Any) -> None:
        self._requests += 1
        if exception and not self._failure:
            self._failure = clean(f"{request_type} {name}: {failure_text(exception)}")

    def _ask_end(self, reason: str) -> None:
        """The first reason counts."""
        if not self._end_asked.ready():
            self._watch.stop_by_s = monotonic() + self._stop_timeout_s
            self._end_asked.set(reason)

    def _send(self, turn: list[Tally]) -> None:
        for message in [message for tally in turn for message in tally.messages()]:
            self._link.send(message)
        # The next task may block the loop for ever; this one is measured.
        self._link.flush(_FLUSH_TIMEOUT_S)

    def _say(self, text: str) -> None:
        if text:
            self._link.send(Logged("WARNING", "perftui", text))

    def _beat(self) -> None:
        for count in itertools.count(1):
            self._heartbeat.came_round()
            if count % _BEATS_PER_S == 0:
                self._logs.next_tick()
            gevent.sleep(WATCH_S)
