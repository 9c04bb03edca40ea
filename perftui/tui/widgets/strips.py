"""The base of what is drawn line by line: it sends the terminal only lines that changed.

Textual redraws a whole widget when anything in it changes, and does not compare cells; over SSH bytes are what
a live view costs. So a widget here keeps its lines, and marks one region per changed line. That is also why
it draws its own frame: Textual's border titles cannot change without redrawing the widget.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from perftui.tui.renderables.frame import framed
from perftui.tui.renderables.line import Line, Piece, cut

if TYPE_CHECKING:
    from perftui.tui.settings import Marker
    from perftui.tui.terminal.terminal_app import TerminalApp

ROLES = (
    "accent",
    "bad",
    "baseline",
    "brush",
    "cursor",
    "frame",
    "good",
    "hatch",
    "heading",
    "heat0",
    "heat1",
    "heat2",
    "heat3",
    "heat4",
    "key",
    "level",
    "muted",
    "note",
    "p50",
    "p75",
    "p90",
    "p95",
    "p99",
    "p99_9",
    "plan",
    "rps",
    "strong",
    "tab",
    "users",
    "warn",
)


class StripWidget(Widget):
    """Draws `lines()`, in a frame where `is_framed`. Call `redraw()` after what they depend on has changed."""

    ALLOW_SELECT = False

    is_framed = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = []
        self._strips: list[Strip] = []
        self._styles_by_role: dict[str, Style] = {}

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """At most `height` lines of at most `width` cells: the inside of the frame where there is one."""
        raise NotImplementedError

    def title(self) -> Sequence[Piece]:
        return ()

    def subtitle(self) -> Sequence[Piece]:
        """Asked for after `lines`."""
        return ()

    @property
    def inside_height(self) -> int:
        return max(0, self.size.height - (2 if self.is_framed else 0))

    @property
    def chart_marker(self) -> Marker:
        return cast("TerminalApp", self.app).settings.chart_marker if self.is_attached else "braille"

    def redraw(self) -> None:
        """Build the lines again and mark those that changed."""
        width, height = self.size
        if not width or not height:
            return
        lines = self._all_lines(width, height)
        changed = [y for y in range(height) if y >= len(self._lines) or self._lines[y] != lines[y]]
        if len(self._strips) != height:
            self._strips = [Strip.blank(width)] * height
        for y in changed:
            self._strips[y] = self._strip(lines[y], width)
        self._lines = lines
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        if len(self._strips) != self.size.height:
            self.redraw()
        if y < len(self._strips):
            return self._strips[y]
        return Strip.blank(self.size.width, self.rich_style)

    def on_resize(self) -> None:
        self._forget()

    def on_focus(self) -> None:
        self._forget()

    def on_blur(self) -> None:
        self._forget()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles_by_role.clear()
        self._lines = []
        self._strips = []

    def _forget(self) -> None:
        self._styles_by_role.clear()
        self._lines = []
        self.redraw()

    def _all_lines(self, width: int, height: int) -> list[Line]:
        if self.is_framed:
            inside = list(self.lines(max(0, width - 4), max(0, height - 2)))
            role = "accent" if self.has_focus else "frame"
            lines = framed(inside, width, height, title=self.title(), subtitle=self.subtitle(), role=role)
        else:
            lines = list(self.lines(width, height))[:height]
        return lines + [Line()] * (height - len(lines))

    def _strip(self, line: Line, width: int) -> Strip:
        plain = self._style("")
        under = plain + self._style(line.under) if line.under else plain
        pieces = cut(line.pieces, width)
        segments = []
        for place, piece in enumerate(pieces):
            is_side = line.is_framed and place in (0, len(pieces) - 1)
            below = plain if is_side else under
            segments.append(Segment(piece.text, below + self._style(piece.role) if piece.role else below))
        return Strip(segments).adjust_cell_length(width, plain)

    def _style(self, role: str) -> Style:
        style = self._styles_by_role.get(role)
        if style is None:
            style = self._role_style(role) if role else self.rich_style
            self._styles_by_role[role] = style
        return style

    def _role_style(self, role: str) -> Style:
        """The component's style as colours that a terminal has: what is translucent is mixed with what is below."""
        # The app's: Textual works them out anew for each widget that has some, whenever a class changes anywhere.
        styles = self.app.get_component_styles(f"role--{role}")
        below = self.background_colors[1]
        result = Style.from_meta({}) + styles.text_style
        if styles.has_rule("background"):
            below += styles.background
            result += Style(bgcolor=below.rich_color)
        if styles.has_rule("color"):
            color = styles.color
            if color.ansi is not None:
                # The terminal's own colours cannot be mixed.
                return result + Style(color=color.rich_color, dim=True if color.a < 1 else None)
            result += Style(color=(below + color).rich_color)
        return result
