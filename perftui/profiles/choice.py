"""What a command line and its variables choose, and the plan that comes of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from perftui.exit_codes import USAGE
from perftui.model.errors import PerftuiError
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.model.text import clean
from perftui.profiles.keys import (
    LOCUSTFILES,
    PROFILE_VARIABLE,
    RULES,
    SCENARIO,
    SCENARIO_KEYS,
    SELECTIONS,
    SETTINGS,
    TARGET,
    THRESHOLDS,
    Key,
)
from perftui.profiles.locust_args import check_locust_args
from perftui.profiles.locustfiles import locate
from perftui.profiles.names import is_name, listing, unknown
from perftui.profiles.profile_set import BUILT_IN, DEMO_TARGET, ProfileSet
from perftui.profiles.settings import interpreter_path, warm_up_problem
from perftui.profiles.targets import NO_TARGET, NoTargetError, choose_target

DEFAULT_ORIGIN = "default"
PROFILE_ORIGIN = "the command line"


@dataclass(frozen=True, slots=True)
class Choice:
    """Everything that a command line may say; None or empty where it does not.

    The settings are the text that was given: an error can then name the option. `profiles` is what was given
    as --profiles, kept to write the command line again.
    """

    profiles: str | None = None
    profile: str | None = None
    target: str | None = None
    scenario: str | None = None
    locustfiles: tuple[str, ...] = ()
    user_classes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    users: str | None = None
    spawn_rate: str | None = None
    run_time: str | None = None
    stop_timeout: str | None = None
    warm_up: str | None = None
    connect_timeout: str | None = None
    read_timeout: str | None = None
    python: str | None = None
    thresholds: tuple[str, ...] = ()
    abort_on: tuple[str, ...] = ()
    locust_args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedNames:
    """What options and variables ask for, for a screen that lets a person choose on. None: nobody says.

    `address` is what `target` means where it is an address that stands in no list; `target` is then its url.
    With `locustfiles` no scenario is asked for: they are one.
    """

    profile: str | None = None
    target: str | None = None
    scenario: str | None = None
    address: Target | None = None
    locustfiles: tuple[str, ...] = ()


def resolve(
    profile_set: ProfileSet,
    choice: Choice,
    environ: Mapping[str, str],
    working_directory: Path,
    *,
    demo_url: str | None = None,
    require_target: bool = True,
) -> RunPlan:
    """The plan. An option wins over a variable, that over the profile, that over [defaults].

    `demo_url` is where the built-in target answers, if it runs (`wants_demo` says whether it has to). Without
    `require_target` a plan that names no target has NO_TARGET: good for an inspection, never for a run.
    Raises NoTargetError, else PerftuiError for what does not fit together or does not exist.
    """
    return _Resolution(profile_set, choice, environ, working_directory).plan(demo_url, require_target)


def wants_demo(profile_set: ProfileSet, choice: Choice, environ: Mapping[str, str]) -> bool:
    """Whether the plan's target is the built-in one, which has to run before `resolve`.

    Which profile it is may still be open, as where a screen is about to ask.
    """
    target, _ = _asked(choice.target, str(TARGET.option), environ, TARGET.variable)
    if target is None:
        known = tuple(profile_set.profiles)
        profile, _ = _asked(choice.profile, PROFILE_ORIGIN, environ, PROFILE_VARIABLE)
        profile = known[0] if profile is None and len(known) == 1 else profile
        target = profile_set.target_of(profile) if profile is not None and profile in known else None
    return target == DEMO_TARGET and DEMO_TARGET not in profile_set.targets


def asked_names(profile_set: ProfileSet, choice: Choice, environ: Mapping[str, str]) -> AskedNames:
    """What is asked for, each name one that `profile_set` knows.

    Raises PerftuiError (USAGE) for a name that is none: whoever asks for one must not get another.
    """
    profile, profile_by = _asked(choice.profile, PROFILE_ORIGIN, environ, PROFILE_VARIABLE)
    target, target_by = _asked(choice.target, str(TARGET.option), environ, TARGET.variable)
    scenario, scenario_by = _asked(choice.scenario, str(SCENARIO.option), environ, SCENARIO.variable)
    address: Target | None = None
    if profile is not None:
        _check_profile(profile_set, profile, profile_by)
    if target is not None and target not in profile_set.target_names():
        meant, _ = choose_target(profile_set, target, target_by, None)
        is_listed = profile_set.targets.get(meant.name) is meant
        target, address = (meant.name, None) if is_listed else (meant.url, meant)
    if choice.locustfiles:
        scenario = None
    if scenario is not None:
        _check_scenario(profile_set, scenario, scenario_by)
    return AskedNames(profile, target, scenario, address, choice.locustfiles)


def _asked(text: str | None, option: str, environ: Mapping[str, str], variable: str | None) -> tuple[str | None, str]:
    if text is not None or variable is None:
        return text, option
    # Set to nothing is how shells and CI files say "not set".
    return environ.get(variable) or None, variable


def _check_profile(profile_set: ProfileSet, name: str, origin: str) -> None:
    known = tuple(profile_set.profiles)
    if name not in known:
        why = unknown("profile", name, known)
        what, why = (why, "") if origin == PROFILE_ORIGIN else (origin, why)
        raise PerftuiError(what, why, f"Known: {listing(known)}", exit_code=USAGE)


def _check_scenario(profile_set: ProfileSet, name: str, origin: str) -> None:
    known = tuple(profile_set.scenarios)
    if name not in known:
        raise PerftuiError(origin, unknown("scenario", name, known), f"Known: {listing(known)}", exit_code=USAGE)


class _Resolution:
    """One plan in the making. `_origins` fills up by the way."""

    def __init__(
        self, profile_set: ProfileSet, choice: Choice, environ: Mapping[str, str], working_directory: Path
    ) -> None:
        self._set = profile_set
        self._choice = choice
        self._environ = environ
        self._folder = Path(os.path.abspath(working_directory))
        self._origins: dict[str, str] = {"profiles": profile_set.source}
        if choice.profiles is not None:
            self._origins["profiles"] = f"--profiles {choice.profiles}"
        self._profile_name, self._origins["profile"] = self._choose_profile()

    def plan(self, demo_url: str | None, require_target: bool) -> RunPlan:
        check_locust_args(self._choice.locust_args)
        profile = self._profile()
        target = self._target(demo_url, require_target)
        profile, scenario = self._with_rules(profile, self._scenario())
        if self._choice.locust_args:
            self._origins["locust_args"] = PROFILE_ORIGIN
        return RunPlan(profile, target, scenario, str(self._folder), self._choice.locust_args, self._origins)

    def asked_target(self) -> tuple[str, str] | None:
        """The target's name or address as it was asked for, and by whom."""
        return self._named(TARGET, self._set.target_of(self._profile_name))

    def _override(self, key: Key) -> tuple[str, str] | None:
        """The text from outside that `key` has, and the option or variable that it comes from."""
        text, origin = _asked(getattr(self._choice, key.name), str(key.option), self._environ, key.variable)
        return None if text is None else (text, origin)

    def _named(self, key: Key, written: str | None) -> tuple[str, str] | None:
        override = self._override(key)
        if override is None and written is not None:
            return written, self._set.key_origin(self._profile_name, key.name) or DEFAULT_ORIGIN
        return override

    def _choose_profile(self) -> tuple[str, str]:
        known = tuple(self._set.profiles)
        name, origin = _asked(self._choice.profile, PROFILE_ORIGIN, self._environ, PROFILE_VARIABLE)
        if name is None and len(known) == 1:
            return known[0], f"the only one in {self._set.source}"
        source = "the built-in set" if self._set.source == BUILT_IN else self._set.source
        if not known:
            raise PerftuiError(f"{source} has no profile", "", "Add a table [profiles.NAME]", exit_code=USAGE)
        if name is None:
            raise PerftuiError("no profile named", f"{source} has {listing(known)}", "Name one", exit_code=USAGE)
        _check_profile(self._set, name, origin)
        return name, origin

    def _profile(self) -> Profile:
        name = self._profile_name
        values: dict[str, Any] = {}
        for key in SETTINGS:
            override = self._override(key)
            if override is None or key.field is None:
                self._origins[key.name] = self._set.key_origin(name, key.name) or DEFAULT_ORIGIN
                continue
            text, origin = override
            values[key.field], self._origins[key.name] = _read(key, text, origin), origin
            if key.name == "python":
                values[key.field] = interpreter_path(text, self._folder)
        profile = replace(self._set.profiles[name], **values)
        problem = warm_up_problem(profile)
        if problem:
            why = f"warm_up is from {self._origins['warm_up']}, run_time from {self._origins['run_time']}"
            raise PerftuiError(problem, why, "Make the run longer or the warm-up shorter", exit_code=USAGE)
        return profile

    def _target(self, demo_url: str | None, require_target: bool) -> Target:
        asked = self.asked_target()
        if asked is None:
            if require_target:
                raise NoTargetError(self._profile_name, self._set.target_names())
            return NO_TARGET
        target, origins = choose_target(self._set, *asked, demo_url)
        self._origins |= origins
        return target

    def _scenario(self) -> Scenario:
        scenario = self._given_scenario() if self._choice.locustfiles else self._named_scenario()
        scenario = replace(scenario, **self._given(SELECTIONS))
        if self._choice.user_classes:
            weights = {name: weight for name, weight in scenario.weights.items() if name in scenario.user_classes}
            scenario = replace(scenario, weights=weights)
        return scenario

    def _with_rules(self, profile: Profile, scenario: Scenario) -> tuple[Profile, Scenario]:
        """Rules that are given replace those of the file: of thresholds the profile's and the scenario's."""
        for key in RULES:
            self._origins[key.name] = self._set.key_origin(profile.name, key.name) or DEFAULT_ORIGIN
        if scenario.thresholds:
            table = f"{self._set.source} [scenarios.{scenario.name}]"
            own = self._origins[THRESHOLDS.name] if profile.thresholds else ""
            self._origins[THRESHOLDS.name] = f"{table} and {own}" if own else table
        given = self._given(RULES)
        if THRESHOLDS.name in given:
            scenario = replace(scenario, thresholds=())
        return replace(profile, **given), scenario

    def _given(self, keys: Iterable[Key]) -> dict[str, Any]:
        """The entries that options gave for each of `keys`, for the fields of their names."""
        given: dict[str, Any] = {}
        for key in keys:
            entries = getattr(self._choice, key.name)
            if entries:
                try:
                    given[key.name] = key.kind.read(entries)
                except ValueError as error:
                    raise PerftuiError(str(key.option), str(error), exit_code=USAGE) from None
                self._origins[key.name] = str(key.option)
        return given

    def _given_scenario(self) -> Scenario:
        """What ``-f`` names. The selection of the profile's scenario is about other files: not applied."""
        origin = str(LOCUSTFILES.option)
        paths = tuple(dict.fromkeys(locate(each, self._folder, origin) for each in self._choice.locustfiles))
        for key in SCENARIO_KEYS:
            self._origins[key.name] = DEFAULT_ORIGIN
        self._origins["scenario"] = self._origins[LOCUSTFILES.name] = origin
        stem = Path(paths[0]).stem
        return Scenario(stem if is_name(stem) else "locustfile", paths)

    def _named_scenario(self) -> Scenario:
        known = tuple(self._set.scenarios)
        asked = self._named(SCENARIO, self._set.scenario_of(self._profile_name))
        if asked is None and len(known) == 1:
            asked = known[0], f"the only one in {self._set.source}"
        if asked is None:
            why = f"profile {self._profile_name} names none" + (f"; there are {listing(known)}" if known else "")
            raise PerftuiError("no scenario", why, "Give a locustfile with -f, or a --scenario", exit_code=USAGE)
        name, origin = asked
        _check_scenario(self._set, name, origin)
        scenario = self._set.scenarios[name]
        table = f"{self._set.source} [scenarios.{name}]"
        self._origins["scenario"] = origin
        for key in SCENARIO_KEYS:
            self._origins[key.name] = table if getattr(scenario, key.name) else DEFAULT_ORIGIN
        located = dict.fromkeys(locate(each, self._set.folder, table) for each in scenario.locustfiles)
        return replace(scenario, locustfiles=tuple(located), weights=dict(scenario.weights))


def _read(key: Key, text: str, origin: str) -> Any:
    try:
        return key.kind.read_text(text)
    except ValueError as error:
        raise PerftuiError(clean(origin), str(error), exit_code=USAGE) from None
