"""A frame around what is asked, and the line to type the answer into."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content

from perftui.model.text import clean
from perftui.tui.renderables.line import Line, Piece, wrapped
from perftui.tui.widgets.text import Block
from perftui.tui.widgets.typed_input import TypedInput


class TextForm(Container):
    """`hint` says in the lower edge what the keys do. What is refused stands below the line, and loses nothing of it.

    The frame is the style's: one that is drawn line by line has no place for a widget.
    """

    def __init__(self, title: str, hint: str, *, text: str = "", placeholder: str = "", max_length: int) -> None:
        super().__init__(classes="dialog form")
        self.border_title, self.border_subtitle = Content(clean(title)), Content(clean(hint))
        self._text, self._placeholder, self._max_length = text, placeholder, max_length

    def compose(self) -> ComposeResult:
        yield Block(id="question", is_framed=False)
        yield TypedInput(self._text, placeholder=self._placeholder, max_length=self._max_length, compact=True)
        yield Block(id="refusal", is_framed=False)

    def on_mount(self) -> None:
        self.field.focus()

    @property
    def field(self) -> TypedInput:
        return self.query_one(TypedInput)

    def ask(self, build: Callable[[int], Sequence[Line]]) -> None:
        """`build` makes what stands above the line, for a width in cells."""
        self.query_one("#question", Block).show(build)

    def refuse(self, why: str) -> None:
        """Say why the answer is none; "" for nothing to say."""
        said = clean(why, 400)
        self.query_one("#refusal", Block).show(
            lambda width: wrapped(said, width, "bad", first=Piece("✗ ", "bad")) if said else []
        )
