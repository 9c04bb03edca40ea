"""Setup: choose a profile, a target and a scenario, see what that asks for, and start."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import PurePath
from typing import ClassVar
from urllib.parse import urlsplit

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widget import Widget
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from perftui.exit_codes import BUG
from perftui.model.duration import format_duration
from perftui.model.errors import PerftuiError
from perftui.model.inspection import CheckItem
from perftui.model.plan import Profile, RunPlan, Target
from perftui.model.text import clean, mask_secrets
from perftui.profiles.choice import AskedNames
from perftui.profiles.keys import SETTINGS, named
from perftui.profiles.targets import DEMO_ORIGIN
from perftui.tui.crash import write_crash_report
from perftui.tui.figures import axis_text
from perftui.tui.model import CockpitModel
from perftui.tui.plan_text import plan_lines
from perftui.tui.renderables.buckets import Sample
from perftui.tui.renderables.line import Piece, foreign, wrapped
from perftui.tui.renderables.load_shape import load_shape_of
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.screens.dialogs import ConfirmHost
from perftui.tui.services import GIVEN_FILES
from perftui.tui.widgets.choices import Choice, Choices
from perftui.tui.widgets.fields import FieldInput, Fields
from perftui.tui.widgets.load_shape_chart import LoadShapeChart
from perftui.tui.widgets.preflight import Preflight
from perftui.tui.widgets.text import Block, ScrollPane
from perftui.tui.widgets.top_bar import TopBar

OWN_SCENARIO = ""
# Stands on top where nobody says which target: the first of a list must not get load by accident.
NO_TARGET = ""
NO_TARGET_WHY = "no target: choose one of the list"
# The plan is checked once the choice has rested for this long: a check loads the locustfile and asks the target.
SETTLE_S = 0.5
# More than any preflight has.
MAX_CHECK_ITEMS = 100
_WARM_UP = named(SETTINGS)["warm_up"].kind


class SetupScreen(CockpitScreen):
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        "../styles/cockpit.tcss",
        "../styles/setup.tcss",
    ]
    mode = "setup"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", "Start", tooltip="Check, then start the run"),
        Binding("p", "check", "Preflight", tooltip="Check the plan again, without load"),
        # With priority: digits in one burst with it are for the field, and elsewhere they change the mode.
        Binding("e", "edit", "Edit", tooltip="Change users, spawn rate and run time for this run", priority=True),
        Binding("tab", "app.focus_next", "Next", show=False),
    ]

    def __init__(self, asked: AskedNames) -> None:
        super().__init__()
        self._asked = asked
        # The address that stands on the list of targets beside what is known: asked for, or run before.
        self._address = asked.address
        self._locustfiles = asked.locustfiles
        # Until somebody chooses a target, each profile brings its own.
        self._has_chosen_target = asked.target is not None
        self._plan: RunPlan | None = None
        self._plan_error = ""
        self._items: list[CheckItem] = []
        self._checked: RunPlan | None = None
        self._check: Worker[None] | None = None
        self._settling: Timer | None = None
        self._readying: Worker[None] | None = None
        self._no_target_why = NO_TARGET_WHY
        self._is_starting = False
        self._notice: tuple[str, str] = ("", "")

    def body(self) -> Iterable[Widget]:
        with Horizontal(id="setup"):
            with Vertical(id="asking"):
                yield Choices("Profiles", id="profiles")
                yield Choices("Targets", id="targets")
                yield Choices("Scenario", id="scenarios")
            with Vertical(id="planned"):
                yield Fields()
                yield ScrollPane(id="plan")
                yield LoadShapeChart(id="shape")
                yield Preflight(id="preflight")
        yield Block(id="command", is_framed=False)

    def on_mount(self) -> None:
        profiles = self.cockpit.services.profile_set
        self._list("#profiles").show([_profile_choice(each) for each in profiles.profiles.values()])
        self._list("#profiles").choose(self._asked.profile)
        self._offer_targets(self._asked.target or self._own_target())
        self._offer_scenarios()
        self._list("#scenarios").choose(self._asked.scenario)
        self._list("#profiles").focus()
        self._make_plan()

    def show(self, model: CockpitModel) -> None:
        self.query_one(TopBar).show(model)

    def choose(self, plan: RunPlan) -> None:
        """Offer a plan that was run before again, with what was changed of its profile."""
        self._list("#profiles").choose(plan.profile.name)
        self._offer_targets(self._target_again(plan))
        self._has_chosen_target = True
        origin = plan.origins.get("scenario", "")
        if origin == GIVEN_FILES:
            self._locustfiles = plan.scenario.locustfiles
            self.cockpit.services.give_files(self._locustfiles)
            self._offer_scenarios()
            self._list("#scenarios").choose(GIVEN_FILES)
        else:
            was_chosen = origin.startswith(("-", "PERFTUI_"))
            self._list("#scenarios").choose(plan.scenario.name if was_chosen else OWN_SCENARIO)
        own = _own_values(plan.profile)
        self.query_one(Fields).fill(
            {key: own[key] for key in own if plan.origins.get(key, "").startswith("-") and own[key] != "–"}
        )
        self._make_plan()
        if plan.profile.name not in self.cockpit.services.profile_set.profiles:
            self._say(f"profile {plan.profile.name} of that run is not known here: another one is chosen", "warn")

    def on_choices_changed(self, event: Choices.Changed) -> None:
        if event.choices.id == "targets":
            self._has_chosen_target = True
        elif event.choices.id == "profiles" and not self._has_chosen_target:
            self._offer_targets(self._own_target())
        self._make_plan()

    def on_fields_changed(self) -> None:
        self._make_plan()

    def on_fields_submitted(self) -> None:
        if not self.query_one(Fields).fault:
            self._leave_fields()
        self.action_start()

    def on_screen_suspend(self) -> None:
        # Another mode is shown. Who comes back presses keys that a field would take for text.
        if self.app.current_mode != self.mode:
            self._leave_fields()

    def _leave_fields(self) -> None:
        self.set_focus(self._list("#profiles"))

    def action_edit(self) -> None:
        self.set_focus(self.query_one(FieldInput))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not isinstance(self.focused, FieldInput) if action == "edit" else True

    def action_check(self) -> None:
        self._begin_check()

    def action_start(self) -> None:
        fault = self.query_one(Fields).fault
        if fault:
            self._say(f"not started: {fault}", "bad")
        elif not self._is_starting:
            self.run_worker(self._start(), group="start", exclusive=True)

    async def _start(self) -> None:
        self._is_starting = True
        try:
            await self._start_checked()
        except PerftuiError as error:
            self._say(f"not started: {error}", "bad")
        except Exception as error:  # noqa: BLE001 - a bug becomes a line here, not the end of the cockpit
            self._say(f"not started: {_bug_text(error)}", "bad")
        finally:
            self._is_starting = False

    async def _start_checked(self) -> None:
        if self._readying is not None:
            self._say("starts when its target does…", "accent")
            await self._finish(self._readying)
        plan = self._plan
        if plan is None:
            self._say(f"not started: {self._plan_error or 'there is nothing to start'}", "bad")
            return
        if self.cockpit.model.is_live:
            self._say("not started: a run goes on. 2 shows it; stop or detach it first", "warn")
            return
        if plan.target.environment == "production":
            host = urlsplit(plan.target.url).hostname or plan.target.url
            load = f"up to {plan.profile.users:,} users"
            if not await self.app.push_screen_wait(ConfirmHost(host, load)):
                self._say("not started: the host's name was not typed", "warn")
                return
        self._say("starts when the checks are through…", "accent")
        await self._finish_check(plan)
        if plan is not self._plan:
            self._say("not started: the plan was changed meanwhile", "warn")
            return
        failed = next((item for item in self._items if item.status == "failed"), None)
        if failed is not None:
            self._say(f"not started: {failed.name}: {failed.text}", "bad")
            return
        self._say("starting…", "accent")
        await self.cockpit.start(plan)
        self._say("", "")

    async def _finish_check(self, plan: RunPlan) -> None:
        if self._checked is not plan:
            if self._check is None or not self._check.is_running:
                self._begin_check()
            if self._check is not None:
                await self._finish(self._check)

    async def _finish(self, worker: Worker[None]) -> None:
        with contextlib.suppress(WorkerCancelled, WorkerFailed):
            await worker.wait()

    def _make_plan(self) -> None:
        profile, target = self._list("#profiles").value, self._list("#targets").value
        fields = self.query_one(Fields)
        self._plan, self._plan_error, self._items, self._checked = None, "", [], None
        if self._check is not None:
            self._check.cancel()
            self._check = None
        self._notice = ("", "")
        if self._readying is not None:
            self._readying.cancel()
            self._readying = None
        if profile is None:
            self._plan_error = "the profiles file holds no profile"
        elif not target:
            self._plan_error = self._no_target_why
        elif fields.fault:
            self._plan_error = fields.fault
        elif not self.cockpit.services.is_ready(target):
            self._readying = self.run_worker(self._ready(target), group="ready", exit_on_error=False)
        else:
            scenario = self._list("#scenarios").value or None
            try:
                self._plan = self.cockpit.services.plan(profile, target, scenario, fields.overrides)
            except PerftuiError as error:
                self._plan_error = str(error)
        if profile is not None:
            # What the command line or the environment says stands above the profile's own.
            chosen = self._plan.profile if self._plan else self.cockpit.services.profile_set.profiles[profile]
            fields.own_values(_own_values(chosen))
        self._show_plan()
        self._settle()

    async def _ready(self, target: str) -> None:
        """Start what `target` needs, off the screen's thread, and plan again."""
        error = ""
        try:
            await self.cockpit.services.ready(target)
        except PerftuiError as refusal:
            error = str(refusal)
        except Exception as bug:  # noqa: BLE001 - a bug becomes a line here, not the end of the cockpit
            error = _bug_text(bug)
        self._readying = None
        if error:
            self._plan_error = error
            self._show_plan()
        else:
            self._make_plan()

    def _settle(self) -> None:
        if self._settling is not None:
            self._settling.stop()
        # Production hears from perftui only when somebody asks for it: p, or a start.
        if self._plan is not None and self._plan.target.environment != "production":
            self._settling = self.set_timer(SETTLE_S, self._begin_check)
        self._show_check()

    def _begin_check(self) -> None:
        if self._plan is None:
            return
        if self._settling is not None:
            self._settling.stop()
        self._items, self._checked = [], None
        self._check = self.run_worker(self._run_check(self._plan), group="check", exclusive=True, exit_on_error=False)
        self._show_check()

    async def _run_check(self, plan: RunPlan) -> None:
        try:
            async for item in self.cockpit.services.check(plan):
                if plan is not self._plan:
                    return
                if not isinstance(item, CheckItem):
                    continue
                self._items = [*self._items, item][:MAX_CHECK_ITEMS]
                self._show_check()
        except PerftuiError as error:
            self._items.append(CheckItem(error.what, "failed", str(error), error.exit_code))
        except Exception as error:  # noqa: BLE001 - a bug becomes a line here, not the end of the cockpit
            self._items.append(CheckItem("preflight", "failed", _bug_text(error), BUG))
        if plan is self._plan:
            self._checked = plan
        self._check = None
        self._show_check()

    def _show_plan(self) -> None:
        plan = self._plan
        pane = self.query_one("#plan", ScrollPane)
        shape = self.query_one(LoadShapeChart)
        if plan is None and self._readying is not None:
            pane.heading = (Piece("Plan", "heading"),)
            pane.show(lambda width: wrapped("the target is being started…", width, "muted"))
            shape.show((), "", "")
        elif plan is None:
            pane.heading = (Piece("Plan", "heading"),)
            error = clean(self._plan_error, 400)
            pane.show(lambda width: wrapped(error, width, "bad", first=Piece("✗ ", "bad")))
            shape.show((), "", "")
        else:
            pane.heading = (foreign(plan.title, "heading"), Piece("  "), foreign(plan.profile.description, "muted"))
            pane.show(lambda width: plan_lines(plan, width))
            load = load_shape_of(plan.profile)
            shape.show([Sample(at_s, users) for at_s, users in load.points], load.text, load.warning)
        self._show_command()

    def _show_command(self) -> None:
        text, role = self._notice
        if not text and self._plan is not None:
            text, role = f"$ {self.cockpit.services.command_line(self._plan)}", "muted"
        shown = clean(text, 600)
        self.query_one("#command", Block).show(lambda width: wrapped(shown, max(1, width - 2), role, first=Piece(" ")))

    def _show_check(self) -> None:
        is_production = self._plan is not None and self._plan.target.environment == "production"
        hint = "production is checked when you ask: p, or enter" if is_production else "checks follow…"
        if self._plan is None:
            hint = ""
        self.query_one(Preflight).show_items(self._items, is_checking=self._check is not None, hint=hint)

    def _say(self, text: str, role: str) -> None:
        """What became of the wish to start, in the place of the command line until something is changed."""
        self._notice = (text, role)
        self._show_command()

    def _own_target(self) -> str | None:
        profile = self._list("#profiles").value
        return self.cockpit.services.profile_set.target_of(profile) if profile is not None else None

    def _offer_targets(self, chosen: str | None) -> None:
        """The targets with the cursor on `chosen`; on none of them where nobody says which."""
        profiles = self.cockpit.services.profile_set
        rows = [_target_choice(name, profiles.targets.get(name)) for name in profiles.target_names()]
        if self._address is not None:
            rows.insert(0, _address_choice(self._address))
        if chosen not in [each.value for each in rows]:
            rows.insert(0, Choice(NO_TARGET, "none yet"))
            chosen = NO_TARGET
        self._list("#targets").show(rows)
        self._list("#targets").choose(chosen)

    def _target_again(self, plan: RunPlan) -> str | None:
        """Where on the list the target of `plan` stands, put there if it is an address; None: not to be had."""
        target, profiles = plan.target, self.cockpit.services.profile_set
        known = profiles.targets.get(target.name)
        self._no_target_why = NO_TARGET_WHY
        if known is not None and known.url == target.url:
            return target.name
        if plan.origins.get("url") == DEMO_ORIGIN:
            return target.name
        if plan.origins.get("url", "").startswith(("-", "PERFTUI_")):
            self._address = target
            return target.url
        # Asked by a name that means something else here, or nothing: what guards it is not known either.
        self._no_target_why = (
            f"target {target.name} ({mask_secrets(target.url)}) of that run is not known here: choose one"
        )
        return None

    def _offer_scenarios(self) -> None:
        names = [PurePath(each).name or each for each in self._locustfiles]
        given = [Choice(GIVEN_FILES, ", ".join(names), "-f")] if names else []
        known = [Choice(name, name) for name in self.cockpit.services.profile_set.scenarios]
        self._list("#scenarios").show([*given, Choice(OWN_SCENARIO, "the profile's own"), *known])

    def _list(self, selector: str) -> Choices:
        return self.query_one(selector, Choices)


def _profile_choice(profile: Profile) -> Choice:
    run_time = format_duration(profile.run_time_s) if profile.run_time_s is not None else "–"
    return Choice(profile.name, profile.name, f"{axis_text(profile.users)}u {run_time:>4}")


def _target_choice(name: str, target: Target | None) -> Choice:
    """`target` None: one that stands in no file, the built-in one."""
    if target is None:
        return Choice(name, name, "built-in")
    return Choice(name, name, target.environment, "bad" if target.environment == "production" else "muted")


def _address_choice(target: Target) -> Choice:
    choice = _target_choice(target.url, target)
    return choice._replace(label=mask_secrets(target.url).partition("://")[2])


def _bug_text(error: Exception) -> str:
    """One line for a bug that must not end the cockpit; the traceback goes where a crash's would."""
    path = write_crash_report(error)
    where = f"the report is in {path}" if path else "no report could be written"
    return f"a bug in perftui ({type(error).__name__}); {where}"


def _own_values(profile: Profile) -> dict[str, str]:
    run_time = format_duration(profile.run_time_s) if profile.run_time_s is not None else "–"
    return {
        "users": str(profile.users),
        "spawn_rate": f"{profile.spawn_rate:g}",
        "run_time": run_time,
        "warm_up": _WARM_UP.write(profile.warm_up_s),
    }
