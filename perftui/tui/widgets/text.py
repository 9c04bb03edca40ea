"""Lines of text: one line with two ends, a block of a few, and a pane that scrolls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size

from perftui.tui.renderables.line import Line, Piece, spread
from perftui.tui.widgets.strips import StripWidget


class Bar(StripWidget):
    """One line: `start` at the left, `end` at the right."""

    def __init__(self, *, id: str | None = None, under: str = "") -> None:
        super().__init__(id=id)
        self._start: tuple[Piece, ...] = ()
        self._end: tuple[Piece, ...] = ()
        self._under = under

    def show(self, start: Sequence[Piece], end: Sequence[Piece] = ()) -> None:
        self._start, self._end = tuple(start), tuple(end)
        self.redraw()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        return [Line(spread(self._start, self._end, width), self._under)]


class Block(StripWidget):
    """A few lines, built for the width at hand; as high as they are where the style says `height: auto`."""

    def __init__(self, title: str = "", *, id: str | None = None, is_framed: bool = True, rest: str = "") -> None:
        """`rest` says in the lower edge where all of it stands, when it is cut."""
        super().__init__(id=id)
        self._rest = rest
        self._count = 0
        self.is_framed = is_framed
        self._title: tuple[Piece, ...] = (Piece(title, "heading"),) if title else ()
        self._subtitle: tuple[Piece, ...] = ()
        self._build: Callable[[int], Sequence[Line]] = lambda _width: ()

    def show(
        self,
        build: Callable[[int], Sequence[Line]],
        *,
        title: Sequence[Piece] | None = None,
        subtitle: Sequence[Piece] = (),
    ) -> None:
        """`build` makes the lines for a width in cells."""
        self._build = build
        self._subtitle = tuple(subtitle)
        if title is not None:
            self._title = tuple(title)
        if self.styles.is_auto_height and self._wanted_height(self.size.width) != self.size.height:
            self.refresh(layout=True)
        self.redraw()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        lines = self._build(width)
        self._count = len(lines)
        return lines[:height]

    def title(self) -> Sequence[Piece]:
        return self._title

    def subtitle(self) -> Sequence[Piece]:
        height = self.inside_height
        if self._rest and self._count > height:
            return (Piece(f"1–{height} of {self._count} · {self._rest}", "muted"),)
        return self._subtitle

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._wanted_height(width)

    def _wanted_height(self, width: int) -> int:
        frame = (4, 2) if self.is_framed else (0, 0)
        return len(self._build(max(0, width - frame[0]))) + frame[1]


class ScrollPane(StripWidget, can_focus=True):
    """Lines that may be more than fit. With `follows` it stays at the end until it is scrolled up."""

    is_framed = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_by(1)", "Down", show=False, id="text.down"),
        Binding("up,k", "scroll_by(-1)", "Up", show=False, id="text.up"),
        Binding("pagedown,ctrl+f", "scroll_pages(1)", "Page down", show=False, id="text.page_down"),
        Binding("pageup,ctrl+b", "scroll_pages(-1)", "Page up", show=False, id="text.page_up"),
        Binding("home,g", "scroll_to_start", "First line", show=False, id="text.first"),
        Binding("end,G", "scroll_to_last", "Last line", show=False, id="text.last"),
    ]

    def __init__(self, *, id: str | None = None, follows: bool = False, empty: str = "") -> None:
        super().__init__(id=id)
        self._build: Callable[[int], Sequence[Line]] = lambda _width: ()
        self._empty = empty
        self._follows = follows
        self._at_end = follows
        self._top = 0
        self._count = 0
        self.heading: Sequence[Piece] = ()

    def show(self, build: Callable[[int], Sequence[Line]]) -> None:
        """`build` makes the lines for a width in cells."""
        self._build = build
        self.redraw()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        lines = self._build(width)
        top = self.place_among(len(lines), height)
        if not lines and self._empty:
            return [Line((Piece(self._empty, "muted"),))]
        return lines[top : top + height]

    def follow(self, follows: bool) -> None:
        """Whether new lines are followed from now on; lines that are all there are read from the first."""
        if follows != self._follows:
            self._follows = self._at_end = follows
            self._top = 0

    def place_among(self, count: int, height: int) -> int:
        """The first line to be shown where there are `count`."""
        self._count = count
        last = max(0, count - height)
        self._top = last if self._at_end else min(self._top, last)
        return self._top

    def title(self) -> Sequence[Piece]:
        return self.heading

    def subtitle(self) -> Sequence[Piece]:
        height = self.inside_height
        if self._count <= height:
            return ()
        text = f"{self._top + 1:,}–{min(self._count, self._top + height):,} of {self._count:,}"
        return (Piece(text + (" · following" if self._follows and self._at_end else ""), "muted"),)

    def action_scroll_by(self, lines: int) -> None:
        last = max(0, self._count - self.inside_height)
        self._top = min(max(0, self._top + lines), last)
        self._at_end = self._follows and self._top == last
        self.redraw()

    def action_scroll_pages(self, pages: int) -> None:
        self.action_scroll_by(pages * max(1, self.inside_height - 1))

    def action_scroll_to_start(self) -> None:
        self.action_scroll_by(-self._count)

    def action_scroll_to_last(self) -> None:
        self.action_scroll_by(self._count)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_scroll_by(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_scroll_by(-3)
