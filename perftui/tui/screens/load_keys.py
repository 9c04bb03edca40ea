"""The keys that change the running load, for the screen that watches it."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from perftui.model.control import Order
from perftui.model.run_state import RunState
from perftui.model.snapshot import Snapshot
from perftui.tui.following.load_orders import Level
from perftui.tui.renderables.line import wrapped
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.screens.leaving import Dialog
from perftui.tui.texts.load_text import asked_text, order_of
from perftui.tui.widgets.text_form import TextForm

LOAD_BINDINGS: list[BindingType] = [
    Binding(
        "greater_than_sign",
        "load_level(1)",
        "More",
        show=False,
        key_display=">",
        tooltip="A tenth more users; of an arrival rate: a tenth more of it",
        id="load.more",
    ),
    Binding(
        "less_than_sign",
        "load_level(-1)",
        "Fewer",
        show=False,
        key_display="<",
        tooltip="A tenth fewer users; of an arrival rate: a tenth less of it",
        id="load.fewer",
    ),
    Binding(
        "full_stop",
        "spawn_rate(1)",
        "Spawn faster",
        show=False,
        key_display=".",
        tooltip="A tenth more of the spawn rate",
        id="load.faster",
    ),
    Binding(
        "comma",
        "spawn_rate(-1)",
        "Spawn slower",
        show=False,
        key_display=",",
        tooltip="A tenth less of the spawn rate",
        id="load.slower",
    ),
    # With priority: what is typed behind it in one burst is a number, and would otherwise be keys of the screen.
    Binding("u", "ask_load", "Load", tooltip="Type users, spawn rate or rate", priority=True, id="load.ask"),
    Binding("P", "pause_load", "Pause", tooltip="Pause the load, with the run's clock; again: go on", id="load.pause"),
    Binding(
        "b", "hand_back", "Hand back", show=False, tooltip="Let the profile drive the load again", id="load.hand_back"
    ),
]
_ACTIONS = frozenset({"load_level", "spawn_rate", "ask_load", "pause_load", "hand_back"})


class LoadDialog(Dialog[Order | None]):
    """An order in words, such as users=200 spawn_rate=10; None where nothing shall change."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Leave it", id="load.leave")]  # noqa: RUF012 - as Textual's

    def __init__(self, now: str, *, is_open_model: bool) -> None:
        super().__init__()
        self._now, self._is_open_model = now, is_open_model

    def compose(self) -> ComposeResult:
        placeholder = "rate=300/s" if self._is_open_model else "users=200 spawn_rate=10"
        yield TextForm("Change the load", "enter asks for it · esc leaves it", placeholder=placeholder, max_length=80)

    def on_mount(self) -> None:
        now = f" Now: {self._now}." if self._now else ""
        what = "A rate, such as 300/s." if self._is_open_model else "Users, such as 200; or users=200 spawn_rate=10."
        self.query_one(TextForm).ask(lambda width: wrapped(f"{what}{now} All who watch see who changed it.", width))

    def on_key(self, event: events.Key) -> None:
        """What comes in one burst with the key that opened this is text already."""
        field = self.query_one(Input)
        if self.focused is not field and event.is_printable and event.character:
            event.stop()
            field.insert_text_at_cursor(event.character)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            order = order_of(event.value, is_open_model=self._is_open_model)
        except ValueError as error:
            self.query_one(TextForm).refuse(str(error))
        else:
            self.dismiss(order)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.query_one(TextForm).refuse("")


class LoadKeys(CockpitScreen):
    """For the screen of the run that goes on, with LOAD_BINDINGS among its own."""

    def action_load_level(self, direction: int) -> None:
        self.cockpit.orders.step(self._level, direction)

    def action_spawn_rate(self, direction: int) -> None:
        self.cockpit.orders.step("spawn_rate", direction)

    def action_ask_load(self) -> None:
        snapshot = self.model.snapshot
        if snapshot is not None:
            is_open_model = self._level == "rate_per_s"
            self.app.push_screen(LoadDialog(asked_text(snapshot), is_open_model=is_open_model), self._asked)

    def action_pause_load(self) -> None:
        self.cockpit.orders.give(Order("resume" if is_load_paused(self.model.snapshot) else "pause"))

    def action_hand_back(self) -> None:
        self.cockpit.orders.give(Order("hand_back"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _ACTIONS:
            return self._can(action)
        return super().check_action(action, parameters)

    def _can(self, action: str) -> bool:
        snapshot = self.model.snapshot
        if not self.model.is_live or self.model.replay is not None or isinstance(self.app.focused, Input):
            return False
        if snapshot is None or snapshot.state not in (RunState.RAMPING, RunState.RUNNING):
            return False
        if action == "hand_back":
            return snapshot.control is not None and snapshot.control.follows == "hand"
        return action != "spawn_rate" or self._level == "users"

    @property
    def _level(self) -> Level:
        """What this load has that grows and shrinks."""
        control = self.model.snapshot.control if self.model.snapshot else None
        return "rate_per_s" if control is not None and control.rate_per_s is not None else "users"

    def _asked(self, order: Order | None) -> None:
        if order is not None:
            self.cockpit.orders.give(order)
        self.cockpit.typing_ended()


def is_load_paused(snapshot: Snapshot | None) -> bool:
    return snapshot is not None and snapshot.control is not None and snapshot.control.is_paused
