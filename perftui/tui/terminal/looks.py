"""How a cell looks, as the escape codes that a terminal of so many colours needs for it."""

from __future__ import annotations

from typing import NamedTuple

from rich.color import ColorSystem
from rich.style import Style

# Themes have some dozens, a heat map some hundreds.
MAX_KNOWN_STYLES = 4_096
_ATTRIBUTES = (
    ("bold", "1"),
    ("dim", "2"),
    ("italic", "3"),
    ("underline", "4"),
    ("blink", "5"),
    ("reverse", "7"),
    ("conceal", "8"),
    ("strike", "9"),
    ("underline2", "21"),
    ("overline", "53"),
)
# A blank with one of these is seen.
_MARKS_BLANKS = frozenset(("4", "7", "9", "21", "53"))


class Look(NamedTuple):
    """Codes for a select-graphic-rendition sequence; the colours are "" for the terminal's own."""

    attributes: tuple[str, ...] = ()
    foreground: str = ""
    background: str = ""

    @property
    def marks_blanks(self) -> bool:
        return not _MARKS_BLANKS.isdisjoint(self.attributes)

    def after(self, before: Look | None) -> str:
        """The shortest sequence that leads here from `before`; None is a state that nobody knows."""
        if self == before:
            return ""
        if before is None or self.attributes != before.attributes:
            codes = ["0" if self.attributes else "", *self.attributes, self.foreground, self.background]
            # An empty sequence is a reset; with colours alone behind it the reset has to be said.
            if not self.attributes and (self.foreground or self.background):
                codes[0] = "0"
        else:
            codes = []
            if self.foreground != before.foreground:
                codes.append(self.foreground or "39")
            if self.background != before.background:
                codes.append(self.background or "49")
        return f"\x1b[{';'.join(filter(None, codes))}m"


PLAIN = Look()


class Looks:
    """`color_system` None is a terminal that is to show no colour at all."""

    def __init__(self, color_system: ColorSystem | None) -> None:
        self._color_system = color_system
        self._known: dict[Style, Look] = {}
        self._blank: dict[Look, Look] = {}

    def of(self, style: Style | None) -> Look:
        if style is None:
            return PLAIN
        look = self._known.get(style)
        if look is None:
            if len(self._known) >= MAX_KNOWN_STYLES:
                self._known.clear()
                self._blank.clear()
            look = self._known[style] = self._read(style)
        return look

    def of_blank(self, look: Look) -> Look:
        """What is seen of `look` where nothing is written."""
        blank = self._blank.get(look)
        if blank is None:
            blank = look if look.marks_blanks else Look(background=look.background)
            self._blank[look] = blank
        return blank

    def _read(self, style: Style) -> Look:
        attributes = tuple(code for name, code in _ATTRIBUTES if getattr(style, name))
        system = self._color_system
        if system is None:
            return Look(attributes)

        def codes(is_foreground: bool) -> str:
            color = style.color if is_foreground else style.bgcolor
            if color is None or color.is_default:
                return ""
            return ";".join(color.downgrade(system).get_ansi_codes(foreground=is_foreground))

        return Look(attributes, codes(True), codes(False))
