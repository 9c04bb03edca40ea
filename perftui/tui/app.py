"""The cockpit: it joins the model, the link and the screens, and says who may do what."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.console import RenderableType
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan
from perftui.model.text import clean
from perftui.profiles.choice import AskedNames
from perftui.tui import theme
from perftui.tui.crash import write_crash_report
from perftui.tui.driver import CockpitDriver
from perftui.tui.follow import follow_run
from perftui.tui.hangup import Hangup
from perftui.tui.link import Link
from perftui.tui.model import CockpitModel
from perftui.tui.recall import Recall
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.screens.compare import CompareScreen
from perftui.tui.screens.dialogs import Help, QuitAnswer, QuitDialog
from perftui.tui.screens.history import HistoryScreen
from perftui.tui.screens.live import LiveScreen
from perftui.tui.screens.results import ResultsScreen
from perftui.tui.screens.setup import SetupScreen
from perftui.tui.services import RunAddress, Services
from perftui.tui.summary import sentences_of


class PerftuiApp(App[None], inherit_bindings=False):
    TITLE = "perftui"
    ENABLE_COMMAND_PALETTE = True
    # Textual's own ctrl+q asks nothing, and its ctrl+c only says so.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "mode('setup')", "Setup", show=False),
        Binding("2", "mode('live')", "Live", show=False),
        Binding("3", "mode('results')", "Results", show=False),
        Binding("4", "mode('compare')", "Compare", show=False),
        Binding("5", "mode('history')", "History", show=False),
        Binding("question_mark", "help", "Help", key_display="?", tooltip="The keys that work here"),
        Binding("q", "leave", "Quit", tooltip="Leave; asks while a run goes on"),
        Binding("ctrl+c,ctrl+q", "leave", "Quit", show=False, tooltip="Leave; asks while a run goes on"),
        Binding("ctrl+p", "command_palette", "Commands", show=False, tooltip="Everything by name"),
    ]

    def __init__(
        self,
        services: Services,
        asked: AskedNames | None = None,
        *,
        attach: RunAddress | None = None,
    ) -> None:
        # Textual takes NO_COLOR for greys; the terminal's own two colours are what it means.
        no_color = bool(os.environ.get("NO_COLOR"))
        super().__init__(driver_class=CockpitDriver, ansi_color=no_color or None)
        self.services = services
        self.model = CockpitModel()
        self.farewell: list[str] = []
        """Lines for the shell once the screen is given back."""
        self.crash_report: Path | None = None
        self._asked = asked or AskedNames()
        self._attach_to = attach
        self._link: Link | None = None
        self._leave_after_run = False
        self._starting: asyncio.Task[Any] | None = None
        self._detach_once_started = False
        self._live_waits = False
        self._results_wait = False
        self._hangup = Hangup(self)
        self.register_theme(theme.DARK)
        self.register_theme(theme.LIGHT)
        self.theme = "ansi-dark" if no_color else theme.DARK.name

    def on_mount(self) -> None:
        self.add_mode("setup", partial(SetupScreen, self._asked))
        self.add_mode("live", LiveScreen)
        self.add_mode("results", ResultsScreen)
        self.add_mode("compare", CompareScreen)
        self.add_mode("history", HistoryScreen)
        if not self.is_headless:
            self._hangup.watch()
        if self._attach_to is not None:
            self.follow(self._attach_to)
        else:
            self.switch_mode("setup")
        self.call_after_refresh(_after_first_paint)

    # --- the run ---------------------------------------------------------------------------------------------

    @property
    def is_starting(self) -> bool:
        """A run was asked for, and its conductor has not answered yet."""
        return self._starting is not None

    async def start(self, plan: RunPlan) -> None:
        """Start a run and look at it; no run goes on where this is cancelled. Raises PerftuiError."""
        # Exactly the task that gets the answer: one around it could be cancelled when the run has its go.
        self._starting = asyncio.current_task()
        self._detach_once_started = False
        try:
            address = await self.services.start(plan)
        finally:
            self._starting = None
        if self._detach_once_started:
            self._leave_running(address)
        else:
            self.follow(address)

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """As Textual's; a run that is about to start would go on unseen, and does not start."""
        self._cancel_start()
        super().exit(result, return_code, message)

    def _cancel_start(self) -> None:
        if self._starting is not None:
            self._starting.cancel()

    def follow(self, address: RunAddress) -> None:
        """Look at the run at `address`, until it is over or left."""
        self.model.begin(address)
        self._link = Link(address.socket)
        self._leave_after_run = False
        self._results_wait = False
        self.run_worker(follow_run(self, address, self._link), group="run", exclusive=True)
        if isinstance(self.screen, QuitDialog):
            # Asked while the run started, the question is about the run from now on.
            self._live_waits = True
        else:
            self.switch_mode("live")

    def run_changed(self, *, at_once: bool) -> None:
        """The model has news of the run; `at_once` where a state changed."""
        if at_once and isinstance(self.screen, CockpitScreen):
            self.screen.pump()
            self.screen.refresh_bindings()

    def run_ended(self) -> None:
        """The record is there: show it."""
        record = self.model.record
        if record is not None:
            word = "Run " + clean(record.run_id)
            self.farewell = [word, *(clean(each, 400) for each in sentences_of(record))]
        if self._leave_after_run:
            self.exit()
            return
        screen = self.screen_stack[0]
        if isinstance(screen, LiveScreen):
            # Under the hands of somebody who types, the rest of a word would be commands.
            self._results_wait = screen.is_typing
            if not self._results_wait:
                self.switch_mode("results")
        self.run_changed(at_once=True)

    def typing_ended(self) -> None:
        """A filter was closed: results that waited for it are shown."""
        if self._results_wait:
            self._results_wait = False
            self.action_mode("results")

    def stop_run(self) -> None:
        """Softly the first time: users finish what they do. The second time at once."""
        if not self.model.is_live:
            return
        now = self.model.ask_stop()
        if self._link is None or not self._link.stop(now=now):
            self.model.stop_requests -= 1
            self.say("the conductor does not answer: the run was not asked to stop", is_error=True)
        self.run_changed(at_once=True)

    def detach(self) -> None:
        if self.model.is_live and self.model.address is not None:
            self._leave_running(self.model.address)

    def _leave_running(self, address: RunAddress) -> None:
        run_id = clean(address.folder.name)
        self.farewell = [f"The run goes on. Watch it again: perftui attach {run_id}"]
        self.exit()

    async def open_run(self, folder: Path) -> None:
        """Show the results of a run of the library. Raises PerftuiError."""
        recall = Recall(self.services, folder)
        try:
            self.model.open(await recall.ending())
        finally:
            recall.close()
        self.action_mode("results")

    def compare_runs(self, old: Path, new: Path) -> None:
        """Show what changed from the run in `old` to the one in `new`."""
        self.action_mode("compare")
        if isinstance(self.screen, CompareScreen):
            self.screen.compare(old, new)

    def note(self, text: str, elapsed_s: float | None = None) -> bool:
        """A note on the timeline of the run that goes on; False where it cannot be said to its conductor."""
        return self._link is not None and self._link.note(text, elapsed_s)

    def set_up_again(self, plan: RunPlan) -> None:
        self.action_mode("setup")
        screen = self.screen
        if isinstance(screen, SetupScreen):
            screen.choose(plan)

    # --- keys ------------------------------------------------------------------------------------------------

    def action_mode(self, mode: str) -> None:
        if self.screen.is_modal:
            return
        if self.current_mode != mode:
            self.switch_mode(mode)

    def action_help(self) -> None:
        if not self.screen.is_modal:
            self.push_screen(Help(self.screen))

    def action_leave(self) -> None:
        if isinstance(self.screen, QuitDialog):
            return
        if self.is_starting or self.model.is_live:
            self.push_screen(QuitDialog(is_starting=self.is_starting), self._answered)
        else:
            self.exit()

    def _answered(self, answer: QuitAnswer | None) -> None:
        if self.is_starting:
            if answer == "stop":
                self.exit()
            self._detach_once_started = answer == "detach"
        elif answer == "detach":
            self.detach()
        elif answer == "stop":
            self._leave_after_run = True
            self.stop_run()
        elif self._live_waits:
            self.switch_mode("live")
        self._live_waits = False

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Only text of our own: titles in the palette are read as markup."""
        yield SystemCommand("Setup", "Choose what to run", partial(self.action_mode, "setup"))
        yield SystemCommand("Live", "The run that goes on", partial(self.action_mode, "live"))
        yield SystemCommand("Results", "What became of the run", partial(self.action_mode, "results"))
        if self.model.is_live:
            yield SystemCommand("Stop the run", "Users finish what they do", self.stop_run)
            yield SystemCommand("Detach", "Leave the cockpit; the run goes on", self.detach)
        yield SystemCommand("Theme: dark", "perftui's own", partial(setattr, self, "theme", theme.DARK.name))
        yield SystemCommand("Theme: light", "perftui's own", partial(setattr, self, "theme", theme.LIGHT.name))
        yield SystemCommand("Help", "The keys that work here", self.action_help)
        yield SystemCommand("Quit", "Asks while a run goes on", self.action_leave)

    # --- the edges -------------------------------------------------------------------------------------------

    @property
    def backlog(self) -> int:
        """Frames that the terminal has not taken yet."""
        return self._driver.backlog if isinstance(self._driver, CockpitDriver) else 0

    def say(self, text: str, *, is_error: bool = False) -> None:
        """The one way to a toast: cleaned, and never read as markup."""
        self.notify(clean(text), severity="error" if is_error else "information", timeout=5, markup=False)

    def fail(self, error: PerftuiError) -> None:
        self.say(str(error), is_error=True)

    def _fatal_error(self) -> None:
        """Textual would print the traceback with all local variables, and a header with a token is one."""
        self._cancel_start()
        self.crash_report = write_crash_report(self._exception)
        self._close_messages_no_wait()


def _after_first_paint() -> None:
    """What the first paint does not wait for: the chart library, and the collector that was held back for it."""
    importlib.import_module("plotext")
    gc.freeze()
    gc.enable()
