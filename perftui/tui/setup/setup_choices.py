"""What Setup offers to choose from, as rows of its lists."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from perftui.model.duration import format_duration
from perftui.model.load_plan import peak_rate_per_s, peak_users, planned_s
from perftui.model.plan import Profile, Target
from perftui.model.text import mask_secrets
from perftui.profiles.targets import NOT_IN_THE_FILE, host_of, is_in_file, is_loopback
from perftui.tui.services import GIVEN_FILES, ProfileSet
from perftui.tui.texts.figures import axis_text
from perftui.tui.widgets.choices import Choice

OWN_SCENARIO = ""
# Stands on top where nobody says which target: the first of a list must not get load by accident.
NO_TARGET = ""
NO_TARGET_WHY = "no target: choose one of the list"


def profile_choices(profiles: ProfileSet) -> list[Choice]:
    return [_profile_choice(each) for each in profiles.profiles.values()]


def target_choices(profiles: ProfileSet, address: Target | None, chosen: str | None) -> list[Choice]:
    """The targets; on top an `address` beside them, and NO_TARGET where `chosen` is none of them."""
    rows = [_target_choice(name, profiles.targets.get(name)) for name in profiles.target_names()]
    if address is not None:
        label = mask_secrets(address.url).partition("://")[2]
        row = _target_choice(address.url, address)._replace(label=label)
        if not (is_loopback(host_of(address.url)) or is_in_file(profiles, address)):
            row = row._replace(note=NOT_IN_THE_FILE, note_role="warn")
        rows.insert(0, row)
    if chosen not in [each.value for each in rows]:
        rows.insert(0, Choice(NO_TARGET, "none yet"))
    return rows


def scenario_choices(profiles: ProfileSet, locustfiles: Sequence[str]) -> list[Choice]:
    names = [PurePath(each).name or each for each in locustfiles]
    given = [Choice(GIVEN_FILES, ", ".join(names), "-f")] if names else []
    known = [
        Choice(name, name, _amount(len(each.user_classes)), searched=" ".join(each.locustfiles))
        for name, each in profiles.scenarios.items()
    ]
    return [*given, Choice(OWN_SCENARIO, "the profile's own"), *known]


def _amount(classes: int) -> str:
    return "" if not classes else "1 class" if classes == 1 else f"{classes} classes"


def _profile_choice(profile: Profile) -> Choice:
    length_s = planned_s(profile) if profile.stages else profile.run_time_s
    run_time = format_duration(round(length_s)) if length_s is not None else "–"
    rate = peak_rate_per_s(profile)
    level = f"{axis_text(peak_users(profile))}u" if rate is None else f"{axis_text(rate)}/s"
    level = "shape" if profile.load_shape else level
    note = f"{level} {run_time:>4}"
    return Choice(profile.name, profile.name, note, searched=profile.description)


def _target_choice(name: str, target: Target | None) -> Choice:
    """`target` None: one that stands in no file, the built-in one."""
    if target is None:
        return Choice(name, name, "built-in")
    role = "bad" if target.environment == "production" else "muted"
    note = "! production" if target.environment == "production" else target.environment
    return Choice(name, name, note, role, searched=mask_secrets(target.url))
