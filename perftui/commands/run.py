"""A run without a screen, and everything that can be said of one beforehand."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from perftui import exit_codes
from perftui.commands.asked import LocustCommand, asked, asking_options, demo_lease, runs_dir_option
from perftui.headless import Voice, run_headless
from perftui.model.errors import PerftuiError
from perftui.model.inspection import CheckItem
from perftui.model.plan import RunPlan, Target, plan_to_dict
from perftui.model.record import Demands
from perftui.model.text import clean, mask_secrets
from perftui.planning import Asker, admit, profiles_here
from perftui.profiles.keys import SETTINGS, named
from perftui.profiles.load_kinds import NOT_USED
from perftui.profiles.profile_set import DEMO_TARGET, ProfileSet
from perftui.profiles.stage_values import stage_texts
from perftui.profiles.targets import LIMIT_OF_TARGET
from perftui.store.history import find_run
from perftui.store.layout import runs_folder
from perftui.store.reader import RunReader
from perftui.store.redaction import NOT_KEPT, missing_parts

_EXIT_CODES = "\n".join(f"  {code:>3}  {meaning}" for code, meaning in exit_codes.MEANINGS.items())
_RUN_EPILOG = f"""\b
Exit codes. 0 must be earned; a locustfile's own code is passed on where nothing else is wrong:
{_EXIT_CODES}

\b
What stands after -- goes to Locust's own command line:
  perftui run light -- --my-argument 1
"""


@click.command(cls=LocustCommand, epilog=_RUN_EPILOG)
@click.argument("profile", required=False)
@asking_options
@runs_dir_option
@click.option("--again", metavar="RUN", help="Run the plan of an earlier run again.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as JSON, and nothing else on stdout.")
@click.option(
    "--ci", is_flag=True, help="Fail where the numbers cannot be trusted (12) or a load worker was lost (14)."
)
@click.option("--strict", is_flag=True, help="Fail (10) where a threshold is only acceptable.")
@click.option("--quiet", "-q", is_flag=True, help="No progress, no table: one line at the end.")
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_obj
def run(
    locust_args: tuple[str, ...],
    /,
    profile: str | None,
    again: str | None,
    runs_dir: str | None,
    as_json: bool,
    quiet: bool,
    ci: bool,
    strict: bool,
    debug: bool,
    **options: Any,
) -> int:
    """Run PROFILE without a screen."""
    voice = Voice(quiet=quiet, json=as_json)
    folder = runs_folder(runs_dir)

    async def go() -> int:
        if again is not None:
            asker, plan = _again(again, runs_dir, profile, locust_args, options)
        else:
            asker, choice = asked(options, profile, locust_args)
            plan = await asker.plan_or_offer(choice)
        plan, interpreter, warnings = await admit(asker, plan)
        for item in warnings:
            click.echo(f"warning: {clean(item.text, 500)}", err=True)
        outcome = await run_headless(plan, interpreter, folder, voice, demands=Demands(trust=ci, targets=strict))
        if outcome.exit_code != exit_codes.OK:
            click.echo(f"perftui: {clean(outcome.reason, 500)}.", err=True)
        return outcome.exit_code

    return asyncio.run(go())


_OPTION_NAMES = {
    "locustfiles": "--file",
    "user_classes": "--user-class",
    "tags": "--tag",
    "exclude_tags": "--exclude-tag",
    "stages": "--stage",
    "thresholds": "--threshold",
}


def _option_name(key: str) -> str:
    return _OPTION_NAMES.get(key, f"--{key.replace('_', '-')}")


def _again(
    name: str,
    runs_dir: str | None,
    profile: str | None,
    locust_args: tuple[str, ...],
    options: dict[str, Any],
) -> tuple[Asker, RunPlan]:
    """The plan of the run `name`, as it was; only the built-in target's port is a new one."""
    meant = {"profiles", "demo", "confirm_host", "python"}
    changed = [key for key, value in options.items() if value and key not in meant]
    if profile or changed:
        raise PerftuiError(
            "--again runs a plan as it was",
            f"{'a profile' if profile else _option_name(changed[0])} would change it",
            "Leave one of the two out",
            exit_code=exit_codes.USAGE,
        )
    plan = RunReader(find_run(runs_folder(runs_dir), name)).plan()
    missing = missing_parts(plan)
    if missing and (not locust_args or "the target's credentials" in missing):
        raise PerftuiError(
            "cannot run it again as it was",
            f"secrets are not kept: {clean(', '.join(missing))}",
            "Give arguments again after --; a target with credentials needs its own command",
            exit_code=exit_codes.USAGE,
        )
    if locust_args:
        plan = replace(plan, locust_args=locust_args)
    profile_set = profiles_here(options["profiles"])
    if plan.target.monitor_command == NOT_KEPT:
        plan = replace(plan, target=replace(plan.target, monitor_command=_command_of(profile_set, plan.target)))
    if options["python"]:
        plan = replace(plan, profile=replace(plan.profile, python=options["python"]))
    lease = demo_lease() if plan.target.name == DEMO_TARGET and DEMO_TARGET not in profile_set.targets else None
    if lease is not None:
        plan = replace(plan, target=replace(plan.target, url=lease.url))
    return Asker(profile_set, Path.cwd(), lease, options["confirm_host"]), plan


def _command_of(profile_set: ProfileSet, target: Target) -> str:
    """What the profiles of today say; a monitor's command is in no record."""
    known = profile_set.targets.get(target.name)
    if known is None or known.url != target.url or not known.monitor_command:
        click.echo(
            "warning: the target's monitor_command is not kept, and not in the profiles: run without it", err=True
        )
        return ""
    return known.monitor_command


@click.command(cls=LocustCommand)
@click.argument("profile", required=False)
@asking_options
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_obj
def check(locust_args: tuple[str, ...], /, profile: str | None, as_json: bool, debug: bool, **options: Any) -> int:
    """Check PROFILE: what is asked, the locustfile, the target. Sends no load."""
    from perftui import planning

    async def go() -> int:
        asker, choice = asked(options, profile, locust_args)
        plan = await asker.plan_or_offer(choice)
        items: list[CheckItem] = []
        if not as_json:
            _print_origins(plan)
        async for item in planning.check(asker, plan):
            if not isinstance(item, CheckItem):
                continue
            items.append(item)
            if not as_json:
                mark = {"ok": "✓", "warning": "!", "failed": "✗"}[item.status]
                click.echo(f"{mark} {item.name:<12} {clean(item.text, 500)}")
                for line in item.details:
                    click.echo(f"{'':<15}{clean(line, 300)}")
        failed = {item.exit_code for item in items if item.status == "failed"}
        if as_json:
            document = [
                {
                    "name": item.name,
                    "status": item.status,
                    "text": clean(item.text, 500),
                    "details": [clean(line, 300) for line in item.details],
                }
                for item in items
            ]
            click.echo(json.dumps({"checks": document, "origins": dict(plan.origins)}, indent=2))
        return min(failed, default=exit_codes.OK)

    return asyncio.run(go())


_SETTINGS = named(SETTINGS)


def _print_origins(plan: RunPlan) -> None:
    """Each value of the plan, and where it came from."""
    tables = plan_to_dict(plan)
    values = {key: value for table in ("scenario", "target") for key, value in tables[table].items()}
    values |= {"profile": plan.profile.name, "target": plan.target.name, "scenario": plan.scenario.name}
    values |= {"thresholds": plan.thresholds, "abort_on": plan.profile.abort_on, LIMIT_OF_TARGET: plan.target.max_users}
    for key, origin in plan.origins.items():
        first, *more = _setting_lines(key, plan) if key in _SETTINGS else _value_lines(key, values.get(key))
        click.echo(f"  {key:<16} {clean(mask_secrets(first), 100):<32} {clean(origin)}")
        for line in more:
            click.echo(f"  {'':<16} {clean(mask_secrets(line), 100)}")


def _setting_lines(key: str, plan: RunPlan) -> list[str]:
    """As the profiles file and the options have it; empty for one that does not apply."""
    setting = _SETTINGS[key]
    value = getattr(plan.profile, str(setting.field))
    if value in (None, ()) or plan.origins[key].startswith(NOT_USED):
        return [""]
    return stage_texts(value) if setting.is_repeatable else [setting.kind.write(value)]


def _value_lines(key: str, value: Any) -> list[str]:
    """What is long has a line for each entry."""
    if key in ("thresholds", "abort_on") and value:
        return list(value)
    if key == "groups" and value:
        return [f"{name} ({', '.join(globs)})" for name, globs in value.items()]
    if isinstance(value, dict):
        return [", ".join(f"{name} {weight}" for name, weight in value.items())]
    if isinstance(value, list):
        return [", ".join(map(str, value))]
    return [f"{value:g}" if isinstance(value, float) else str(value or "")]
