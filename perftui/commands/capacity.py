"""The search for the highest load under which every threshold holds, and the profile that runs it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from perftui import exit_codes
from perftui.cockpit.editor import write_profiles
from perftui.commands.asked import LocustCommand, asked, asking_options, runs_dir_option
from perftui.headless import Voice, run_headless
from perftui.judgement.capacity import LEAST_RATE, search_of
from perftui.judgement.capacity_level import SETTLE_S
from perftui.model.capacity import CapacityResult, level_text
from perftui.model.duration import format_duration
from perftui.model.errors import PerftuiError
from perftui.model.plan import MAX_RATE_PER_S, MAX_USERS, RunPlan, Search
from perftui.model.record import Outcome
from perftui.model.run_state import RunState
from perftui.model.text import clean
from perftui.planning import admit, profiles_here
from perftui.profiles.choice import Choice
from perftui.profiles.command_line import command_line
from perftui.profiles.editing import save_profile
from perftui.profiles.keys import LOAD_SHAPE, MAX_USERS_OF_RATE, PROFILE_KEYS, RATE, STAGES, TARGET, USERS, named
from perftui.profiles.load_kinds import NOT_USED
from perftui.profiles.names import NAME_ALLOWED, is_name
from perftui.profiles.profile_set import BUILT_IN, ProfileSet
from perftui.profiles.values import Duration
from perftui.store.layout import runs_folder

# Where neither --to nor the target says how far a search may go.
TIMES_THE_FIRST = 10
# A target's max_rps is held in every second, and a rate is kept over a few.
SHARE_OF_MAX_RPS = 0.9
DEFAULT_HOLD, DEFAULT_MAX_TIME = "20s", "30m"
# A profile whose description begins so may be written again by the next search.
FOUND = "the capacity found on"
_HOLD, _MAX_TIME = Duration(1, 3600.0), Duration(5, 7 * 24 * 3600.0)
# What a search decides itself; the options of them would be unheeded.
_ITS_OWN = {"run_time": "--max-time is how long it may take", "warm_up": "it leaves out the first 2 s of each level"}
# The level is what was found, and not what was asked.
_LOAD = (USERS.name, STAGES.name, RATE.name, MAX_USERS_OF_RATE.name, LOAD_SHAPE.name)
_NOT_OF_A_PROFILE = ("profiles", "profile", USERS.name, RATE.name, MAX_USERS_OF_RATE.name)
_EPILOG = """\b
Exit codes: 0 where the capacity was found, or all held that it may get; 10 where no level held; 11 where something
else ended the search, such as this machine or the time; all others as `perftui run`.
"""


@click.command(cls=LocustCommand, epilog=_EPILOG)
@click.argument("profile", required=False)
@click.option("--from", "first", metavar="N", help="Where it begins: users, or a rate. Default: the profile's.")
@click.option("--to", "most", metavar="N", help="What it may not exceed. Default: the target's limit, else 10 times.")
@click.option("--hold", metavar="TIME", default=DEFAULT_HOLD, help=f"How long a level holds. [{DEFAULT_HOLD}]")
@click.option("--max-time", metavar="TIME", help=f"The longest that it may take. [{DEFAULT_MAX_TIME}]")
@click.option("--save-as", metavar="NAME", help="The profile to write. [PROFILE-capacity]")
@click.option("--no-save", is_flag=True, help="Write no profile.")
@asking_options
@runs_dir_option
@click.option("--json", "as_json", is_flag=True, help="The outcome as JSON, and nothing else on stdout.")
@click.option("--quiet", "-q", is_flag=True, help="No progress, no table: one line at the end.")
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_obj
def capacity(
    locust_args: tuple[str, ...],
    /,
    profile: str | None,
    first: str | None,
    most: str | None,
    hold: str,
    max_time: str | None,
    save_as: str | None,
    no_save: bool,
    runs_dir: str | None,
    as_json: bool,
    quiet: bool,
    debug: bool,
    **options: Any,
) -> int:
    """Search for the most load of PROFILE's kind under which its thresholds hold.

    The load doubles until a threshold breaks, then the range between is halved. The profile that is written runs the
    highest level that held.
    """
    if save_as and no_save:
        raise _unclear("--save-as and --no-save", "they contradict each other", "Give one of them")
    for key, why in _ITS_OWN.items():
        if options[key] is not None:
            raise _unclear(f"--{key.replace('_', '-')}", f"a search for capacity has none: {why}")
    profiles = options["profiles"]

    async def go() -> int:
        asker, choice = asked(options, profile, locust_args)
        plan = await asker.plan_or_offer(choice)
        name = None if no_save else name_to_save(asker.profile_set, plan.profile.name, save_as)
        plan, said = searching(plan, first, most, hold, max_time)
        search_of(plan)
        if not quiet:
            click.echo(said, err=True)
        plan, interpreter, warnings = await admit(asker, plan)
        for item in warnings:
            click.echo(f"warning: {clean(item.text, 500)}", err=True)
        voice = Voice(quiet=quiet, json=as_json)
        outcome = await run_headless(plan, interpreter, runs_folder(runs_dir), voice)
        if outcome.exit_code != exit_codes.OK:
            click.echo(f"perftui: {clean(outcome.reason, 500)}.", err=True)
        if name is None and not no_save and not quiet:
            click.echo("No profile is written: the profiles are perftui's own; --save-as NAME begins a file.", err=True)
        saving = _Saving(profiles, plan, choice, name or "")
        code = saving.save(outcome, is_silent=as_json or quiet) if name else exit_codes.OK
        return outcome.exit_code or code

    return asyncio.run(go())


def searching(
    plan: RunPlan, first: str | None, most: str | None, hold: str, max_time: str | None
) -> tuple[RunPlan, str]:
    """`plan` as a search between the levels that were asked for, and what that is in a line. Raises PerftuiError."""
    profile, target = plan.profile, plan.target
    if profile.stages or profile.load_shape:
        kind = "stages" if profile.stages else f"load shape {profile.load_shape}"
        why = "a search for capacity changes the load itself"
        instead = "--users N or --rate N/s" if profile.stages else "--rate N/s with --max-users N"
        raise _unclear(f"profile {profile.name} has {kind}", why, f"Give {instead} in place of that")
    is_rate = profile.rate_per_s is not None
    own = float(profile.users) if profile.rate_per_s is None else max(LEAST_RATE, round(profile.rate_per_s, 1))
    from_level = own if first is None else _level("--from", first, is_rate=is_rate)
    to_level, origin = _most(plan, most, from_level)
    if first is not None and from_level > to_level:
        raise _unclear(f"--from {clean(first, 30)}", f"it is above the most, {to_level:,.10g} ({origin})")
    from_level = min(from_level, to_level)
    hold_s = _seconds("--hold", hold, _HOLD)
    allowed_s = math.inf if target.max_minutes is None else target.max_minutes * 60
    default_s = min(_MAX_TIME.read_text(DEFAULT_MAX_TIME), allowed_s)
    max_time_s = default_s if max_time is None else _seconds("--max-time", max_time, _MAX_TIME)
    if max_time_s < hold_s + SETTLE_S:
        raise _unclear(
            "--max-time", f"in {format_duration(max_time_s)} no level can hold for {format_duration(hold_s)}"
        )
    changes: dict[str, Any] = {"rate_per_s": from_level} if is_rate else {"users": int(from_level)}
    origins = {**plan.origins, "run_time": "--max-time", "warm_up": f"{NOT_USED} in a search for capacity"}
    if first is not None:
        origins[RATE.name if is_rate else USERS.name] = "--from"
    searched = replace(
        plan,
        profile=replace(profile, run_time_s=max_time_s, warm_up_s=0.0, **changes),
        origins=origins,
        search=Search(to_level, hold_s),
    )
    levels = f"{level_text(from_level, is_rate=is_rate)} to {level_text(to_level, is_rate=is_rate)} ({origin})"
    times = f"{format_duration(hold_s)}, and all of it takes at most {format_duration(max_time_s)}"
    return searched, f"Searches from {levels}; a level has to hold for {times}."


def _most(plan: RunPlan, most: str | None, from_level: float) -> tuple[float, str]:
    """The highest level, and who says so."""
    target, is_rate = plan.target, plan.profile.rate_per_s is not None
    if most is not None:
        return _level("--to", most, is_rate=is_rate), "--to"
    if not is_rate and target.max_users is not None:
        return float(target.max_users), f"max_users of target {target.name}"
    if is_rate and target.max_rps is not None:
        share = f"{SHARE_OF_MAX_RPS:.0%} of max_rps of target {target.name}, as a second may have a few more"
        return max(LEAST_RATE, round(SHARE_OF_MAX_RPS * target.max_rps, 1)), share
    limit = float(MAX_RATE_PER_S if is_rate else MAX_USERS)
    return min(from_level * TIMES_THE_FIRST, limit), f"{TIMES_THE_FIRST} times as many; --to says another"


def _level(option: str, text: str, *, is_rate: bool) -> float:
    try:
        level = float((RATE if is_rate else USERS).kind.read_text(text))
    except ValueError as error:
        raise _unclear(option, str(error)) from None
    return max(LEAST_RATE, round(level, 1)) if is_rate else level


def _seconds(option: str, text: str, kind: Duration) -> float:
    try:
        return kind.read_text(text)
    except ValueError as error:
        raise _unclear(option, str(error)) from None


def _unclear(what: str, why: str, next_step: str = "") -> PerftuiError:
    return PerftuiError(what, why, next_step, exit_code=exit_codes.USAGE)


def name_to_save(profile_set: ProfileSet, base: str, asked_for: str | None) -> str | None:
    """What the profile is to be called; None where there is no file, and nobody asked for one. Raises PerftuiError."""
    name = asked_for or f"{base}-capacity"
    if asked_for is None and profile_set.source == BUILT_IN:
        return None
    if not is_name(name):
        raise _unclear(f"'{clean(name, 64)}' cannot name a profile", f"allowed: {NAME_ALLOWED}", "Add --save-as NAME")
    existing = profile_set.profiles.get(name)
    if existing is not None and profile_set.source != BUILT_IN and not existing.description.startswith(FOUND):
        why = "no search for capacity wrote it, and it is not overwritten"
        raise _unclear(f"profile {name} is there already", why, "Add --save-as with another name, or --no-save")
    return name


@dataclass(frozen=True, slots=True)
class _Saving:
    """What was found, on its way into profiles.toml as profile `name`."""

    profiles: Path | None
    plan: RunPlan
    choice: Choice
    name: str

    def save(self, outcome: Outcome, *, is_silent: bool) -> int:
        """Write it where something was found, and say so; the exit code that this alone would have."""
        found = outcome.capacity
        if found is None or found.highest is None or outcome.state is not RunState.FINISHED:
            return exit_codes.OK
        try:
            # A search takes long enough for the file to be edited meanwhile.
            profile_set = profiles_here(self.profiles)
            is_again = profile_set.source != BUILT_IN and self.name in profile_set.profiles
            name_to_save(profile_set, self.plan.profile.name, self.name)
            overrides = self._of_base(profile_set) if is_again else {}
            overrides |= self._asked(profile_set) | self._found(found, outcome)
            base = self.name if is_again else self.plan.profile.name
            folder = Path(self.plan.working_directory)
            after, said = save_profile(
                profile_set, self.name, base, overrides, working_directory=folder, write=write_profiles
            )
        except PerftuiError as error:
            click.echo(f"perftui: the profile is not saved: {clean(str(error), 600)}", err=True)
            return error.exit_code
        click.echo(f"{said} `{self._command(after, overrides)}` runs it.", err=is_silent)
        return exit_codes.OK

    def _command(self, after: ProfileSet, saved: Iterable[str]) -> str:
        """What runs the profile: with what was asked for the search, and stands in no profile."""
        held = {*saved, *_LOAD, *_ITS_OWN}
        origins = {key: origin for key, origin in self.plan.origins.items() if key not in held}
        if after.target_of(self.name) is None:
            origins.setdefault(TARGET.name, str(TARGET.option))
        profile = replace(self.plan.profile, name=self.name)
        return command_line(replace(self.plan, profile=profile, origins=origins))

    def _found(self, found: CapacityResult, outcome: Outcome) -> dict[str, str]:
        highest = found.highest or 0.0
        held = f"{'' if found.is_reached else 'at least '}{level_text(highest, is_rate=found.is_rate)} held"
        day = datetime.fromisoformat(outcome.started_at).astimezone().date()
        texts = {"description": clean(f"{FOUND} {day} by run {outcome.run_id}: {held}", 200)}
        if found.is_rate:
            most_users = str(self.plan.profile.max_users)
            return {**texts, RATE.name: f"{highest:.10g}/s", MAX_USERS_OF_RATE.name: most_users}
        return {**texts, USERS.name: f"{highest:.0f}"}

    def _of_base(self, profile_set: ProfileSet) -> dict[str, str]:
        """What the base says itself: an older result is to be like the base of today."""
        keys = named(PROFILE_KEYS)
        written = profile_set.written.get(self.plan.profile.name, {})
        return {key: keys[key].kind.write(value) for key, value in written.items() if key not in _NOT_OF_A_PROFILE}

    def _asked(self, profile_set: ProfileSet) -> dict[str, str]:
        """What options said of the run that was searched; what no profile can hold is named by whoever writes it."""
        texts: dict[str, str] = {}
        for key in (each.name for each in fields(Choice) if each.name not in _NOT_OF_A_PROFILE):
            value = getattr(self.choice, key)
            if value:
                texts[key] = "\n".join(value) if isinstance(value, tuple) else value
        if texts.get("target") not in (None, *profile_set.target_names()):
            texts["the target's address"] = texts.pop("target")
        return texts
