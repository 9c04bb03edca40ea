"""What a bench measured: the rounds of each task, one after the other, without concurrency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Every round's time is kept, so that statistics are exact; past this a task is not measured further.
MAX_ROUNDS = 100_000
MAX_TASKS = 1_000
# Unless a number of rounds is asked for: new rounds begin for so long, and there are at least so many.
DEFAULT_MAX_TIME_S = 3.0
MIN_ROUNDS = 5
# Rounds before those that count: connections are opened and caches filled. Whichever is reached first ends them.
WARM_UP_ROUNDS = 5
WARM_UP_S = 0.5


@dataclass(frozen=True, slots=True)
class TaskRounds:
    """The rounds of one task. `times_s` has those that succeeded, in their order, without the warm-up.

    `failed` counts rounds that failed, the warm-up's too, and `failure` is what the first of them said. `given_up` says
    why the task was not measured to its end, "" where it was.
    """

    user_class: str
    task: str
    times_s: tuple[float, ...]
    failed: int = 0
    failure: str = ""
    given_up: str = ""

    @property
    def name(self) -> str:
        return f"{self.user_class}.{self.task}"


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that one bench measured. `rounds` and `max_time_s` are what was asked for, None where nothing was.

    `target` is the address without credentials, or a word for a target that has another one each time. `started_at` is
    UTC in ISO 8601; `machine` and `provenance` are for people and tools.
    """

    scenario: str
    target: str
    started_at: str
    rounds: int | None
    max_time_s: float | None
    tasks: tuple[TaskRounds, ...]
    machine: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
