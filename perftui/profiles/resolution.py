"""The plan that comes of a choice: an option wins over a variable, that over the profile, that over [defaults]."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from perftui.exit_codes import USAGE
from perftui.model.errors import PerftuiError
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.model.text import clean
from perftui.profiles.choice import (
    DEFAULT_ORIGIN,
    PROFILE_ORIGIN,
    Choice,
    asked_text,
    check_profile,
    check_scenario,
)
from perftui.profiles.keys import (
    LOCUSTFILES,
    PROFILE_VARIABLE,
    RATE,
    RULES,
    SCENARIO,
    SCENARIO_KEYS,
    SELECTIONS,
    SETTINGS,
    STAGES,
    TARGET,
    THRESHOLDS,
    USERS,
    Key,
)
from perftui.profiles.load_kinds import (
    BY_OPTION,
    BY_VARIABLE,
    LoadKindError,
    losing,
    not_used,
    profile_of,
    ranks_of,
)
from perftui.profiles.locust_args import check_locust_args
from perftui.profiles.locustfiles import locate
from perftui.profiles.names import is_name, listing
from perftui.profiles.profile_set import BUILT_IN, ProfileSet
from perftui.profiles.settings import interpreter_path, warm_up_problem
from perftui.profiles.targets import NO_TARGET, NoTargetError, choose_target


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
        text, origin = asked_text(getattr(self._choice, key.name), str(key.option), self._environ, key.variable)
        return None if text is None else (text, origin)

    def _named(self, key: Key, written: str | None) -> tuple[str, str] | None:
        override = self._override(key)
        if override is None and written is not None:
            return written, self._set.key_origin(self._profile_name, key.name) or DEFAULT_ORIGIN
        return override

    def _choose_profile(self) -> tuple[str, str]:
        known = tuple(self._set.profiles)
        name, origin = asked_text(self._choice.profile, PROFILE_ORIGIN, self._environ, PROFILE_VARIABLE)
        if name is None and len(known) == 1:
            return known[0], f"the only one in {self._set.source}"
        source = "the built-in set" if self._set.source == BUILT_IN else self._set.source
        if not known:
            raise PerftuiError(f"{source} has no profile", "", "Add a table [profiles.NAME]", exit_code=USAGE)
        if name is None:
            raise PerftuiError("no profile named", f"{source} has {listing(known)}", "Name one", exit_code=USAGE)
        check_profile(self._set, name, origin)
        return name, origin

    def _profile(self) -> Profile:
        name = self._profile_name
        written = self._set.written[name]
        values: dict[str, Any] = {**self._set.defaults, **written}
        ranks = ranks_of(written, self._set.defaults)
        for key in SETTINGS:
            override = self._override(key)
            if override is None:
                self._origins[key.name] = self._set.key_origin(name, key.name) or DEFAULT_ORIGIN
                continue
            text, origin = override
            values[key.name], self._origins[key.name] = _read(key, text, origin), origin
            ranks[key.name] = BY_OPTION if getattr(self._choice, key.name) is not None else BY_VARIABLE
            if key.name == "python":
                values[key.name] = interpreter_path(text, self._folder)
        profile = self._of_one_kind(values, ranks)
        problem = warm_up_problem(profile)
        if problem:
            length = "stages" if profile.stages and profile.run_time_s is None else "run_time"
            why = f"warm_up is from {self._origins['warm_up']}, {length} from {self._origins[length]}"
            raise PerftuiError(problem, why, "Make the run longer or the warm-up shorter", exit_code=USAGE)
        return profile

    def _of_one_kind(self, values: Mapping[str, Any], ranks: Mapping[str, int]) -> Profile:
        try:
            profile = profile_of(self._profile_name, values, ranks)
        except LoadKindError as error:
            origin = self._origins[error.key]
            what = origin if ranks[error.key] >= BY_VARIABLE else f"{origin} {error.key}"
            raise PerftuiError(clean(what), str(error), error.next_step, exit_code=USAGE) from None
        self._origins |= {key: not_used(winner) for key, winner in losing(ranks).items()}
        if profile.stages or profile.is_open_model:
            self._origins[USERS.name] = not_used(STAGES.name if profile.stages else RATE.name)
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
        check_scenario(self._set, name, origin)
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
