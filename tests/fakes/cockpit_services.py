"""What the command line gives the cockpit, without a command line: plans by hand, and a conductor that is fed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from perftui.exit_codes import REFUSED, USAGE
from perftui.model.errors import PerftuiError
from perftui.model.exchange import Trial
from perftui.model.inspection import CheckItem, Inspection
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.profiles.choice import Choice
from perftui.profiles.command_line import command_line
from perftui.profiles.keys import RULES, SELECTIONS, SETTINGS
from perftui.profiles.load_kinds import BY_OPTION, BY_PROFILE, LoadKindError, losing, not_used, profile_of
from perftui.profiles.overrides import with_overrides
from perftui.profiles.targets import host_of
from perftui.tui.services import GIVEN_FILES, RunAddress
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.fake_library import FakeLibrary

CHECKS = (
    CheckItem("locustfile", "ok", "loads: 1 user class, 9 tasks"),
    CheckItem("target", "ok", "answers in 42 ms: 200 OK"),
    CheckItem("open files", "ok", "65,536 allowed, about 1,100 needed"),
    CheckItem("clock", "warning", "1.8 s away from the target's"),
)
# What stands in the table of each profile.
_WRITTEN = ("users", "spawn_rate", "run_time", "warm_up")
FAILED_CHECK = CheckItem("target", "failed", "nothing listens on 127.0.0.1:8000", REFUSED)


@dataclass
class FakeProfileSet:
    profiles: dict[str, Profile] = field(
        default_factory=lambda: {
            each.name: each
            for each in (
                Profile("smoke", "does it answer at all", users=10, spawn_rate=10, run_time_s=60.0),
                Profile("checkout-peak", "the evening of a sale", users=500, spawn_rate=10, run_time_s=600.0),
                Profile("search-soak", "a working day", users=80, spawn_rate=4, run_time_s=14400.0),
                Profile("login-spike", "everybody at nine", users=2000, spawn_rate=400, run_time_s=300.0),
                Profile("open-end", "until the locustfile ends it", users=50, spawn_rate=5),
            )
        }
    )
    targets: dict[str, Target] = field(
        default_factory=lambda: {
            each.name: each
            for each in (
                Target("staging", "https://staging.shop.example", "staging", max_users=2000),
                Target("local", "http://127.0.0.1:8000"),
                Target("prod", "https://www.shop.example/api", "production", max_users=100),
            )
        }
    )
    scenarios: dict[str, Scenario] = field(
        default_factory=lambda: {
            "checkout": Scenario("checkout", ("scenarios/checkout.py",), ("Buyer",)),
            "search": Scenario("search", ("scenarios/search.py",)),
        }
    )
    source: str = "profiles.toml"

    def target_names(self) -> tuple[str, ...]:
        return (*self.targets, "demo")

    def target_of(self, profile: str) -> str | None:
        return "staging"

    def scenario_of(self, profile: str) -> str | None:
        return "checkout"


class FakeEditor:
    """What was asked of it is kept in `saved`; `error` is raised instead where a test sets it."""

    def __init__(self) -> None:
        self.saved: list[tuple[str, str, dict[str, str]]] = []
        self.error: PerftuiError | None = None

    def where(self) -> str:
        return "profiles.toml"

    def save(self, name: str, base: str, overrides: Mapping[str, str]) -> str:
        if self.error is not None:
            raise self.error
        self.saved.append((name, base, dict(overrides)))
        return f"[profiles.{name}] was written into profiles.toml"


def _target_at(name: str) -> Target:
    return Target(name, name, "staging") if name.startswith("https") else Target(name, "http://127.0.0.1:8089")


def _with_load(profile: Profile, typed: dict[str, Any], origins: dict[str, str]) -> Profile:
    """`profile` with the settings that were `typed` over it."""
    own = {key.name: getattr(profile, str(key.field)) for key in SETTINGS if key.name in _WRITTEN}
    ranks = dict.fromkeys(own, BY_PROFILE) | dict.fromkeys(typed, BY_OPTION)
    try:
        made = profile_of(profile.name, {**own, **typed}, ranks)
    except LoadKindError as error:
        raise PerftuiError(origins[error.key], str(error), error.next_step, exit_code=USAGE) from None
    origins |= {key: not_used(winner) for key, winner in losing(ranks).items()}
    return replace(made, description=profile.description, thresholds=profile.thresholds, abort_on=profile.abort_on)


class FakeServices:
    """`conductor` is what `start` hands out. `checks` are the items; the test may hold them back with `gate`."""

    def __init__(self, conductor: FakeConductor | None = None, checks: tuple[CheckItem, ...] = CHECKS) -> None:
        self.profile_set = FakeProfileSet()
        self.conductor = conductor
        self.library = FakeLibrary()
        self.editor = FakeEditor()
        self.checks = checks
        self.gate = asyncio.Event()
        self.gate.set()
        self.given: tuple[str, ...] = ()
        self.tried: Trial | Exception = Trial("Buyer", "buy", ())
        self.trials: list[RunPlan] = []
        # What the locustfiles hold, told by a check; what a plan of anything typed is refused with.
        self.inspection: Inspection | None = None
        self.refusal: PerftuiError | None = None
        self.unready: set[str] = set()
        # Where the test holds a start back, or lets it or a check raise what is no PerftuiError.
        self.start_gate = asyncio.Event()
        self.start_gate.set()
        self.bug: Exception | None = None
        self.started: list[RunPlan] = []
        self.checked: list[RunPlan] = []

    def is_ready(self, target: str) -> bool:
        return target not in self.unready

    async def ready(self, target: str) -> None:
        await self.gate.wait()
        self.unready.discard(target)

    def give_files(self, locustfiles: tuple[str, ...]) -> None:
        self.given = locustfiles

    def plan(self, profile: str, target: str, scenario: str | None, overrides: Mapping[str, str]) -> RunPlan:
        chosen = self.profile_set.profiles[profile]
        source = f"{self.profile_set.source} [profiles.{profile}]"
        origins = dict.fromkeys(_WRITTEN, source)
        origins |= {"url": self.profile_set.source, "stop_timeout": "default", "read_timeout": "default"}
        asked = with_overrides(Choice(), overrides)
        selections: dict[str, Any] = {}
        typed: dict[str, Any] = {}
        for key in (*SETTINGS, *RULES, *SELECTIONS):
            text = getattr(asked, key.name)
            if not text:
                continue
            try:
                value = key.kind.read_text(text) if isinstance(text, str) else key.kind.read(text)
            except ValueError as error:
                raise PerftuiError(str(key.option), str(error), exit_code=USAGE) from None
            origins[key.name] = str(key.option)
            if key in SETTINGS:
                typed[key.name] = value
            elif key in SELECTIONS:
                selections[key.name] = value
            else:
                chosen = replace(chosen, **{str(key.field): value})
        chosen = _with_load(chosen, typed, origins)
        if self.refusal is not None and overrides:
            raise self.refusal
        there = self.profile_set.targets.get(target) or _target_at(target)
        chosen_scenario = Scenario("given", ("given.py",))
        if scenario != GIVEN_FILES:
            chosen_scenario = self.profile_set.scenarios[scenario or "checkout"]
        if there.name not in self.profile_set.targets and there.environment == "staging":
            origins["environment"] = "assumed: profiles.toml does not know the host"
        return RunPlan(chosen, there, replace(chosen_scenario, **selections), "/", asked.locust_args, origins)

    def host_to_confirm(self, plan: RunPlan) -> str:
        is_known = plan.target.name in self.profile_set.targets or "127.0.0.1" in plan.target.url
        return "" if is_known and plan.target.environment != "production" else host_of(plan.target.url)

    async def trial(self, plan: RunPlan) -> Trial:
        self.trials.append(plan)
        await self.gate.wait()
        if isinstance(self.tried, Exception):
            raise self.tried
        return self.tried

    async def check(self, plan: RunPlan) -> AsyncIterator[CheckItem | Inspection]:
        self.checked.append(plan)
        for item in self.checks:
            await self.gate.wait()
            yield item
        if self.inspection is not None:
            yield self.inspection

    async def start(self, plan: RunPlan) -> RunAddress:
        await self.start_gate.wait()
        if self.bug is not None:
            raise self.bug
        self.started.append(plan)
        assert self.conductor is not None
        return RunAddress(self.conductor.folder, self.conductor.socket)

    def command_line(self, plan: RunPlan, secret_flags: Iterable[str] = ()) -> str:
        return command_line(replace(plan, origins={**plan.origins, "target": "--target"}), secret_flags)

    def reader(self, folder: Path) -> FakeConductor:
        assert self.conductor is not None
        return self.conductor
