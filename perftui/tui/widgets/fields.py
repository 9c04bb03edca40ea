"""What may be changed of a profile before it runs: its fields, and beside the last one what is wrong with one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from perftui.model.duration import parse_duration
from perftui.profiles.keys import SETTINGS, named
from perftui.profiles.rule_values import UNTIL_STEADY

_WARM_UP = named(SETTINGS)["warm_up"].kind


class FieldSpec(NamedTuple):
    """`fault` says what is wrong with a text, or ""."""

    key: str
    label: str
    fault: Callable[[str], str]


def _users_fault(text: str) -> str:
    return "" if text.isascii() and text.isdigit() and int(text) > 0 else "a whole number from 1"


def _rate_fault(text: str) -> str:
    try:
        value = float(text)
    except ValueError:
        return "a number above 0"
    return "" if 0 < value < float("inf") else "a number above 0"


def _run_time_fault(text: str) -> str:
    try:
        return "" if parse_duration(text) > 0 else "longer than 0s"
    except ValueError:
        return "such as 90s, 5m, 1h30m"


def _warm_up_fault(text: str) -> str:
    try:
        _WARM_UP.read_text(text)
    except ValueError:
        return f"30s or {UNTIL_STEADY}"
    return ""


LOAD_FIELDS = (
    FieldSpec("users", "users", _users_fault),
    FieldSpec("spawn_rate", "spawn/s", _rate_fault),
    FieldSpec("run_time", "run time", _run_time_fault),
)
WARM_UP_FIELD = FieldSpec("warm_up", "warm-up", _warm_up_fault)


class FieldInput(Input):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Start", tooltip="Check, then start the run"),
        Binding("escape", "leave", "Leave the field"),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def action_leave(self) -> None:
        self.screen.set_focus(None)
        self.screen.focus_next()


class Field(Horizontal):
    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(id=f"field-{spec.key}")
        self.spec = spec

    def compose(self) -> ComposeResult:
        yield Static(self.spec.label, markup=False, classes="label")
        yield FieldInput(compact=True, max_length=12)

    @property
    def text(self) -> str:
        """What was typed; "" leaves the profile's own value."""
        return self.query_one(FieldInput).value.strip()

    @property
    def fault(self) -> str:
        fault = self.spec.fault(self.text) if self.text else ""
        return f"{self.spec.label}: {fault}" if fault else ""

    def own_value(self, text: str) -> None:
        """The profile's value, which shows while nothing is typed."""
        self.query_one(FieldInput).placeholder = text


class Fields(Vertical):
    class Changed(Message):
        """Something was typed."""

    class Submitted(Message):
        """Enter was pressed in a field."""

    def compose(self) -> ComposeResult:
        with Horizontal():
            for spec in LOAD_FIELDS:
                yield Field(spec)
        with Horizontal():
            yield Field(WARM_UP_FIELD)
            yield Static("", markup=False, classes="fault")

    @property
    def overrides(self) -> dict[str, str]:
        return {field.spec.key: field.text for field in self.query(Field) if field.text}

    @property
    def fault(self) -> str:
        """The first fault there is, with its field's name."""
        return next((field.fault for field in self.query(Field) if field.fault), "")

    def own_values(self, values: Mapping[str, str]) -> None:
        for field in self.query(Field):
            field.own_value(values.get(field.spec.key, ""))

    def fill(self, texts: Mapping[str, str]) -> None:
        """Type `texts` into the fields, by key; the others become empty."""
        for field in self.query(Field):
            field.query_one(FieldInput).value = texts.get(field.spec.key, "")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        for field in self.query(Field):
            field.set_class(bool(field.fault), "-faulty")
        fault = self.fault
        self.query_one(".fault", Static).update(f"✗ {fault}" if fault else "")
        self.post_message(self.Changed())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted())
