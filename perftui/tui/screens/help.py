"""The keys that work now, read from the bindings themselves: what they are called in the settings, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen

from perftui.tui.renderables.line import Line, Piece, line, spread, width_of, wrapped
from perftui.tui.screens.leaving import Dialog
from perftui.tui.widgets.text import ScrollPane

_HERE, _CHARTS, _FOCUSED, _EVERYWHERE = "This screen", "Charts", "Where the focus is", "Everywhere"
# Narrower than this a text is hard to read.
_LEAST_TEXT = 24


class KeyEntry(NamedTuple):
    keys: str
    text: str
    binding_id: str


class Help(Dialog[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss(None)", "Close", id="help.close", tooltip="Close")
    ]

    def __init__(self, screen: Screen[object]) -> None:
        super().__init__()
        self._groups = keys_of(screen)

    def compose(self) -> ComposeResult:
        with Container(classes="dialog tall"):
            yield ScrollPane(id="keys")

    def on_mount(self) -> None:
        pane = self.query_one(ScrollPane)
        pane.heading = (Piece("Keys", "heading"), Piece("  ↑ ↓ scroll · esc closes", "muted"))
        pane.show(self._lines)
        pane.focus()

    def _lines(self, width: int) -> Sequence[Line]:
        key_width = max((len(each.keys) for group in self._groups.values() for each in group), default=0) + 1
        lines: list[Line] = []
        for name, entries in self._groups.items():
            lines += [Line(), line((name, "heading"))] if lines else [line((name, "heading"))]
            for each in entries:
                lines += _entry_lines(each, key_width, width)
        return lines


def _entry_lines(entry: KeyEntry, key_width: int, width: int) -> list[Line]:
    """What a key is called in the settings stands behind what it does; below it where that leaves too little."""
    first = Piece(f"{entry.keys:>{key_width}}  ", "key")
    name = Piece(entry.binding_id, "muted")
    room = width - len(entry.binding_id) - 2
    if room - width_of([first]) < min(_LEAST_TEXT, len(entry.text)):
        rows = wrapped(entry.text, width, first=first)
        return [*rows, Line(spread((), (name,), width))] if entry.binding_id else rows
    rows = wrapped(entry.text, room, first=first)
    return [Line(spread(rows[0].pieces, (name,), width)), *rows[1:]]


def keys_of(screen: Screen[object]) -> dict[str, list[KeyEntry]]:
    """What is bound on `screen` now, one entry per action, by where it belongs."""
    found: dict[str, dict[str, tuple[list[str], str, str]]] = {
        name: {} for name in (_HERE, _CHARTS, _FOCUSED, _EVERYWHERE)
    }
    for active in screen.active_bindings.values():
        binding = active.binding
        text = active.tooltip or binding.tooltip or binding.description
        if not text or not active.enabled:
            continue
        if (binding.id or "").startswith("chart"):
            group = _CHARTS
        elif isinstance(active.node, App):
            group = _EVERYWHERE
        else:
            group = _HERE if isinstance(active.node, Screen) else _FOCUSED
        keys, *_ = found[group].setdefault(f"{binding.action} {text}", ([], text, binding.id or ""))
        display = screen.app.get_key_display(binding)
        if display not in keys:
            keys.append(display)
    groups = {
        name: [KeyEntry(" ".join(keys), text, binding_id) for keys, text, binding_id in entries.values()]
        for name, entries in found.items()
    }
    return {name: entries for name, entries in groups.items() if entries}
