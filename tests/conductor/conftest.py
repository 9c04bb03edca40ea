"""A real conductor with a real engine, in the test's own event loop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from perftui.conductor.conductor import Conductor
from perftui.conductor.interpreter import Interpreter
from perftui.conductor.loading import LoadedEngine, load_engine
from perftui.conductor.log import LogLine
from perftui.conductor.opening import open_run
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.model.record import NO_DEMANDS, Demands, Outcome
from perftui.model.snapshot import Snapshot
from tests.fakes.command import LOCUSTFILE, locustfile_in

OWN = Interpreter(sys.executable, "the tests' own", "2.47")


class Conducted:
    """A conductor that is ready to run, and what it showed and logged so far."""

    def __init__(self, runs_folder: Path) -> None:
        self.runs_folder = runs_folder
        self.shown: list[Snapshot] = []
        self.log: list[LogLine] = []
        self.engine: LoadedEngine | None = None
        self.conductor: Conductor | None = None

    async def open(self, plan: RunPlan, demands: Demands = NO_DEMANDS) -> Conductor:
        self.engine = engine = await load_engine(plan, OWN, on_log=self.log.append)
        self.conductor = await open_run(
            plan,
            engine,
            self.runs_folder,
            on_snapshot=self.shown.append,
            on_log=self.log.append,
            demands=demands,
        )
        return self.conductor

    async def run(self, plan: RunPlan, demands: Demands = NO_DEMANDS) -> Outcome:
        """Open and run it to its end."""
        return await (await self.open(plan, demands)).run()

    def another(self) -> Conducted:
        """For a run at the same time, beside this one."""
        return Conducted(self.runs_folder)

    @property
    def last(self) -> Snapshot | None:
        return self.shown[-1] if self.shown else None

    @property
    def requests(self) -> int:
        return self.shown[-1].total.requests if self.shown else 0


@pytest.fixture
def conducted(tmp_path: Path) -> Conducted:
    return Conducted(tmp_path / "runs")


Plans = Callable[..., RunPlan]


def plans_in(folder: Path) -> Plans:
    def make(url: str, locustfile: str = LOCUSTFILE, target: dict[str, Any] | None = None, **profile: Any) -> RunPlan:
        path = locustfile_in(folder, locustfile)
        settings = {"users": 3, "spawn_rate": 20.0, "run_time_s": 2.0, "stop_timeout_s": 1.0, **profile}
        return RunPlan(
            Profile("quick", **settings),
            Target("stage", url, **(target or {})),
            Scenario("shop", (str(path),)),
            str(folder),
        )

    return make


@pytest.fixture
def make_plan(tmp_path: Path) -> Plans:
    """A plan for `url`: three users at once for two seconds, unless told otherwise."""
    return plans_in(tmp_path)


Check = Callable[[Conducted, Plans, Path], Coroutine[Any, Any, None]]


async def check_in_places(folder: Path, *checks: Check, at_a_time: int = 2) -> None:
    """Do all `checks` side by side, each with a folder of its own: most of a run is waiting."""
    free = asyncio.Semaphore(at_a_time)

    async def do(check: Check) -> None:
        async with free:
            place = folder / check.__name__
            place.mkdir()
            # In one folder of runs, no two have the same name.
            await check(Conducted(folder / "runs"), plans_in(place), place)

    async with asyncio.TaskGroup() as group:
        for check in checks:
            group.create_task(do(check))
