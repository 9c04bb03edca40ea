"""The profiles that apply here: listed, shown, and written into profiles.toml."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from perftui.cockpit.editor import write_profiles
from perftui.commands.asked import stages_text
from perftui.exit_codes import USAGE
from perftui.model.errors import PerftuiError
from perftui.model.load_plan import peak_words
from perftui.model.text import clean
from perftui.planning import profiles_here
from perftui.profiles.choice import DEFAULT_ORIGIN
from perftui.profiles.editing import known_profile, save_profile
from perftui.profiles.keys import LOCUSTFILES, PROFILE_KEYS, RULES, SELECTIONS, STAGES, Key
from perftui.profiles.profile_set import ProfileSet

F = TypeVar("F", bound=Callable[..., Any])
# Options of `perftui run` that somebody expects here.
_OF_A_SCENARIO = frozenset({*(str(key.option) for key in (*SELECTIONS, LOCUSTFILES)), "-c", "-T", "-E", "-f"})
_RULE_NAMES = frozenset(key.name for key in RULES)


def _setting_options(command: F) -> F:
    """An option for everything that a profile's table may hold."""
    for key in reversed(PROFILE_KEYS):
        is_repeatable = key.is_repeatable or key.name in _RULE_NAMES
        text = f"{key.help[:1].upper()}{key.help[1:]}{'; repeatable' if is_repeatable else ''}."
        option = key.option or f"--{key.name}"
        metavar = key.unit.upper() if key.unit == "s" else "RULE" if key.name in _RULE_NAMES else "VALUE"
        metavar = "TIME" if metavar == "S" else metavar
        command = click.option(option, key.name, metavar=metavar, help=text, multiple=is_repeatable)(command)
    return command


profiles_option = click.option(
    "--profiles", type=click.Path(path_type=Path), metavar="FILE", help="The profiles.toml to use."
)


@click.group(no_args_is_help=False)
def profile() -> None:
    """List, show and save profiles."""


class _Save(click.Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name in _OF_A_SCENARIO:
                why = "a profile holds no user classes, tags or locustfiles: they belong to a scenario"
                next_step = "Write them into [scenarios.NAME], and save the profile with --scenario NAME"
                raise PerftuiError(error.option_name, why, next_step, exit_code=USAGE) from None
            raise


@profile.command("save", cls=_Save)
@click.argument("name")
@click.option("--like", "base", metavar="BASE", help="The profile that it is made from; default: NAME itself.")
@_setting_options
@profiles_option
def save(name: str, base: str | None, profiles: Path | None, **options: Any) -> None:
    """Write profile NAME into profiles.toml; no comment of it is lost.

    With --like it is as BASE, but for the options; without it, NAME is changed.
    """
    options[STAGES.name] = stages_text(options[STAGES.name])
    overrides = {
        key: "\n".join(value) if isinstance(value, tuple) else value
        for key, value in options.items()
        if value not in (None, ())
    }
    profile_set = profiles_here(profiles)
    _, said = save_profile(
        profile_set, name, base or name, overrides, working_directory=Path.cwd(), write=write_profiles
    )
    click.echo(said)


@profile.command("list")
@profiles_option
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def list_profiles(profiles: Path | None, as_json: bool) -> None:
    """List the profiles that apply here."""
    profile_set = profiles_here(profiles)
    if as_json:
        click.echo(json.dumps([_document(profile_set, name) for name in profile_set.profiles], indent=2))
        return
    click.echo(f"From {profile_set.source}:")
    width = max(map(len, profile_set.profiles), default=0)
    peaks = {name: clean(peak_words(each), 60) for name, each in profile_set.profiles.items()}
    peak_width = max(map(len, peaks.values()), default=0)
    for name, each in profile_set.profiles.items():
        click.echo(f"{name:<{width}}  {peaks[name]:>{peak_width}}  {clean(each.description)}".rstrip())


@profile.command("show")
@click.argument("name")
@profiles_option
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def show(name: str, profiles: Path | None, as_json: bool) -> None:
    """Show every value of profile NAME, and where each comes from."""
    profile_set = profiles_here(profiles)
    known_profile(profile_set, name)
    if as_json:
        click.echo(json.dumps(_document(profile_set, name), indent=2))
        return
    for key in PROFILE_KEYS:
        text = _text(profile_set, name, key)
        if text:
            origin = profile_set.key_origin(name, key.name) or DEFAULT_ORIGIN
            click.echo(f"{key.name:<16} {clean(text, 1000):<24} {clean(origin)}")


def _document(profile_set: ProfileSet, name: str) -> dict[str, Any]:
    return {"name": name, **{key.name: _text(profile_set, name, key) or None for key in PROFILE_KEYS}}


def _text(profile_set: ProfileSet, name: str, key: Key) -> str:
    """The value as an option would give it; empty for none."""
    if key.field is None:
        return (profile_set.scenario_of(name) if key.name == "scenario" else profile_set.target_of(name)) or ""
    value = getattr(profile_set.profiles[name], key.field)
    return "" if value in (None, (), "") else key.kind.write(value)
