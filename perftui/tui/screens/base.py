"""What the modes share: the header, the footer, one pump, and the placard of a terminal too small."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static

from perftui.tui.model import CockpitModel
from perftui.tui.screens.leaving import Leaving
from perftui.tui.widgets.key_bar import KeyBar
from perftui.tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from perftui.tui.app import PerftuiApp

BEAT_S = 1.0
# Below this nothing useful fits.
MIN_COLUMNS, MIN_ROWS = 60, 16
# Below these a screen leaves out what is nice to have: it has the classes -slim and -brief.
_SLIM_COLUMNS, _BRIEF_ROWS = 80, 20


class Placard(Static):
    def __init__(self) -> None:
        needed = f"perftui needs {MIN_COLUMNS} columns and {MIN_ROWS} rows."
        super().__init__(f"{needed}\nMake the terminal larger, or press q.", markup=False)


class CockpitScreen(Leaving[None], inherit_bindings=False):
    """A mode. `show` draws what changed; it is called by the pump once a second, and at once for what matters."""

    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = "../styles/cockpit.tcss"
    # Textual declares these two for instances: a ClassVar would not override them.
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (MIN_COLUMNS, "-narrow"), (100, "-normal"), (160, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (MIN_ROWS, "-low"), (24, "-short"), (30, "-tall"), (45, "-high")]  # noqa: RUF012
    mode: str = ""

    def __init__(self) -> None:
        super().__init__()
        self._drawn: object = None
        self._last_focused: Widget | None = None
        self._was_shown = False

    def body(self) -> Iterable[Widget]:
        raise NotImplementedError

    def show(self, model: CockpitModel) -> None:
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        # Known before the first layout: with Textual's own, which come after it, everything is styled and placed twice.
        self._fit(self.app.size)
        yield TopBar(self.mode)
        yield from self.body()
        yield KeyBar()
        yield Placard()

    def on_mount(self) -> None:
        self.set_interval(BEAT_S, self._beat)
        self.call_after_refresh(self.pump, force=True)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self._last_focused = event.widget

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size)
        self.call_after_refresh(self._focus_again)

    def _fit(self, size: Size) -> None:
        """The classes that say how much room there is."""
        classes = {"-slim": size.width < _SLIM_COLUMNS, "-brief": size.height < _BRIEF_ROWS}
        for length, breakpoints in (
            (size.width, self.HORIZONTAL_BREAKPOINTS),
            (size.height, self.VERTICAL_BREAKPOINTS),
        ):
            fitting = max(least for least, _ in breakpoints if least <= length)
            classes |= {name: least == fitting for least, name in breakpoints}
        self.update_classes(classes, animate=False)

    def _compositor_refresh(self) -> None:
        # In a batch Textual renders everything and shows none of it; who ends the batch has it painted.
        if not self.app._batch_count:
            super()._compositor_refresh()

    def _focus_again(self) -> None:
        """The placard hides all else, and what is hidden loses the focus: it comes back with the rest."""
        is_hidden = self.has_class("-tiny") or self.has_class("-flat")
        if self.focused is None and self._last_focused is not None and not is_hidden:
            self.set_focus(self._last_focused)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        if not self._was_shown:
            # Everything was styled a moment ago, when it was mounted.
            event.refresh_styles, self._was_shown = False, True
        self.pump(force=True)
        self.query_one(KeyBar).redraw()

    def _beat(self) -> None:
        # The timers of the other modes run on.
        if self.is_current and self.cockpit.beat():
            self.pump()

    def pump(self, *, force: bool = False) -> None:
        """Draw what changed since the last time, if anybody sees it and the terminal keeps up."""
        if not (self.is_current and self.is_mounted) or (self.cockpit.is_behind and not force):
            return
        model = self.model
        # The age of a silent connection is on the screen too, and changes without the model.
        version = (model.version, model.stale_s, self.cockpit.rhythm.every_s)
        if version == self._drawn and not force:
            return
        self._drawn = version
        with self.app.batch_update():
            self.show(model)

    @property
    def model(self) -> CockpitModel:
        """What this screen shows: the app's, but for a replay, which has one of its own."""
        return self.cockpit.model

    @property
    def cockpit(self) -> PerftuiApp:
        return cast("PerftuiApp", self.app)

    def on_top_bar_chosen(self, event: TopBar.Chosen) -> None:
        self.cockpit.action_mode(event.mode)
