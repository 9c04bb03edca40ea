"""The last line: the keys that work now, the screen's own first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from textual.app import App
from textual.binding import ActiveBinding, BindingsMap
from textual.dom import DOMNode
from textual.screen import Screen

from perftui.tui.renderables.line import Line, Piece, spread, width_of
from perftui.tui.widgets.strips import StripWidget


@cache
def _declared(node: type[DOMNode]) -> dict[str, int]:
    """The place of each binding by its id. What a class makes of a key of its base stands where that stood."""
    # Textual's own merging, before any settings: a name that is private in Textual 8.2.
    merged = node._merged_bindings or BindingsMap()
    ids = dict.fromkeys(each.id or "" for of_key in merged.key_to_bindings.values() for each in of_key)
    return {each: place for place, each in enumerate(ids)}


class KeyBar(StripWidget):
    """Reads the bindings themselves. What does not fit is left out: ? lists it."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def lines(self, width: int, height: int) -> Sequence[Line]:
        own: list[list[Piece]] = []
        of_widgets: list[list[Piece]] = []
        of_app: list[list[Piece]] = []
        said: set[tuple[type[object], str]] = set()
        for active in self._in_order():
            binding = active.binding
            # Two that are named alike in two places are two things.
            deed = (type(active.node), binding.action)
            if not binding.show or not binding.description or not active.enabled or deed in said:
                continue
            said.add(deed)
            key = Piece(self.app.get_key_display(binding), "key")
            entry = [Piece(" "), key, Piece(f" {binding.description} ", "muted")]
            place = of_app if isinstance(active.node, App) else own if isinstance(active.node, Screen) else of_widgets
            place.append(entry)
        end = [piece for entry in of_app for piece in entry]
        # A cell between the two, or the last entry would be cut.
        room = width - width_of(end) - 1
        start: list[Piece] = []
        for entry in own + of_widgets:
            if width_of(start) + width_of(entry) > room:
                break
            start += entry
        return [Line(spread(start, end, width))]

    def _in_order(self) -> list[ActiveBinding]:
        """As they are declared: Textual puts one that got another key behind all others."""
        by_node: dict[DOMNode, list[ActiveBinding]] = {}
        for active in self.screen.active_bindings.values():
            by_node.setdefault(active.node, []).append(active)
        for node, bindings in by_node.items():
            places = _declared(type(node))
            bindings.sort(key=lambda each: places.get(each.binding.id or "", len(places)))
        return [active for bindings in by_node.values() for active in bindings]

    def _bindings_changed(self, _screen: Screen[object]) -> None:
        if self.is_attached and self.screen.is_current:
            self.call_after_refresh(self.redraw)
