"""A starter profiles.toml for the project that it is called in."""

from __future__ import annotations

import asyncio
import os
import shlex
from pathlib import Path

import click

from perftui import exit_codes
from perftui.conductor.interpreter import Interpreter, choose_interpreter
from perftui.model.errors import PerftuiError
from perftui.model.inspection import Inspection
from perftui.model.plan import Profile, RunPlan, Scenario
from perftui.model.text import clean, mask_secrets
from perftui.planning import inspect
from perftui.profiles.file import FILE_NAME, display_path, load_profiles
from perftui.profiles.keys import SETTINGS, named
from perftui.profiles.names import listing
from perftui.profiles.starter import (
    MAX_FILES,
    MAX_FOUND,
    STARTER_LOCUSTFILE,
    STARTER_NAME,
    Found,
    StarterScenario,
    find_locustfiles,
    hosts_of,
    scenario_names,
    starter_text,
)
from perftui.profiles.targets import NO_TARGET
from perftui.store.atomic import create

_PYTHON_VARIABLE = named(SETTINGS)["python"].variable or ""


@click.command()
@click.option(
    "--dir",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The project's folder; default: the current one.",
)
@click.option("--debug", is_flag=True, hidden=True)
def init(folder: Path, debug: bool) -> int:
    """Write a starter profiles.toml, and a locustfile if there is none.

    It finds the locustfiles in and below the folder, with their user classes and tags. It never overwrites a file.
    """
    folder = Path(os.path.abspath(folder))
    path = folder / FILE_NAME
    found = find_locustfiles(folder)
    if os.path.lexists(path):
        raise _is_there(path, found)
    # Named by nobody but the environment; where it cannot be used, that is said before anything is written.
    interpreter = choose_interpreter(os.environ.get(_PYTHON_VARIABLE) or None, _PYTHON_VARIABLE, os.environ, folder)
    if interpreter.notice:
        click.echo(f"warning: {interpreter.notice}", err=True)
    if not found.is_complete:
        why = f"the first {MAX_FOUND} locustfiles in the first {MAX_FILES:,} Python files"
        click.echo(f"warning: there is more here than is looked at: {why}", err=True)
    if not found.paths:
        _write_new(folder / STARTER_NAME, STARTER_LOCUSTFILE)
    scenarios = asyncio.run(_look_into(folder, found.paths or (STARTER_NAME,), interpreter))
    _write_new(path, starter_text(scenarios))
    profiles = load_profiles(path).profiles
    click.echo(
        f"wrote {display_path(path)}: scenarios {listing(e.name for e in scenarios)}; profiles {listing(profiles)}"
    )
    click.echo(f"next: {_next_command(folder, scenarios, wrote_locustfile=not found.paths)}")
    return exit_codes.OK


def _is_there(path: Path, found: Found) -> PerftuiError:
    names = scenario_names(found.paths)
    known = _known_locustfiles(path)
    missing = [
        f"[scenarios.{name}] for {clean(each, 100)}"
        for each, name in names.items()
        if not any((path.parent / each).is_relative_to(there) for there in known)
    ]
    would_add = f"It would add {listing(missing)}" if missing else "It names every locustfile that was found"
    return PerftuiError(
        f"{display_path(path)} is there already", "init never overwrites", would_add, exit_code=exit_codes.USAGE
    )


def _known_locustfiles(path: Path) -> list[Path]:
    """The files and folders that the scenarios of `path` name; none where it cannot be read."""
    try:
        profile_set = load_profiles(path)
    except PerftuiError:
        return []
    files = [each for scenario in profile_set.scenarios.values() for each in scenario.locustfiles]
    return [Path(os.path.abspath(profile_set.folder / os.path.expanduser(each))) for each in files]


async def _look_into(folder: Path, paths: tuple[str, ...], interpreter: Interpreter) -> list[StarterScenario]:
    """What each locustfile holds, said in a line each: their code runs in the engine, never here."""
    scenarios = []
    for path, name in scenario_names(paths).items():
        plan = RunPlan(Profile("init"), NO_TARGET, Scenario(name, (str(folder / path),)), str(folder))
        try:
            inspection = await inspect(plan, interpreter)
        except PerftuiError as error:
            problem = clean(mask_secrets(error.why or error.what), 300)
            click.echo(f"{clean(path)} does not load: {problem}")
            scenarios.append(StarterScenario(name, path, problem=problem))
        else:
            click.echo(f"{clean(path)}: {_content_text(inspection)}")
            scenarios.append(StarterScenario(name, path, inspection))
    return scenarios


def _content_text(inspection: Inspection) -> str:
    text = f"user classes {listing(each.name for each in inspection.user_classes)}"
    if inspection.tags:
        text += f"; tags {listing(inspection.tags)}"
    if inspection.shapes:
        text += f"; load shape {clean(inspection.shapes[0], 64)}"
    return text


def _write_new(path: Path, text: str) -> None:
    """Raises PerftuiError where there is one meanwhile, or it cannot be written."""
    try:
        create(path, text.encode())
    except OSError as error:
        raise PerftuiError(
            f"cannot write {display_path(path)}",
            (error.strerror or str(error)).lower(),
            exit_code=exit_codes.USAGE if isinstance(error, FileExistsError) else exit_codes.ENVIRONMENT,
        ) from None


def _next_command(folder: Path, scenarios: list[StarterScenario], wrote_locustfile: bool) -> str:
    hosts = hosts_of(scenarios)
    command = f"perftui check light --target {shlex.quote(hosts[0] if hosts else 'http://127.0.0.1:8000')}"
    if wrote_locustfile:
        command = "perftui run light --demo --run-time 20s"
    return command if folder == Path.cwd() else f"cd {shlex.quote(clean(str(folder)))} && {command}"
