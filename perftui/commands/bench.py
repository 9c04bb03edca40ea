"""Each task measured alone: latency without concurrency."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from perftui import exit_codes
from perftui.commands.asked import LocustCommand, asked, demo_lease, runs_dir_option, selecting_options
from perftui.commands.bench_wishes import Wishes, check_target, check_tasks, conclude, wishes_of
from perftui.commands.compare import Share
from perftui.conductor.bench import BenchConductor, BenchOutcome
from perftui.conductor.interpreter import Interpreter
from perftui.conductor.loading import load_engine
from perftui.conductor.log import LogLine
from perftui.headless import StopOnSignals
from perftui.model.bench import DEFAULT_MAX_TIME_S, MAX_ROUNDS, Bench
from perftui.model.errors import PerftuiError
from perftui.model.plan import Profile, RunPlan
from perftui.model.text import clean, mask_secrets, without_userinfo
from perftui.planning import Asker, admit
from perftui.profiles.choice import Choice, wants_demo
from perftui.profiles.keys import TABLES, named
from perftui.profiles.locustfiles import BUILT_IN_PREFIX, built_in_names
from perftui.profiles.names import listing, unknown
from perftui.profiles.profile_set import DEMO_TARGET, ProfileSet
from perftui.profiles.values import Duration
from perftui.store.benchmarks import machine_info
from perftui.store.layout import runs_folder
from perftui.wire.messages import BenchSettings

# A round that is not over after this, or after --max-time where that is longer, is given up.
HUNG_AFTER_S = 10.0
_PROFILE = "bench"
_MAX_TIME = Duration(0.01, 3600.0)
_EPILOG = f"""\b
SUITE is a scenario of the profiles or a bundled locustfile, FILE a locustfile.

\b
Exit codes:
  {exit_codes.OK:>3}  measured; and not worse than allowed, where that was asked
  {exit_codes.FAILED:>3}  a task is worse than --fail-if-worse allows
  {exit_codes.NO_DATA:>3}  nothing was measured; or --fail-if-worse cannot be answered for a task;
       or with --save or --fail-if-worse, a task was not measured to its end
  The others are those of `perftui run --help`.
"""


@click.command(cls=LocustCommand, epilog=_EPILOG)
@click.argument("suite", metavar="SUITE|FILE", required=False)
@click.option("--rounds", type=click.IntRange(1, MAX_ROUNDS), metavar="N", help="So many rounds of each task.")
@click.option("--max-time", metavar="TIME", help="For the rounds of each task. Default: 3s, and at least 5 rounds.")
@click.option("--save", metavar="NAME", help="Keep the numbers under this name.")
@click.option("--compare", metavar="NAME", help="Compare with what was saved under this name.")
@click.option(
    "--fail-if-worse",
    type=Share(),
    metavar="20%",
    help="With --compare: exit code 10 if a task got worse by more than this; without it, 20% is called worse.",
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write pytest-benchmark's JSON."
)
@selecting_options
@runs_dir_option
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_obj
def bench(
    locust_args: tuple[str, ...],
    /,
    suite: str | None,
    rounds: int | None,
    max_time: str | None,
    save: str | None,
    compare: str | None,
    fail_if_worse: float | None,
    json_file: Path | None,
    runs_dir: str | None,
    debug: bool,
    **options: Any,
) -> int:
    """Measure each task of SUITE or FILE alone: one user, no wait, no concurrency."""
    max_time_s = _max_time_s(max_time, rounds)
    wishes = wishes_of(runs_folder(runs_dir), save, json_file, compare, fail_if_worse)

    async def go() -> int:
        asker, choice = asked(options, _PROFILE, locust_args)
        asker, choice = _of_suite(asker, choice, suite)
        if asker.lease is None and wants_demo(asker.profile_set, choice, os.environ):
            asker = replace(asker, lease=demo_lease())
        plan = await asker.plan_or_offer(choice)
        limit_s = max_time_s or DEFAULT_MAX_TIME_S
        profile = replace(plan.profile, users=1, spawn_rate=1.0, run_time_s=limit_s, warm_up_s=0.0, thresholds=())
        plan = replace(plan, profile=profile)
        target = _target_text(asker, plan)
        check_target(target, wishes)
        plan, interpreter, warnings = await admit(asker, plan)
        for item in warnings:
            click.echo(f"warning: {clean(item.text, 500)}", err=True)
        settings = BenchSettings(rounds, max_time_s, max(HUNG_AFTER_S, max_time_s or 0.0), plan.target.max_rps)
        started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        outcome = await _measure(plan, interpreter, settings, wishes)
        measured = Bench(
            scenario=plan.scenario.name,
            target=target,
            started_at=started_at,
            rounds=rounds,
            max_time_s=max_time_s,
            tasks=outcome.tasks,
            machine=machine_info(),
            provenance=plan.provenance,
        )
        return conclude(measured, outcome, wishes)

    return asyncio.run(go())


def _max_time_s(text: str | None, rounds: int | None) -> float | None:
    if text is None:
        return DEFAULT_MAX_TIME_S if rounds is None else None
    try:
        return _MAX_TIME.read_text(text)
    except ValueError as error:
        raise PerftuiError("--max-time", str(error), exit_code=exit_codes.USAGE) from None


def _of_suite(asker: Asker, choice: Choice, suite: str | None) -> tuple[Asker, Choice]:
    """`asker` with a profile that has nothing but [defaults], and `choice` with what `suite` names."""
    profile_set = asker.profile_set
    keys = named(TABLES["profiles"])
    values = {field: value for key, value in profile_set.defaults.items() if (field := keys[key].field)}
    asker = replace(
        asker,
        profile_set=replace(
            profile_set,
            profiles={_PROFILE: Profile(_PROFILE, **{**values, "run_time_s": None, "warm_up_s": 0.0})},
            written={_PROFILE: {}},
        ),
    )
    if choice.scenario or choice.locustfiles:
        if suite is not None:
            why = "a suite, --scenario and --file say the same"
            raise PerftuiError("two things to measure", why, "Give one", exit_code=exit_codes.USAGE)
        return asker, choice
    if suite is None:
        known = listing(_suites(profile_set))
        raise PerftuiError(
            "no suite named", f"there are {known}", "Name one, or give a locustfile", exit_code=exit_codes.USAGE
        )
    if suite in profile_set.scenarios:
        return asker, replace(choice, scenario=suite)
    if suite in built_in_names():
        return asker, replace(choice, locustfiles=(BUILT_IN_PREFIX + suite,))
    if suite.endswith(".py") or os.sep in suite or suite.startswith(BUILT_IN_PREFIX) or os.path.isdir(suite):
        return asker, replace(choice, locustfiles=(suite,))
    names = _suites(profile_set)
    raise PerftuiError(
        unknown("suite", suite, names),
        "",
        f"There are {listing(names)}; a locustfile ends in .py",
        exit_code=exit_codes.USAGE,
    )


def _suites(profile_set: ProfileSet) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*profile_set.scenarios, *built_in_names())))


def _target_text(asker: Asker, plan: RunPlan) -> str:
    """What two benches must share. The built-in target has another port each time."""
    if plan.target.name == DEMO_TARGET and asker.lease is not None:
        return "the built-in target"
    return mask_secrets(without_userinfo(plan.target.url))


async def _measure(plan: RunPlan, interpreter: Interpreter, settings: BenchSettings, wishes: Wishes) -> BenchOutcome:
    """Raises PerftuiError with no load sent."""
    progress = _Progress()

    def on_log(line: LogLine) -> None:
        progress.say(f"{line.level.lower()}: {line.text}" if line.level != "STDOUT" else line.text)

    with StopOnSignals() as signals:
        engine = await load_engine(plan, interpreter, "bench", bench=settings, on_log=on_log)
        conductor = BenchConductor(plan, engine, settings, on_task=progress.show, on_log=on_log)
        try:
            for warning in engine.warnings:
                progress.say(f"warning: {clean(warning, 500)}")
            check_tasks(await conductor.planned(), wishes)
            signals.conductor = conductor
            outcome = await conductor.run()
        finally:
            await conductor.close()
            progress.finish()
    return outcome


class _Progress:
    """Which task is measured now, in one line of a terminal; nothing of it where there is none."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._shown = ""

    def show(self, name: str, done: int, count: int) -> None:
        if self._is_terminal:
            self._shown = f"measuring {clean(name, 60)} ({done + 1} of {count})"
            click.echo(f"\r\x1b[K{self._shown}", nl=False, err=True)

    def say(self, line: str) -> None:
        self._clear()
        click.echo(line, err=True)
        click.echo(self._shown, nl=False, err=True)

    def finish(self) -> None:
        self._clear()
        self._shown = ""

    def _clear(self) -> None:
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)
