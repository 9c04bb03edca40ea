"""The tasks of a user class, a user that calls them one at a time, and what is known of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import Any

from gevent import getcurrent
from locust import SequentialTaskSet
from locust.user.task import LOCUST_STATE_RUNNING, DefaultTaskSet

from perftui.engine.inspection import DEEPEST
from perftui.model.bench import MAX_TASKS
from perftui.model.text import clean, mask_secrets
from perftui.wire.messages import MAX_BENCHED, Benched

# A task that never succeeded is given up after so many rounds.
HOPELESS_AFTER = 10


@dataclass(frozen=True, slots=True)
class BenchTask:
    """A task function, and the TaskSets that a user has to be in to call it, from the outermost on."""

    user_class: str
    name: str
    tasksets: tuple[Any, ...]
    function: Callable[[Any], object]

    @property
    def in_sequence(self) -> bool:
        """Whether an interrupt leaves a sequence."""
        return bool(self.tasksets) and issubclass(self.tasksets[-1], SequentialTaskSet)


class Tally:
    """What is known of one task. See Benched for the fields."""

    def __init__(self, task: BenchTask) -> None:
        self.task = task
        # At most MAX_ROUNDS.
        self.times_s: list[float] = []
        self.failed = 0
        self.failure = ""
        self.given_up = ""

    @property
    def is_hopeless(self) -> bool:
        return self.failed >= HOPELESS_AFTER and not self.times_s

    def messages(self) -> list[Benched]:
        starts = range(0, max(1, len(self.times_s)), MAX_BENCHED)
        batches = [tuple(self.times_s[start : start + MAX_BENCHED]) for start in starts]
        name = self.task.user_class, self.task.name
        said = [Benched(*name, batch, 0, "", "", False) for batch in batches[:-1]]
        return [*said, Benched(*name, batches[-1], self.failed, self.failure, self.given_up, True)]


def turns_of(user_class: Any) -> list[list[BenchTask]]:
    """The tasks of `user_class` in their order; those of one sequence together, as they are called in turn."""
    tasks = _flatten(clean(user_class.__name__), user_class.tasks, (), "", DEEPEST)
    seen: Counter[str] = Counter()
    named: list[BenchTask] = []
    for task in islice(tasks, MAX_TASKS):
        seen[task.name] += 1
        # Functions may share a name, as lambdas do.
        named.append(task if seen[task.name] == 1 else replace(task, name=f"{task.name} ({seen[task.name]})"))
    return [list(turn) for _, turn in groupby(named, key=_turn_of)]


def _flatten(
    user_class: str, tasks: Iterable[Any], tasksets: tuple[Any, ...], prefix: str, depth: int
) -> Iterator[BenchTask]:
    for task in dict.fromkeys(tasks):
        name = f"{prefix}{getattr(task, '__name__', type(task).__name__)}"
        inner = getattr(task, "tasks", None)
        if inner is None:
            yield BenchTask(user_class, clean(mask_secrets(name)), tasksets, task)
        elif depth:
            yield from _flatten(user_class, inner, (*tasksets, task), f"{name}.", depth - 1)


def _turn_of(task: BenchTask) -> tuple[Any, ...]:
    for depth, taskset in enumerate(task.tasksets, 1):
        if issubclass(taskset, SequentialTaskSet):
            return task.tasksets[:depth]
    return (task.name,)


class BenchUser:
    """A user of `user_class` with its real client. Every method calls user code, which may raise anything."""

    def __init__(self, user_class: Any, environment: Any) -> None:
        self._user = user_class(environment)
        self._user._state = LOCUST_STATE_RUNNING
        self._user._taskset_instance = DefaultTaskSet(self._user)
        self._user._greenlet = getcurrent()
        # Bounded by DEEPEST.
        self._inside: list[Any] = []

    def start(self) -> None:
        self._user.on_start()

    def stop(self) -> None:
        self._leave_to(0)
        self._user.on_stop()

    def enter(self, tasksets: tuple[Any, ...]) -> None:
        """Be in these TaskSets and no others, with their `on_stop` and `on_start`."""
        kept = 0
        while kept < min(len(tasksets), len(self._inside)) and type(self._inside[kept]) is tasksets[kept]:
            kept += 1
        self._leave_to(kept)
        for taskset in tasksets[kept:]:
            inner = taskset(self._where)
            inner.on_start()
            self._inside.append(inner)

    def leave(self) -> None:
        """The innermost TaskSet was interrupted: the next to call a task of it begins it anew."""
        self._leave_to(max(0, len(self._inside) - 1))

    def call(self, task: BenchTask) -> None:
        task.function(self._where)

    @property
    def _where(self) -> Any:
        return self._inside[-1] if self._inside else self._user

    def _leave_to(self, depth: int) -> None:
        while len(self._inside) > depth:
            self._inside.pop().on_stop()
