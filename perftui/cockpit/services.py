"""What the cockpit may ask for, done by the same code as the commands."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from perftui.exit_codes import USAGE
from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan
from perftui.planning import Asker, admit, check
from perftui.profiles.choice import Choice
from perftui.profiles.command_line import command_line
from perftui.profiles.guard import host_of, host_to_confirm
from perftui.profiles.keys import SCENARIO
from perftui.profiles.overrides import with_overrides
from perftui.profiles.profile_set import DEMO_TARGET, ProfileSet
from perftui.tui.services import GIVEN_FILES, RunAddress

if TYPE_CHECKING:
    from perftui.cockpit.editor import ProfileEditor
    from perftui.cockpit.library import RunLibrary
    from perftui.model.exchange import Trial
    from perftui.model.inspection import CheckItem, Inspection
    from perftui.store.reader import RunReader

# Each import of the rest stands where it is used: together they take longer than the first screen.


class CockpitServices:
    """The cockpit's way to the rest of perftui. `choice` is what the command line said; the screen changes it."""

    def __init__(self, asker: Asker, choice: Choice, runs_folder: Path) -> None:
        self._asker = asker
        self._choice = choice
        self._runs_folder = runs_folder

    @cached_property
    def library(self) -> RunLibrary:
        from perftui.cockpit.library import RunLibrary

        return RunLibrary(self._runs_folder)

    @cached_property
    def editor(self) -> ProfileEditor:
        from perftui.cockpit.editor import ProfileEditor

        return ProfileEditor(self, self._asker.working_directory)

    @property
    def profile_set(self) -> ProfileSet:
        return self._asker.profile_set

    def reload(self, profile_set: ProfileSet) -> None:
        """Ask by these profiles from now on: the file was written."""
        self._asker = replace(self._asker, profile_set=profile_set)

    def is_ready(self, target: str) -> bool:
        is_built_in = target == DEMO_TARGET and DEMO_TARGET not in self.profile_set.targets
        return self._asker.lease is not None or not is_built_in

    async def ready(self, target: str) -> None:
        if not self.is_ready(target):
            from perftui.commands.asked import demo_lease

            self._asker = replace(self._asker, lease=await asyncio.to_thread(demo_lease))

    def give_files(self, locustfiles: tuple[str, ...]) -> None:
        self._choice = replace(self._choice, locustfiles=locustfiles)

    def plan(self, profile: str, target: str, scenario: str | None, overrides: Mapping[str, str]) -> RunPlan:
        """Raises PerftuiError with a line for the person in front of the screen."""
        choice = replace(with_overrides(self._choice, overrides), profile=profile, target=target)
        if scenario != GIVEN_FILES:
            choice = replace(choice, scenario=scenario or self._own_scenario(profile), locustfiles=())
        return self._asker.plan(choice)

    async def trial(self, plan: RunPlan) -> Trial:
        """Raises PerftuiError where nothing was tried; cancelled, it ends the engine."""
        from perftui.conductor.trial import one_user, run_trial

        plan, interpreter, _ = await admit(self._confirmed(plan), one_user(plan))
        return await run_trial(plan, interpreter)

    def check(self, plan: RunPlan) -> AsyncIterator[CheckItem | Inspection]:
        return check(self._confirmed(plan), plan)

    async def start(self, plan: RunPlan) -> RunAddress:
        """Start a conductor that outlives the screen. Raises PerftuiError with no load sent."""
        from perftui.detach import start_detached
        from perftui.wire.rendezvous import socket_path

        plan, interpreter, _ = await admit(self._confirmed(plan), plan)
        lease = self._asker.lease
        fds = (lease.fileno(),) if lease is not None and plan.target.name == DEMO_TARGET else ()
        folder = await start_detached(plan, interpreter, self._runs_folder, fds)
        return RunAddress(folder, socket_path(folder))

    def _own_scenario(self, profile: str) -> str | None:
        """What to name for "the profile's own": something only where the environment would name another."""
        if not os.environ.get(str(SCENARIO.variable)):
            return None
        known = tuple(self.profile_set.scenarios)
        own = self.profile_set.scenario_of(profile) or (known[0] if len(known) == 1 else None)
        if own is None:
            raise PerftuiError(f"profile {profile} names no scenario", "", "Choose one of the list", exit_code=USAGE)
        return own

    def _confirmed(self, plan: RunPlan) -> Asker:
        """On the screen a production target is confirmed by typing its host's name before anything is started."""
        return replace(self._asker, confirmed_host=host_of(plan.target.url))

    def host_to_confirm(self, plan: RunPlan) -> str:
        return host_to_confirm(plan, self.profile_set)

    def command_line(self, plan: RunPlan, secret_flags: Iterable[str] = ()) -> str:
        return command_line(plan, secret_flags)

    def reader(self, folder: Path) -> RunReader:
        from perftui.store.reader import RunReader

        return RunReader(folder)
