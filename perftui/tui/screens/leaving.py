"""Screens that stand over others, and go once."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, Screen

T = TypeVar("T")


class Leaving(Screen[T]):
    """Of keys that come in one burst the first takes the screen away, and the next still reaches it: without this it
    would take away the one below.
    """

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        is_on_top = self.app.screen_stack[-1] is self
        return super().dismiss(result) if is_on_top else AwaitComplete()


# Textual looks for styles along the first of the bases only.
class Dialog(ModalScreen[T], Leaving[T]):
    """A question, or what is looked at for a moment."""
