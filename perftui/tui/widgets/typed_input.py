"""A line to type into."""

from __future__ import annotations

from textual import events
from textual.binding import Binding
from textual.widgets import Input

_KEYS = frozenset(binding.key for binding in Binding.make_bindings(Input.BINDINGS))


class TypedInput(Input):
    """Does what keys say in the order in which they were pressed.

    Textual hands a letter to the field at once, and a backspace first to all that is around it: of keys that arrive
    together, as they do over a slow line, the letter behind a backspace would be what it takes away.
    """

    async def _on_key(self, event: events.Key) -> None:
        # What a kind of field makes of a key goes before what all of them make of it.
        bound = self._bindings.key_to_bindings.get(event.key) if event.key in _KEYS else None
        if not bound:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        await self.run_action(bound[0].action)
