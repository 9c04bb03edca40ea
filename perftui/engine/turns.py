"""Before each task of each user: whether it may begin, and when it was meant to. Reaches into Locust's TaskSet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
from locust import TaskSet
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_WAITING
from locust.user.users import PytestUser

from perftui.engine.arrivals import ArrivalRate
from perftui.engine.gate import Gate
from perftui.engine.schedule import Schedule


def install(gate: Gate, schedule: Schedule, arrivals: ArrivalRate) -> None:
    """All of them do nothing until they are used: a task then costs two more calls, and four looks at an attribute."""
    turns = _Turns(gate, schedule, arrivals)
    _install_for_tasks(turns)
    _install_for_pytest(turns)


class _Turns:
    def __init__(self, gate: Gate, schedule: Schedule, arrivals: ArrivalRate) -> None:
        self.gate = gate
        self.schedule = schedule
        self.arrivals = arrivals

    def do(self, owner: Any, user: Any, task: Callable[[], None]) -> None:
        """Do `task` when it is its turn."""
        if self.arrivals.is_on:
            self._do_as_it_arrives(user, task)
            return
        if self.gate.is_shut:
            wait(user, self.gate.hold)
        if self.schedule.is_kept:
            self.schedule.begin_task(owner, user)
        task()

    def _do_as_it_arrives(self, user: Any, task: Callable[[], None]) -> None:
        wait(user, self.arrivals.await_turn)
        try:
            task()
        finally:
            self.arrivals.done()


def wait(user: Any, until: Callable[[], None]) -> None:
    """Wait as Locust's users do between two tasks: one that is to stop need not come to an end first."""
    user._state = LOCUST_STATE_WAITING
    until()
    user._state = LOCUST_STATE_RUNNING


def _install_for_tasks(turns: _Turns) -> None:
    stock = TaskSet.execute_next_task
    gate, arrivals, schedule = turns.gate, turns.arrivals, turns.schedule

    def execute_next_task(self: Any) -> None:
        if not (gate.is_shut or arrivals.is_on or schedule.is_kept):
            stock(self)
            return
        queue = self._task_queue
        if queue and isinstance(queue[0], type) and issubclass(queue[0], TaskSet):
            # Entered, and no task itself; but its on_start may send requests.
            if gate.is_shut:
                wait(self.user, gate.hold)
            stock(self)
        else:
            turns.do(self, self.user, lambda: stock(self))

    def sleep(self: Any, seconds: float) -> None:
        if arrivals.is_on:
            gevent.sleep(0)
        else:
            gate.sleep(seconds)

    TaskSet.execute_next_task = execute_next_task
    TaskSet._sleep = sleep


def _install_for_pytest(turns: _Turns) -> None:
    stock = PytestUser.run

    class Turned:
        """A pytest function, whose calls are tasks."""

        def __init__(self, user: Any, function: Any) -> None:
            self._user = user
            self._function = function

        def __getattr__(self, name: str) -> Any:
            return getattr(self._function, name)

        def obj(self, *fixtures: Any) -> None:
            turns.do(self._user, self._user, lambda: self._function.obj(*fixtures))

    def run(self: Any) -> None:
        self.functions = [Turned(self, each) for each in self.functions]
        stock(self)

    PytestUser.run = run
