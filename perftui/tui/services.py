"""What the cockpit needs from the outside: the command line implements it, tests fake it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from perftui.model.inspection import CheckItem
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.model.record import Record
from perftui.model.snapshot import TimelinePoint

# The scenario that the files given with -f make. No scenario of a file can have this name.
GIVEN_FILES = "-f"


@dataclass(frozen=True, slots=True)
class RunAddress:
    """Where a run is found: its folder, and the socket that its conductor listens on."""

    folder: Path
    socket: Path


class ProfileSet(Protocol):
    """What can be asked, by name. `source` is the file it was read from, or "built-in"."""

    @property
    def profiles(self) -> Mapping[str, Profile]: ...

    @property
    def targets(self) -> Mapping[str, Target]: ...

    @property
    def scenarios(self) -> Mapping[str, Scenario]: ...

    @property
    def source(self) -> str: ...

    def target_names(self) -> tuple[str, ...]:
        """Every target that may be named: one of them may stand in no file."""

    def target_of(self, profile: str) -> str | None:
        """The target that the profile names."""

    def scenario_of(self, profile: str) -> str | None:
        """The scenario that the profile names."""


class ReadsRun(Protocol):
    """A run's folder, read only. Made and used on one thread of its own."""

    def points(self, after_seq: int = -1) -> Sequence[TimelinePoint]:
        """Points of committed ticks with a higher seq than `after_seq`, in order."""

    def log_since(self, offset: int) -> tuple[Sequence[str], int]:
        """Lines of the run's log from byte `offset` on, and the offset to ask from next."""

    def record(self) -> Record:
        """The whole run as it is kept. Raises PerftuiError where the folder cannot be read."""


class Services(Protocol):
    @property
    def profile_set(self) -> ProfileSet: ...

    def is_ready(self, target: str) -> bool:
        """Whether `plan` may be asked about `target` now; where not, `ready` makes it so."""

    async def ready(self, target: str) -> None:
        """Start what `target` needs before a plan can name it. Takes seconds. Raises PerftuiError."""

    def give_files(self, locustfiles: tuple[str, ...]) -> None:
        """From now on GIVEN_FILES means these, as those of a run that was only looked at."""

    def plan(self, profile: str, target: str, scenario: str | None, overrides: Mapping[str, str]) -> RunPlan:
        """The plan that these names make. `target` may be an address; `overrides` holds users, spawn_rate,
        run_time and warm_up as typed; `scenario` None is the profile's own, GIVEN_FILES what -f says.

        Raises PerftuiError with one clear line.
        """

    def check(self, plan: RunPlan) -> AsyncIterator[CheckItem]:
        """The preflight, one item after another, each as soon as it is known."""

    async def start(self, plan: RunPlan) -> RunAddress:
        """Start a conductor that outlives the cockpit. Raises PerftuiError.

        Where it is cancelled no run goes on. Nothing is awaited any more once the run may send load.
        """

    def command_line(self, plan: RunPlan) -> str:
        """The `perftui run …` that asks for the same."""

    def reader(self, folder: Path) -> ReadsRun: ...
