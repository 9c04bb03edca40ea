"""The modes of the cockpit: their screens, made when they are shown for the first time, and the ways to them."""

from __future__ import annotations

import gc
import importlib
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.screen import Screen

from perftui.tui.model import CockpitModel
from perftui.tui.terminal.terminal_app import TerminalApp

if TYPE_CHECKING:
    from pathlib import Path

    from perftui.model.plan import RunPlan
    from perftui.profiles.choice import AskedNames
    from perftui.tui.screens.compare import CompareScreen
    from perftui.tui.screens.setup import SetupScreen
    from perftui.tui.services import Services
    from perftui.tui.settings import Settings

# Modules of screens, imported when they are shown: each import delays the first paint, which is why others stand where
# they are used as well.
MODES = {
    "setup": "SetupScreen",
    "live": "LiveScreen",
    "results": "ResultsScreen",
    "compare": "CompareScreen",
    "history": "HistoryScreen",
}


class ModesApp(TerminalApp, inherit_bindings=False):
    """`first` is the mode that it begins in."""

    def __init__(self, services: Services, asked: AskedNames, settings: Settings, first: str) -> None:
        # Asked for once, in Textual's own __init__. Its default is a blank screen, which is mounted, styled and painted
        # before the first one that says anything.
        vars(self)["DEFAULT_MODE"] = first
        super().__init__(settings)
        for mode in MODES:
            self.add_mode(mode, partial(self._screen_of, mode))
        self.services = services
        self.model = CockpitModel()
        self._asked = asked

    def _screen_of(self, mode: str) -> Screen[Any]:
        screen = getattr(importlib.import_module(f"perftui.tui.screens.{mode}"), MODES[mode])
        return cast("Screen[Any]", screen(self._asked) if mode == "setup" else screen())

    def action_mode(self, mode: str) -> None:
        if self.screen.is_modal:
            return
        if self.current_mode != mode:
            self.switch_mode(mode)

    def action_help(self) -> None:
        if not self.screen.is_modal:
            from perftui.tui.screens.help import Help  # Lazy: each import delays the start.

            self.push_screen(Help(self.screen))

    def action_command_palette(self) -> None:
        from perftui.tui.palette import Palette  # Lazy: each import delays the start.

        if not self.screen.is_modal:
            self.push_screen(Palette())

    async def open_run(self, folder: Path) -> None:
        """Show the results of a run of the library. Raises PerftuiError."""
        from perftui.tui.following.recall import Recall

        recall = Recall(self.services, folder)
        try:
            self.model.open(await recall.ending())
        finally:
            recall.close()
        self.action_mode("results")

    def compare_runs(self, old: Path, new: Path) -> None:
        """Show what changed from the run in `old` to the one in `new`."""
        self.action_mode("compare")
        if self.current_mode == "compare":
            cast("CompareScreen", self.screen_stack[0]).compare(old, new)

    def replay(self, folder: Path) -> None:
        """Show a finished run as it went. A run that is watched goes on being watched."""
        from perftui.tui.screens.replay import ReplayScreen  # Lazy: few look at one, and each import delays the start.

        self.action_mode("history")
        self.push_screen(ReplayScreen(folder))

    def set_up_again(self, plan: RunPlan) -> None:
        self.action_mode("setup")
        if self.current_mode == "setup":
            cast("SetupScreen", self.screen_stack[0]).choose(plan)

    def choose(self, *, profile: str | None = None, target: str | None = None, scenario: str | None = None) -> None:
        """As if somebody had chosen them in Setup."""
        self.action_mode("setup")
        if self.current_mode == "setup":
            setup = cast("SetupScreen", self.screen_stack[0])
            self.call_after_refresh(setup.choose_named, profile=profile, target=target, scenario=scenario)


def after_first_paint() -> None:
    """What the first paint does not wait for: the other screens, and the collector that was held back for it."""
    gc.freeze()
    gc.enable()
    threading.Thread(target=_import_the_rest, name="perftui-imports", daemon=True).start()


def _import_the_rest() -> None:
    """On a thread, between keys: a mode that is shown for the first time is there at once."""
    for name in ("plotext", *(f"perftui.tui.screens.{mode}" for mode in MODES)):
        importlib.import_module(name)
