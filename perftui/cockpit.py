"""What the cockpit may ask for, done by the same code as the commands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

from perftui.detach import start_detached
from perftui.model.inspection import CheckItem
from perftui.model.plan import RunPlan
from perftui.planning import Asker, admit, check
from perftui.profiles.choice import Choice
from perftui.profiles.command_line import command_line
from perftui.profiles.profile_set import ProfileSet
from perftui.store.reader import RunReader
from perftui.tui.services import RunAddress
from perftui.wire.rendezvous import socket_path


class CockpitServices:
    """The cockpit's way to the rest of perftui. `choice` is what the command line said; the screen changes it."""

    def __init__(self, asker: Asker, choice: Choice, runs_folder: Path, lease_fds: tuple[int, ...]) -> None:
        self._asker = asker
        self._choice = choice
        self._runs_folder = runs_folder
        self._lease_fds = lease_fds

    @property
    def profile_set(self) -> ProfileSet:
        return self._asker.profile_set

    @property
    def demo_url(self) -> str | None:
        return self._asker.demo_url

    def plan(self, profile: str, target: str, scenario: str | None, overrides: Mapping[str, str]) -> RunPlan:
        """Raises PerftuiError with a line for the person in front of the screen."""
        choice = replace(self._choice, profile=profile, target=target, **overrides)
        if scenario is not None:
            choice = replace(choice, scenario=scenario, locustfiles=())
        return self._asker.plan(choice)

    def check(self, plan: RunPlan) -> AsyncIterator[CheckItem]:
        return check(self._asker, plan)

    async def start(self, plan: RunPlan, confirmed_host: str | None = None) -> RunAddress:
        """Start a conductor that outlives the screen. Raises PerftuiError with no load sent."""
        asker = replace(self._asker, confirmed_host=confirmed_host or self._asker.confirmed_host)
        plan, interpreter, _ = await admit(asker, plan)
        folder = await start_detached(plan, interpreter, self._runs_folder, self._lease_fds)
        return RunAddress(folder, socket_path(folder))

    def command_line(self, plan: RunPlan) -> str:
        return command_line(plan)

    def reader(self, folder: Path) -> RunReader:
        return RunReader(folder)
