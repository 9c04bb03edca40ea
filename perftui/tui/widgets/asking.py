"""Who, where and what: the three lists that a plan is chosen from, and the filter that narrows the one in use."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget

from perftui.model.plan import RunPlan
from perftui.model.text import mask_secrets
from perftui.profiles.choice import AskedNames
from perftui.profiles.targets import DEMO_ORIGIN
from perftui.tui.services import GIVEN_FILES, Services
from perftui.tui.setup.setup_choices import (
    NO_TARGET,
    NO_TARGET_WHY,
    OWN_SCENARIO,
    profile_choices,
    scenario_choices,
    target_choices,
)
from perftui.tui.widgets.choices import ChoiceFilter, Choices


class Asking(Container):
    class Changed(Message):
        """Something else is chosen."""

    def __init__(self, asked: AskedNames) -> None:
        super().__init__(id="asking")
        self._asked = asked
        # The address that stands on the list of targets beside what is known: asked for, or run before.
        self._address = asked.address
        self._locustfiles = asked.locustfiles
        # Until somebody chooses a target, each profile brings its own.
        self._has_chosen_target = asked.target is not None
        self.no_target_why = NO_TARGET_WHY

    def compose(self) -> ComposeResult:
        yield Choices("Profiles", id="profiles", is_numbered=True)
        yield Choices("Targets", id="targets")
        yield Choices("Scenarios", id="scenarios")
        yield ChoiceFilter()

    def open(self, services: Services) -> None:
        """Fill the lists, with the cursors on what was asked for."""
        self._services = services
        self.profiles.show(profile_choices(services.profile_set))
        self.profiles.choose(self._asked.profile)
        self._offer_targets(self._asked.target or self._own_target())
        self._offer_scenarios(self._asked.scenario)

    @property
    def profiles(self) -> Choices:
        return self.query_one("#profiles", Choices)

    @property
    def profile(self) -> str | None:
        return self.profiles.value

    @property
    def target(self) -> str | None:
        """None where nobody says which."""
        return self._list("#targets").value or None

    @property
    def scenario(self) -> str | None:
        """None for the profile's own."""
        return self._list("#scenarios").value or None

    @property
    def is_typing(self) -> bool:
        return isinstance(self.screen.focused, ChoiceFilter)

    def filter(self, focused: Widget | None) -> None:
        """Ask for a text to narrow the list that has the focus, or that of the profiles."""
        self.query_one(ChoiceFilter).open(focused if isinstance(focused, Choices) else self.profiles)

    def choose_named(self, profile: str | None, target: str | None, scenario: str | None) -> None:
        """As if a person had put the cursors there; None leaves a list as it is."""
        for selector, name in (("#profiles", profile), ("#targets", target), ("#scenarios", scenario)):
            if name is not None and name != self._list(selector).value:
                self._list(selector).choose(name)
                self._list(selector).cursor_moved()

    def offer_again(self, profile: str) -> None:
        """The profiles changed: list them anew, with the cursor on `profile`."""
        self.profiles.show(profile_choices(self._services.profile_set))
        self.profiles.choose(profile)
        target, scenario = self.target, self._list("#scenarios").value
        self._offer_targets(target if self._has_chosen_target else self._own_target())
        self._offer_scenarios(scenario)

    def choose_again(self, plan: RunPlan) -> None:
        """Put the cursors on what made a plan that was run before."""
        self.profiles.choose(plan.profile.name)
        self._offer_targets(self._target_again(plan))
        self._has_chosen_target = True
        origin = plan.origins.get("scenario", "")
        if origin == GIVEN_FILES:
            self._locustfiles = plan.scenario.locustfiles
            self._services.give_files(self._locustfiles)
            self._offer_scenarios(GIVEN_FILES)
        else:
            was_chosen = origin.startswith(("-", "PERFTUI_"))
            self._offer_scenarios(plan.scenario.name if was_chosen else OWN_SCENARIO)

    def on_choices_changed(self, event: Choices.Changed) -> None:
        event.stop()
        if event.choices.id == "targets":
            self._has_chosen_target = True
        elif event.choices.id == "profiles" and not self._has_chosen_target:
            self._offer_targets(self._own_target())
        self.post_message(self.Changed())

    def _own_target(self) -> str | None:
        return self._services.profile_set.target_of(self.profile) if self.profile is not None else None

    def _offer_targets(self, chosen: str | None) -> None:
        """The targets with the cursor on `chosen`; on none of them where nobody says which."""
        rows = target_choices(self._services.profile_set, self._address, chosen)
        self._list("#targets").show(rows)
        self._list("#targets").choose(chosen if chosen in [each.value for each in rows] else NO_TARGET)

    def _offer_scenarios(self, chosen: str | None) -> None:
        self._list("#scenarios").show(scenario_choices(self._services.profile_set, self._locustfiles))
        self._list("#scenarios").choose(chosen)

    def _target_again(self, plan: RunPlan) -> str | None:
        """Where on the list the target of `plan` stands, put there if it is an address; None: not to be had."""
        target = plan.target
        known = self._services.profile_set.targets.get(target.name)
        self.no_target_why = NO_TARGET_WHY
        if known is not None and known.url == target.url:
            return target.name
        if plan.origins.get("url") == DEMO_ORIGIN:
            return target.name
        if plan.origins.get("url", "").startswith(("-", "PERFTUI_")):
            self._address = target
            return target.url
        # Asked by a name that means something else here, or nothing: what guards it is not known either.
        self.no_target_why = (
            f"target {target.name} ({mask_secrets(target.url)}) of that run is not known here: choose one"
        )
        return None

    def _list(self, selector: str) -> Choices:
        return self.query_one(selector, Choices)
