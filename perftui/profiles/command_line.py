"""A plan as the command that asks for it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from perftui.model.plan import RunPlan
from perftui.model.secret_arguments import mask_arguments
from perftui.model.text import clean, mask_secrets
from perftui.profiles.keys import LOCUSTFILES, RULES, SCENARIO, SELECTIONS, SETTINGS, TARGET
from perftui.profiles.locustfiles import locustfile_text
from perftui.profiles.targets import DEMO_ORIGIN

_PROFILES = "--profiles "


def command_line(plan: RunPlan, secret_flags: Iterable[str] = ()) -> str:
    """The shortest `perftui run …` that asks for `plan`, quoted for a shell, in the plan's working directory.

    It names the profile, and what came from an option or a variable; the rest is in the file. Secrets are
    masked, those of the arguments `secret_flags` too: with one, the line is for reading and has to be completed.
    """
    words = ["perftui", "run", plan.profile.name]
    source = plan.origins.get("profiles", "")
    if source.startswith(_PROFILES):
        words += ["--profiles", source.removeprefix(_PROFILES)]
    words += _target_words(plan)
    if _came_from_outside(plan, LOCUSTFILES.name):
        for path in plan.scenario.locustfiles:
            words += ["-f", locustfile_text(path, plan.working_directory)]
    elif _came_from_outside(plan, SCENARIO.name):
        words += ["--scenario", plan.scenario.name]
    for key in SELECTIONS:
        if _came_from_outside(plan, key.name):
            for entry in getattr(plan.scenario, key.name):
                words += [str(key.option), entry]
    for key in SETTINGS:
        if _came_from_outside(plan, key.name) and key.field:
            text = key.kind.write(getattr(plan.profile, key.field))
            entries = text.split("; ") if key.is_repeatable else [text]
            words += [word for entry in entries for word in (str(key.option), entry)]
    for key in RULES:
        if _came_from_outside(plan, key.name):
            for rule in getattr(plan.profile, key.name):
                words += [str(key.option), rule]
    if plan.locust_args:
        words += ["--", *mask_arguments(plan.locust_args, secret_flags)[0]]
    return shlex.join(clean(word, 1000) for word in words)


def _target_words(plan: RunPlan) -> list[str]:
    if not _came_from_outside(plan, TARGET.name):
        return []
    if plan.origins.get("url") == DEMO_ORIGIN:
        return ["--demo"]
    if _came_from_outside(plan, "url"):
        return ["--target", mask_secrets(plan.target.url)]
    return ["--target", plan.target.name]


def _came_from_outside(plan: RunPlan, key: str) -> bool:
    return plan.origins.get(key, "").startswith(("-", "PERFTUI_"))
