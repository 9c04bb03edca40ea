"""Setup: choose a profile, a target and a scenario, see what that asks for, change it, try it, and start."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import PurePath
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget
from textual.worker import Worker

from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan
from perftui.model.secret_arguments import secret_flags_of
from perftui.profiles.choice import AskedNames
from perftui.tui.crash import bug_text
from perftui.tui.model import CockpitModel
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.setup.draft import Draft, Drafts
from perftui.tui.setup.plan_check import PlanCheck
from perftui.tui.setup.plan_fields import FieldRow, Offer
from perftui.tui.setup.plan_view import PlanView
from perftui.tui.setup.plan_wishes import KEPT_KEYS, PlanWishes
from perftui.tui.setup.planned import Planned, plan_of
from perftui.tui.widgets.asking import Asking
from perftui.tui.widgets.fields import FieldInput, FieldRows, Fields
from perftui.tui.widgets.load_shape_chart import LoadShapeChart
from perftui.tui.widgets.preflight import Preflight
from perftui.tui.widgets.text import Block
from perftui.tui.widgets.top_bar import TopBar


class SetupScreen(CockpitScreen):
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        "../styles/cockpit.tcss",
        "../styles/setup.tcss",
    ]
    mode = "setup"
    # What moves the focus into a field has priority: what follows it in one burst is text for the field.
    BINDINGS: ClassVar[list[BindingType]] = [
        # Enter is of the row on the options, and of the field while one types: the other key starts from there.
        Binding("enter,ctrl+r", "start", "Start", id="setup.start", tooltip="Check, then start the run"),
        Binding("e", "edit", "Edit", id="setup.edit", tooltip="Change any option for this run", priority=True),
        Binding("t", "trial", "Try", id="setup.trial", tooltip="One user does one task once, and all of it is shown"),
        Binding(
            "slash",
            "filter",
            "Filter",
            id="setup.filter",
            key_display="/",
            tooltip="Narrow the list by a text, or choose a row by its number",
            priority=True,
        ),
        Binding("y", "copy", "Copy", id="setup.copy", tooltip="Copy the command line that asks for the same"),
        Binding("p", "check", "Preflight", id="setup.preflight", tooltip="Check the plan again, without load"),
        Binding("ctrl+s", "save", "Save", id="setup.save", tooltip="Save what was changed into the profile"),
        Binding("D", "duplicate", "Duplicate", id="setup.duplicate", tooltip="Save it as a profile of a new name"),
        Binding("tab", "app.focus_next", "Next", id="setup.next", show=False, tooltip="The next pane"),
        Binding(
            "shift+tab", "app.focus_previous", "Previous", id="setup.previous", show=False, tooltip="The pane before"
        ),
        # Digits alone are modes, here as everywhere; a terminal that keeps alt for itself has / and the number.
        Binding(
            "alt+1", "nth(1)", "1", id="setup.profile_1", show=False, tooltip="The first profile; alt+2 is the next one"
        ),
        *(Binding(f"alt+{n}", f"nth({n})", id=f"setup.profile_{n}", show=False) for n in range(2, 10)),
    ]

    def __init__(self, asked: AskedNames) -> None:
        super().__init__()
        self._asking = Asking(asked)
        self._drafts = Drafts()
        self._planned = Planned()
        self._readying: Worker[None] | None = None

    def body(self) -> Iterable[Widget]:
        with Container(id="setup"):
            yield self._asking
            with Container(id="planned"):
                yield Fields()
                with Container(id="ahead"):
                    yield LoadShapeChart(id="shape")
                    yield Preflight(id="preflight")
        yield Block(id="sentence", is_framed=False)
        yield Block(id="command", is_framed=False)

    def on_mount(self) -> None:
        self._view = PlanView(self)
        self._check = PlanCheck(self, self.cockpit.services, self._check_changed)
        self._wishes = PlanWishes(
            self.cockpit, self._check, lambda: self._planned, lambda: self._readying, self._view.say
        )
        self._asking.open(self.cockpit.services)
        self._asking.profiles.focus()
        self._make_plan()

    def show(self, model: CockpitModel) -> None:
        self.query_one(TopBar).show(model)

    # --- choosing ---------------------------------------------------------------------------------------------

    def choose(self, plan: RunPlan) -> None:
        """Offer a plan that was run before again, with what was changed of its profile."""
        for _ in self.app.screen_stack[1:]:
            # A trial of another plan.
            self.app.pop_screen()
        self._leave_fields()
        self._asking.choose_again(plan)
        is_known = plan.profile.name in self.cockpit.services.profile_set.profiles
        if is_known:
            self._draft.take(plan)
        self._make_plan()
        if not is_known:
            self._view.say(f"profile {plan.profile.name} of that run is not known here: another one is chosen", "warn")

    def choose_named(
        self, *, profile: str | None = None, target: str | None = None, scenario: str | None = None
    ) -> None:
        """As if a person had chosen them; None leaves what is chosen."""
        self._asking.choose_named(profile, target, scenario)

    def on_asking_changed(self) -> None:
        self._make_plan()

    def action_nth(self, number: int) -> None:
        self._asking.profiles.choose_nth(number)

    def action_filter(self) -> None:
        self._asking.filter(self.focused)

    @property
    def _draft(self) -> Draft:
        return self._drafts.of(self._asking.profile)

    # --- the fields -------------------------------------------------------------------------------------------

    def action_edit(self) -> None:
        rows, row = self.query_one(FieldRows).rows, self.query_one(FieldRows).cursor_row
        if row is None:
            return
        # What has to be put right comes first.
        faulty = [each for each in rows if each.fault and each.kind == "text"]
        if faulty and not row.fault:
            row = faulty[0]
        self._type_into(row if row.kind == "text" else rows[0])

    def _type_into(self, row: FieldRow) -> None:
        own = "" if row.is_typed else row.value
        self.query_one(Fields).type_into(row.key, self._view.text_of(row, self._draft), own)

    def on_fields_wished(self, event: Fields.Wished) -> None:
        if event.wish == "type":
            self._type_into(event.row)
            return
        why_not = ""
        if event.wish == "turn":
            why_not = self._view.turn(event.row, self._draft)
        else:
            self._view.reset(event.row, self._draft)
        self._make_plan()
        if why_not:
            self._view.say(why_not, "warn")

    def on_fields_typed(self, event: Fields.Typed) -> None:
        self._view.type(event.key, event.text, self._draft)
        self._make_plan()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        # Where there is little room the fields get more of it while somebody fills them in.
        self.query_one("#planned").set_class(isinstance(event.widget, FieldRows | FieldInput), "-filling")

    def on_screen_suspend(self) -> None:
        # Another mode is shown. Who comes back presses keys that a field would take for text.
        if self.app.current_mode != self.mode:
            self._leave_fields()

    def action_lists(self) -> None:
        self.set_focus(self._asking.profiles)

    def _leave_fields(self) -> None:
        self.query_one(Fields).leave()
        self.set_focus(self._asking.profiles)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("start", "save"):
            # While a list is narrowed, what is chosen changes with every letter.
            return not self._asking.is_typing
        is_typing = self._asking.is_typing or self.query_one(Fields).is_typing
        return not is_typing if action in ("edit", "filter", "nth") else True

    # --- wishes -----------------------------------------------------------------------------------------------

    def action_start(self) -> None:
        self.run_worker(self._wishes.start(), group="start")

    def action_trial(self) -> None:
        self.run_worker(self._wishes.try_out(), group="start")

    def action_check(self) -> None:
        if self._planned.plan is not None:
            self._check.begin(self._planned.plan)
        else:
            self._view.say(f"not checked: {self._planned.why_not}", "bad")

    def action_copy(self) -> None:
        command = self._command()
        if command:
            self.app.copy_to_clipboard(command)
            self._view.say("the command line was given to the terminal's clipboard", "good")
        else:
            self._view.say(f"nothing to copy: {self._planned.why_not}", "warn")

    def action_save(self) -> None:
        self._save(as_new=False)

    def action_duplicate(self) -> None:
        self._save(as_new=True)

    def _save(self, *, as_new: bool) -> None:
        profile = self._asking.profile
        # What is saved is no longer typed: nobody is to come back into its field.
        self.query_one(Fields).leave()
        if profile is not None:
            saved = partial(self._saved, profile)
            self.run_worker(self._wishes.save(profile, self._draft, saved, as_new=as_new), group="save", exclusive=True)

    def _saved(self, base: str, name: str, said: str) -> None:
        self._draft.forget(KEPT_KEYS)
        self._drafts.rename(base, name)
        self._asking.offer_again(name)
        self._make_plan()
        self._view.say(said, "good")

    # --- the plan ---------------------------------------------------------------------------------------------

    def _make_plan(self) -> None:
        services = self.cockpit.services
        profile, target = self._asking.profile, self._asking.target
        self._check.forget()
        if self._readying is not None:
            self._readying.cancel()
            self._readying = None
        if profile is None:
            self._planned = Planned(error="the profiles file holds no profile")
        elif target is None:
            self._planned = Planned(error=self._asking.no_target_why, lacks_target=True)
        elif not services.is_ready(target):
            self._planned = Planned()
            self._readying = self.run_worker(self._ready(target), group="ready", exit_on_error=False)
        else:
            self._planned = plan_of(services, profile, target, self._asking.scenario, self._draft)
        plan = self._planned.plan
        # A host that has to be typed hears from perftui only when somebody asks for it: p, or a start.
        if plan is not None and not services.host_to_confirm(plan):
            self._check.settle(plan)
        self._show_plan()

    async def _ready(self, target: str) -> None:
        """Start what `target` needs, off the screen's thread, and plan again."""
        error = ""
        try:
            await self.cockpit.services.ready(target)
        except PerftuiError as refusal:
            error = str(refusal)
        except Exception as bug:  # noqa: BLE001 - a bug becomes a line here, not the end of the cockpit
            error = bug_text(bug)
        self._readying = None
        if error:
            self._planned = Planned(error=error)
            self._show_plan()
        else:
            self._make_plan()

    def _show_plan(self) -> None:
        shown, name = self._planned.shown, self._asking.profile
        profile = shown.profile if shown is not None else None
        if profile is None and name is not None:
            profile = self.cockpit.services.profile_set.profiles[name]
        offer = Offer(shown, profile, self._check.inspection_of(shown))
        aside = self._drafts.left_behind(name)
        is_readying = self._readying is not None
        self._view.show(self._planned, offer, self._draft, self._command(), aside=aside, is_readying=is_readying)
        self._show_check()

    def _show_check(self) -> None:
        plan = self._planned.plan
        hint = "checks follow…"
        if plan is None:
            hint = "checks follow once there is something to start" if self._planned.why_not else ""
        if plan is not None and self.cockpit.services.host_to_confirm(plan):
            hint = f"{_unasked(plan)} is checked when you ask: p, or enter"
        self._view.show_check(self._check, hint=hint)

    def _check_changed(self) -> None:
        if self._check.inspection_of(self._planned.shown) is not self._view.offer.inspection:
            self._show_plan()
        else:
            self._show_check()

    def _command(self) -> str:
        shown = self._planned.shown
        if shown is None:
            return ""
        inspection = self._check.inspection_of(shown)
        secrets = secret_flags_of(inspection.arguments) if inspection is not None else ()
        return self.cockpit.services.command_line(shown, secrets)


def _unasked(plan: RunPlan) -> str:
    return "production" if plan.target.environment == "production" else "an unknown host"
