"""What a command line and its variables choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perftui.exit_codes import USAGE
from perftui.model.errors import PerftuiError
from perftui.model.plan import Target
from perftui.profiles.keys import PROFILE_VARIABLE, SCENARIO, TARGET
from perftui.profiles.names import listing, unknown
from perftui.profiles.profile_set import DEMO_TARGET, ProfileSet
from perftui.profiles.targets import choose_target

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
    stages: str | None = None
    rate: str | None = None
    max_users: str | None = None
    load_shape: str | None = None
    load_workers: str | None = None
    expect_workers: str | None = None
    max_wait: str | None = None
    bind: str | None = None
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


def wants_demo(profile_set: ProfileSet, choice: Choice, environ: Mapping[str, str]) -> bool:
    """Whether the plan's target is the built-in one, which has to run before `resolve`.

    Which profile it is may still be open, as where a screen is about to ask.
    """
    target, _ = asked_text(choice.target, str(TARGET.option), environ, TARGET.variable)
    if target is None:
        known = tuple(profile_set.profiles)
        profile, _ = asked_text(choice.profile, PROFILE_ORIGIN, environ, PROFILE_VARIABLE)
        profile = known[0] if profile is None and len(known) == 1 else profile
        target = profile_set.target_of(profile) if profile is not None and profile in known else None
    return target == DEMO_TARGET and DEMO_TARGET not in profile_set.targets


def asked_names(profile_set: ProfileSet, choice: Choice, environ: Mapping[str, str]) -> AskedNames:
    """What is asked for, each name one that `profile_set` knows.

    Raises PerftuiError (USAGE) for a name that is none: whoever asks for one must not get another.
    """
    profile, profile_by = asked_text(choice.profile, PROFILE_ORIGIN, environ, PROFILE_VARIABLE)
    target, target_by = asked_text(choice.target, str(TARGET.option), environ, TARGET.variable)
    scenario, scenario_by = asked_text(choice.scenario, str(SCENARIO.option), environ, SCENARIO.variable)
    address: Target | None = None
    if profile is not None:
        check_profile(profile_set, profile, profile_by)
    if target is not None and target not in profile_set.target_names():
        meant, _ = choose_target(profile_set, target, target_by, None)
        is_listed = profile_set.targets.get(meant.name) is meant
        target, address = (meant.name, None) if is_listed else (meant.url, meant)
    if choice.locustfiles:
        scenario = None
    if scenario is not None:
        check_scenario(profile_set, scenario, scenario_by)
    return AskedNames(profile, target, scenario, address, choice.locustfiles)


def asked_text(
    text: str | None, option: str, environ: Mapping[str, str], variable: str | None
) -> tuple[str | None, str]:
    """What the `option` or else the `variable` says, and which of them."""
    if text is not None or variable is None:
        return text, option
    # Set to nothing is how shells and CI files say "not set".
    return environ.get(variable) or None, variable


def check_profile(profile_set: ProfileSet, name: str, origin: str) -> None:
    """Raises PerftuiError (USAGE) where there is none of this name; `origin` says who asked."""
    known = tuple(profile_set.profiles)
    if name not in known:
        why = unknown("profile", name, known)
        what, why = (why, "") if origin == PROFILE_ORIGIN else (origin, why)
        raise PerftuiError(what, why, f"Known: {listing(known)}", exit_code=USAGE)


def check_scenario(profile_set: ProfileSet, name: str, origin: str) -> None:
    """As `check_profile`."""
    known = tuple(profile_set.scenarios)
    if name not in known:
        raise PerftuiError(origin, unknown("scenario", name, known), f"Known: {listing(known)}", exit_code=USAGE)
