"""What an app on a terminal is before it shows anything: how it is painted, looks, speaks and crashes."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any, ClassVar

from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.screen import Screen

from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.tui.crash import write_crash_report
from perftui.tui.settings import Settings
from perftui.tui.terminal.driver import CockpitDriver
from perftui.tui.terminal.kept_stylesheet import KeptStylesheet
from perftui.tui.terminal.rhythm import Rhythm
from perftui.tui.theme import PERFTUI_THEMES
from perftui.tui.widgets.strips import ROLES

_SLOW_S = 2
_STYLES = Path(__file__).parents[1] / "styles"
# No XML may hold them; what was pasted into a field may.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
# Rich's pictures name fonts of a server in the world outside.
_FONT_FACES = re.compile(r"@font-face\s*\{.*?\}", re.DOTALL)


class TerminalApp(App[None], inherit_bindings=False):
    TITLE = "perftui"
    # What only one screen needs comes with that screen.
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = _STYLES / "cockpit.tcss"
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"role--{role}" for role in ROLES}

    def __init__(self, settings: Settings) -> None:
        # Textual takes NO_COLOR for greys; the terminal's own two colours are what it means.
        no_color = bool(os.environ.get("NO_COLOR"))
        super().__init__(driver_class=CockpitDriver, ansi_color=no_color or None)
        self.stylesheet = KeptStylesheet(variables=self.get_css_variables())
        self.settings = settings
        self.rhythm = Rhythm(_SLOW_S if settings.is_slow else 1)
        self.farewell: list[str] = []
        """Lines for the shell once the screen is given back."""
        self.crash_report: Path | None = None
        self._has_color = not no_color
        for each in PERFTUI_THEMES:
            self.register_theme(each)
        self.theme = "ansi-dark" if no_color else settings.theme
        if settings.keys:
            from perftui.tui.keymap import checked_keymap  # Lazy: it imports every screen.

            self.set_keymap(checked_keymap(settings))

    # --- painting --------------------------------------------------------------------------------------------

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Textual would write the whole of each changed line, as fast as it can."""
        driver = self._driver
        if not isinstance(driver, CockpitDriver) or not isinstance(renderable, LayoutUpdate | ChopsUpdate):
            super()._display(screen, renderable)
        elif self._running and not self._closed and not self._batch_count:
            cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
            driver.show(renderable, (cursor.x, cursor.y), syncs=self._sync_available)

    @property
    def is_behind(self) -> bool:
        """The terminal has not got all of the screen yet."""
        return isinstance(self._driver, CockpitDriver) and self._driver.is_behind

    def beat(self) -> bool:
        """Called once a second. Whether a frame is due, and the line has room for it."""
        queued_s = self._driver.pace.queued_s if isinstance(self._driver, CockpitDriver) else 0.0
        return self.rhythm.beat(is_behind=self.is_behind, queued_s=queued_s)

    def on_resize(self, event: events.Resize) -> None:
        # Sizes may have come and gone between: a terminal that was small meanwhile has lost what it showed.
        if isinstance(self._driver, CockpitDriver) and self._driver.mirror.size == event.size:
            self._driver.redraw()

    def action_redraw(self) -> None:
        """For a screen that something else wrote on."""
        if isinstance(self._driver, CockpitDriver):
            self._driver.redraw()

    def put_on(self, theme: str) -> None:
        """Wear `theme` for now; the settings file says which one it begins with."""
        if self._has_color:
            self.theme = theme
        else:
            self.say("NO_COLOR is set: there is one theme without colours", is_error=True)

    def action_save_screen(self) -> None:
        """A picture of the screen in the current folder; what is there already stays."""
        picture = _CONTROLS.sub("", _FONT_FACES.sub("", self.export_screenshot(title=self.TITLE)))
        stem = f"perftui-{datetime.now(UTC):%Y%m%dT%H%M%S}"
        for number in range(1, 100):
            path = Path(f"{stem}.svg" if number == 1 else f"{stem}-{number}.svg")
            try:
                with path.open("x", encoding="utf-8", errors="replace") as file:
                    file.write(picture)
            except FileExistsError:
                continue
            except OSError as error:
                self.say(f"the screen was not saved: {error.strerror or error}", is_error=True)
            else:
                self.say(f"saved: {path.resolve()}")
            return

    # --- speaking --------------------------------------------------------------------------------------------

    def say(self, text: str, *, is_error: bool = False) -> None:
        """The one way to a toast: cleaned, and never read as markup."""
        self.notify(clean(text), severity="error" if is_error else "information", timeout=5, markup=False)

    def fail(self, error: PerftuiError) -> None:
        self.say(str(error), is_error=True)

    def _handle_exception(self, error: Exception) -> None:
        # Once the app leaves, what still mounts finds nothing of what it needs: nobody sees it any more.
        if not self._exit:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Textual would print the traceback with all local variables, and a header with a token is one."""
        # What follows from the first one is not worth a report, and has no room for one in the same second.
        self.crash_report = self.crash_report or write_crash_report(self._exception)
        self._close_messages_no_wait()
