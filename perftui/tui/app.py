"""The cockpit: it joins the model, the link and the screens, and says who may do what."""

from __future__ import annotations

import asyncio
import importlib
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.console import RenderableType
from textual.binding import Binding, BindingType
from textual.screen import Screen

from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.profiles.choice import AskedNames
from perftui.tui.modes import MODES, ModesApp, after_first_paint
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.services import RunAddress, Services
from perftui.tui.settings import Settings
from perftui.tui.terminal.hangup import Hangup

if TYPE_CHECKING:
    from textual.command import Provider

    from perftui.model.control import Order
    from perftui.model.plan import RunPlan
    from perftui.tui.following.link import Link
    from perftui.tui.following.load_orders import LoadOrders
    from perftui.tui.screens.dialogs import QuitAnswer
    from perftui.tui.screens.live import LiveScreen


def _provider(name: str) -> type[Provider]:
    """Of the palette, imported when it is opened."""
    return cast("type[Provider]", getattr(importlib.import_module("perftui.tui.palette"), name))


class PerftuiApp(ModesApp, inherit_bindings=False):
    ENABLE_COMMAND_PALETTE = True
    # Textual's own ctrl+q asks nothing, and its ctrl+c only says so.
    COMMANDS = {partial(_provider, "CockpitCommands"), partial(_provider, "RunCommands")}  # noqa: RUF012 - as Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(key, f"mode('{mode}')", mode.title(), show=False, tooltip=f"Show {mode.title()}", id=f"app.{mode}")
            for key, mode in zip("12345", MODES, strict=True)
        ),
        Binding("question_mark", "help", "Help", key_display="?", tooltip="The keys that work here", id="app.help"),
        Binding("q", "leave", "Quit", tooltip="Leave; asks while a run goes on", id="app.quit"),
        Binding("ctrl+c,ctrl+q", "leave", "Quit", show=False, tooltip="Leave; asks while a run goes on"),
        Binding("ctrl+p", "command_palette", "Commands", show=False, tooltip="Everything by name", id="app.commands"),
        Binding("ctrl+l", "redraw", "Redraw", show=False, tooltip="Draw the screen again", id="app.redraw"),
    ]

    def __init__(
        self,
        services: Services,
        asked: AskedNames | None = None,
        *,
        attach: RunAddress | None = None,
        settings: Settings | None = None,
    ) -> None:
        first = "setup" if attach is None else "live"
        super().__init__(services, asked or AskedNames(), settings or Settings(), first)
        self._attach_to = attach
        self._link: Link | None = None
        self._question: Screen[QuitAnswer | None] | None = None
        self._leave_after_run = False
        self._starting: asyncio.Task[Any] | None = None
        self._detach_once_started = False
        self._live_waits = False
        self._results_wait = False
        self._hangup = Hangup(self)

    def on_mount(self) -> None:
        if not self.is_headless:
            self._hangup.watch()
        if self._attach_to is not None:
            self.follow(self._attach_to)
        self.call_after_refresh(after_first_paint)

    def on_ready(self) -> None:
        # What was laid out while the app was made is not painted yet.
        self.screen.refresh()

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
        from perftui.tui.following.follow import follow_run
        from perftui.tui.following.link import Link

        self.model.begin(address)
        self._link = Link(address.socket)
        self._leave_after_run = False
        self._results_wait = False
        self.run_worker(follow_run(self, address, self._link), group="run", exclusive=True)
        if self._asks:
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
            from perftui.tui.texts.summary import sentences_of

            word = "Run " + clean(record.run_id)
            self.farewell = [word, *(clean(each, 400) for each in sentences_of(record))]
        if self._leave_after_run:
            self.exit()
            return
        if self.current_mode == "live":
            # Under the hands of somebody who types, the rest of a word would be commands.
            self._results_wait = cast("LiveScreen", self.screen_stack[0]).is_typing
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

    def note(self, text: str, elapsed_s: float | None = None) -> bool:
        """A note on the timeline of the run that goes on; False where it cannot be said to its conductor."""
        return self._link is not None and self._link.note(text, elapsed_s)

    @cached_property
    def orders(self) -> LoadOrders:
        """What is asked here of the load of the run that goes on."""
        from perftui.tui.following.load_orders import LoadOrders

        return LoadOrders(self, lambda work: self.run_worker(work, group="orders"))

    async def order(self, order: Order) -> str:
        """As Link.order."""
        from perftui.tui.following.link import NOT_SENT

        return NOT_SENT if self._link is None else await self._link.order(order)

    # --- keys ------------------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        if self._asks:
            return
        if self.is_starting or self.model.is_live:
            from perftui.tui.screens.dialogs import QuitDialog

            self._question = QuitDialog(is_starting=self.is_starting)
            self.push_screen(self._question, self._answered)
        else:
            self.exit()

    @property
    def _asks(self) -> bool:
        """What shall become of the run is being asked."""
        return self._question is not None and self.screen is self._question

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

    # --- the palette -----------------------------------------------------------------------------------------

    def look_at(self, folder: Path) -> None:
        """Watch the run in `folder` where it goes on, else show its results."""
        self.run_worker(self._look_at(folder), group="look", exclusive=True)

    async def _look_at(self, folder: Path) -> None:
        address = self.model.address
        if self.model.is_live and address is not None and address.folder.name == folder.name:
            self.action_mode("live")
            return
        try:
            socket = await asyncio.to_thread(self.services.library.live_socket, folder)
            if socket is None:
                await self.open_run(folder)
            else:
                self.follow(RunAddress(folder, socket))
        except PerftuiError as error:
            self.fail(error)

    # --- the edges -------------------------------------------------------------------------------------------

    def _fatal_error(self) -> None:
        self._cancel_start()
        super()._fatal_error()
