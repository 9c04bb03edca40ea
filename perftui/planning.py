"""From what a person said to a plan that may be run, and what is known of it before a request is sent."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from perftui import exit_codes
from perftui.model.duration import format_duration
from perftui.model.errors import PerftuiError
from perftui.model.load_plan import deciding_shape, load_words, stage_words, stages_s
from perftui.model.plan import Profile, RunPlan
from perftui.model.text import clean, mask_secrets
from perftui.profiles.choice import Choice
from perftui.profiles.file import find_profiles, load_profiles
from perftui.profiles.guard import check_limits
from perftui.profiles.locustfiles import BUILT_IN_FOLDER, built_in_text
from perftui.profiles.names import listing
from perftui.profiles.profile_set import BUILT_IN, ProfileSet
from perftui.profiles.resolution import resolve
from perftui.profiles.targets import NoTargetError, address_of

if TYPE_CHECKING:
    from perftui.conductor.interpreter import Interpreter
    from perftui.demo.process import DemoLease
    from perftui.model.inspection import ArgumentInfo, CheckItem, Inspection, TaskInfo, UserClassInfo

# What looks at machines, targets and engines is imported where it is used: it takes longer to import than all else,
# and a screen that only shows a plan is not to wait for it.

# Of what a locustfile holds, a check says so many lines.
MAX_DETAILS = 100


def profiles_here(profiles: Path | None) -> ProfileSet:
    """The profiles that apply in the current folder. Raises PerftuiError where they are wrong."""
    return load_profiles(find_profiles(profiles, Path.cwd()))


@dataclass(frozen=True, slots=True)
class Asker:
    """Where a person stands: the profiles that apply there, and whether the built-in target runs."""

    profile_set: ProfileSet
    working_directory: Path
    lease: DemoLease | None = None
    """A claim on the built-in target, if it runs."""
    confirmed_host: str | None = None

    def plan(self, choice: Choice) -> RunPlan:
        """The plan of `choice`. Raises PerftuiError."""
        return resolve(
            self.profile_set,
            choice,
            os.environ,
            self.working_directory,
            demo_url=self.lease.url if self.lease else None,
        )

    async def plan_or_offer(self, choice: Choice) -> RunPlan:
        """As `plan`, but a missing target is answered with the hosts that the locustfile's classes name."""
        try:
            return self.plan(choice)
        except NoTargetError:
            plan = resolve(self.profile_set, choice, os.environ, self.working_directory, require_target=False)
            inspection = await inspect(plan, await asyncio.to_thread(self.interpreter, plan))
            raise NoTargetError(plan.profile.name, self.profile_set.target_names(), inspection.hosts) from None

    def interpreter(self, plan: RunPlan) -> Interpreter:
        """Raises PerftuiError where one is named that cannot be used."""
        from perftui.conductor.interpreter import choose_interpreter

        origin = plan.origins.get("python", "run.toml")
        if all(map(built_in_text, plan.scenario.locustfiles)):
            # They import nothing of a project, and what its environment perhaps does not hold.
            return choose_interpreter(plan.profile.python, origin, {}, BUILT_IN_FOLDER)
        # The built-in profiles lie in perftui's own package: no project's environment stands beside them.
        is_built_in = self.profile_set.source == BUILT_IN
        folder = self.working_directory if is_built_in else self.profile_set.folder
        return choose_interpreter(plan.profile.python, origin, os.environ, folder)

    def guard(self, plan: RunPlan) -> None:
        """Raises PerftuiError (REFUSED) where the target does not allow the load."""
        check_limits(plan, self.confirmed_host)


async def admit(asker: Asker, plan: RunPlan) -> tuple[RunPlan, Interpreter, list[CheckItem]]:
    """What a run needs before it may start: the plan with its provenance, the interpreter, and warnings.

    Raises PerftuiError where the run must not start. Sends one request to the target, and no load.
    """
    from perftui.conductor.preflight import check_open_files
    from perftui.conductor.target_probe import probe_target
    from perftui.profiles.provenance import provenance_of

    asker.guard(plan)
    if not await asyncio.to_thread(os.path.isdir, plan.working_directory):
        raise PerftuiError(
            f"will not run {plan.title}",
            f"its working directory {clean(plan.working_directory)} is gone",
            exit_code=exit_codes.USAGE,
        )
    interpreter = await asyncio.to_thread(asker.interpreter, plan)
    items = [check_open_files(plan), await probe_target(plan.target), *await asyncio.to_thread(_check_alone, plan)]
    for item in items:
        if item.status == "failed":
            raise PerftuiError(f"will not run {plan.title}", item.text, exit_code=item.exit_code)
    provenance = await asyncio.to_thread(provenance_of, plan)
    plan = replace(plan, provenance={**provenance, "interpreter": interpreter.python})
    return plan, interpreter, [item for item in items if item.status == "warning"]


def _check_alone(plan: RunPlan) -> list[CheckItem]:
    """Another run against the same target is in this one's numbers, and this one in its."""
    from perftui.commands.live_runs import live_runs
    from perftui.model.inspection import CheckItem
    from perftui.store.reader import RunReader

    address = address_of(plan.target.url)
    others = []
    for client in live_runs()[0]:
        with client, contextlib.suppress(PerftuiError):
            if address_of(RunReader(Path(client.welcome.folder)).plan().target.url) == address:
                others.append(clean(client.welcome.run_id))
    if not others:
        return []
    text = f"another run loads {address} now, and each is in the other's numbers: {', '.join(others[:5])}"
    return [CheckItem("alone", "warning", text)]


async def inspect(plan: RunPlan, interpreter: Interpreter) -> Inspection:
    """What the locustfiles of `plan` hold. Raises PerftuiError where they do not load."""
    from perftui.conductor.loading import load_engine

    engine = await load_engine(plan, interpreter, "inspect")
    await engine.process.close()
    return engine.loaded.inspection


async def check(asker: Asker, plan: RunPlan) -> AsyncIterator[CheckItem | Inspection]:
    """Everything that can be said about `plan` without load, one item after the other.

    What the locustfiles hold comes behind the item about them, and then what the load is: a shape of theirs may decide.
    """
    from perftui.conductor.preflight import check_machine, check_open_files, check_target_side
    from perftui.conductor.target_probe import look_at_target
    from perftui.judgement.user_advice import user_advice
    from perftui.model.inspection import CheckItem, Inspection

    yield CheckItem("profile", "ok", f"{plan.profile.name} from {asker.profile_set.source}")
    try:
        asker.guard(plan)
        yield CheckItem("limits", "ok", f"within what target {plan.target.name} allows")
    except PerftuiError as error:
        yield _failed("limits", error)
    yield check_machine(plan)
    async for item in look_at_target(plan.target):
        yield item
    yield await check_target_side(plan.target)
    for item in await asyncio.to_thread(_check_alone, plan):
        yield item
    shapes: Sequence[str] | None = None
    advice: CheckItem | None = None
    async for found in _look_inside(asker, plan):
        if isinstance(found, Inspection):
            shapes, advice = found.shapes, user_advice(found, plan)
        yield found
    if shapes is None and plan.profile.load_shape:
        # Whether there is such a load shape cannot be said.
        return
    shapes = shapes or ()
    yield _load_item(plan, shapes)
    yield check_open_files(plan, shapes)
    if advice is not None:
        yield advice


async def _look_inside(asker: Asker, plan: RunPlan) -> AsyncIterator[CheckItem | Inspection]:
    """What the locustfiles hold, and who reads them."""
    from perftui.model.inspection import CheckItem

    try:
        interpreter = await asyncio.to_thread(asker.interpreter, plan)
    except PerftuiError as error:
        yield _failed("interpreter", error)
        return
    yield CheckItem(
        "interpreter",
        "warning" if interpreter.notice else "ok",
        interpreter.notice or f"{clean(interpreter.python)} ({interpreter.origin}), Locust {clean(interpreter.locust)}",
    )
    try:
        inspection = await inspect(plan, interpreter)
        text = inspection_text(inspection, plan)
        yield CheckItem("locustfile", "ok", text, details=inspection_details(inspection))
        yield inspection
    except PerftuiError as error:
        yield _failed("locustfile", error)


def _load_item(plan: RunPlan, shapes: Sequence[str]) -> CheckItem:
    """What the load is, how long it lasts, and which processes make it; `shapes` are those of the locustfiles."""
    from perftui.conductor.load_workers import local_workers_of
    from perftui.model.inspection import CheckItem

    profile = replace(plan.profile, load_shape=deciding_shape(plan.profile, shapes))
    parts = [load_words(profile)]
    if profile.load_shape:
        parts.append("nothing of it is known beforehand, and what the target allows can only be watched")
    if profile.stages and profile.run_time_s is not None and profile.run_time_s < stages_s(profile):
        parts[0] += f", cut there by run_time: the stages take {format_duration(round(stages_s(profile), 1))}"
    if profile.is_open_model:
        parts.append(
            "tasks start at the rate, whatever the target does: what finds no free user waits, then is dropped"
        )
    if profile.has_master:
        parts.append(_workers_text(profile, local_workers_of(profile)))
    details = tuple(f"stage {number}: {stage_words(stage)}" for number, stage in enumerate(profile.stages, 1))
    return CheckItem("load", "ok", "; ".join(parts), details=details)


def _workers_text(profile: Profile, local: int) -> str:
    cores = os.cpu_count() or 1
    here = f"{local} load worker{'s'[: local != 1]} on this machine's {cores} cores" if local else ""
    awaited = profile.awaited_workers
    if not awaited:
        return here
    words = f"{awaited} from elsewhere" if here else f"{awaited} load worker{'s'[: awaited != 1]} from elsewhere"
    wait = f"waited for {format_duration(profile.max_wait_s)} at most"
    return ", ".join(filter(None, (here, f"{words}, {wait}")))


def inspection_text(inspection: Inspection, plan: RunPlan) -> str:
    """The user classes and their tasks in one line, and what the load shapes do to the load of `plan`."""
    classes = ", ".join(f"{each.name} ({_tasks(len(each.tasks))})" for each in inspection.user_classes[:8])
    more = len(inspection.user_classes) - 8
    text = f"loads: {classes}" + (f" and {more} more" if more > 0 else "")
    text += _shapes_text(inspection.shapes, plan.profile)
    return clean(text, 800)


def _shapes_text(shapes: Sequence[str], profile: Profile) -> str:
    if not shapes:
        return ""
    several = f"{len(shapes)} load shapes: {listing(shapes)}"
    used = deciding_shape(profile, shapes)
    if not used:
        words = f"load shape {shapes[0]} is not used" if len(shapes) == 1 else f"{several}; none is used"
        return f"; {words}: {'the stages go' if profile.stages else 'the arrival rate goes'} before it"
    if len(shapes) == 1:
        return f"; load shape {used} decides users and end"
    return f"; {several}; {used} decides users and end{'' if profile.load_shape else '; name one with --load-shape'}"


def inspection_details(inspection: Inspection) -> tuple[str, ...]:
    """A line for each user class with its tasks, for each load shape, and for each argument that may stand after --."""
    lines = [_class_text(each) for each in inspection.user_classes]
    lines += [f"load shape {each}" for each in inspection.shapes]
    lines += [_argument_text(each) for each in inspection.arguments]
    lines += [f"host {host} stands in a class: give it as --target to use it" for host in inspection.hosts]
    return tuple(clean(mask_secrets(line), 300) for line in lines[:MAX_DETAILS])


def _class_text(user_class: UserClassInfo) -> str:
    amount = f"fixed {user_class.fixed_count}" if user_class.fixed_count else f"weight {user_class.weight}"
    tasks = ", ".join(_task_text(task) for task in user_class.tasks)
    return f"{user_class.name} ({user_class.base}, {amount}): {tasks}"


def _task_text(task: TaskInfo) -> str:
    tags = f" [{' '.join(task.tags)}]" if task.tags else ""
    return f"{task.name} {task.share:.0%}{tags}"


def _argument_text(argument: ArgumentInfo) -> str:
    default = "" if argument.is_secret or not argument.default else f", default {argument.default}"
    choices = f", one of {' '.join(argument.choices)}" if argument.choices else ""
    required = ", required" if argument.is_required else ""
    return f"argument {' '.join(argument.flags)}{required}{default}{choices}: {argument.help}".rstrip(": ")


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"


def _failed(name: str, error: PerftuiError) -> CheckItem:
    from perftui.model.inspection import CheckItem

    return CheckItem(name, "failed", str(error), error.exit_code or exit_codes.USAGE)
