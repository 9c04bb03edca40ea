"""History: every run that is kept, and how one number went from run to run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import PurePath
from typing import ClassVar

from textual.binding import Binding, BindingType

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.store.history import RunListing
from perftui.tui.columns.run_columns import RunRow
from perftui.tui.screens.chores import Chore, on_thread
from perftui.tui.screens.questions import AskText, Confirm, baseline_refusal
from perftui.tui.screens.run_list import RunListScreen
from perftui.tui.services import RunAddress
from perftui.tui.widgets.table import Table


class HistoryScreen(RunListScreen):
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        "../styles/cockpit.tcss",
        "../styles/history.tcss",
    ]
    mode = "history"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark", id="history.mark", tooltip="Mark the run; two marked ones can be compared"),
        Binding(
            "c", "compare", "Compare", id="history.compare", tooltip="The two marked runs, or this one and its baseline"
        ),
        Binding("R", "replay", "Replay", id="history.replay", tooltip="Look at the run as it went, at 1x to 60x"),
        Binding(
            "asterisk", "star", "Star", key_display="*", id="history.star", tooltip="A starred run is never deleted"
        ),
        Binding("b", "baseline", "Baseline", id="history.baseline", tooltip="Compare others with this run from now on"),
        Binding("D,delete", "delete", "Delete", id="history.delete", tooltip="Delete the run and its files; asks"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("mark", "compare", "replay", "star", "baseline", "delete"):
            return self.table.cursor_row is not None
        return super().check_action(action, parameters)

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self.table.pin()
        row: RunRow = event.row
        run = row.listing
        if row.is_live:
            self.begin("looking for the run…", lambda _chore: self._watch_or_open(run), can_be_left=True)
        else:
            text = f"opening {clean(run.run_id)}…"
            self.begin(text, lambda _chore: self.cockpit.open_run(run.folder), can_be_left=True)

    async def _watch_or_open(self, run: RunListing) -> None:
        app = self.cockpit
        if app.model.is_live and app.model.address is not None and app.model.address.folder == run.folder:
            app.action_mode("live")
            return
        socket = await on_thread(lambda: app.services.library.live_socket(run.folder))
        if socket is None:
            # It ended since the list was read.
            await app.open_run(run.folder)
        else:
            app.follow(RunAddress(run.folder, socket))

    def action_mark(self) -> None:
        if (run := self.chosen()) is None:
            return
        if any(each.folder == run.folder for each in self.marked):
            self.marked = [each for each in self.marked if each.folder != run.folder]
        else:
            self.marked = [*self.marked, run][-2:]
        self.show_rows()

    def action_compare(self) -> None:
        if (run := self.chosen()) is None:
            return
        others = [each for each in self.marked if each.folder != run.folder]
        pair = self.marked if len(self.marked) == 2 else [others[0], run] if others else []
        if pair:
            old, new = sorted(pair, key=lambda each: (each.started_at, each.run_id))
            self.cockpit.compare_runs(old.folder, new.folder)
        else:
            self.begin("looking for the baseline…", lambda _chore: self._compare_with_baseline(run), can_be_left=True)

    async def _compare_with_baseline(self, run: RunListing) -> None:
        services = self.cockpit.services
        found = await on_thread(lambda: services.library.baseline_of(services.reader(run.folder).plan()))
        if found is None:
            raise PerftuiError(
                f"{run.profile} has no baseline on {run.target}", "", "b makes this run one", exit_code=exit_codes.USAGE
            )
        name, folder = found
        if folder.name == run.folder.name:
            what = f"this run is the baseline {name} itself"
            raise PerftuiError(what, "", "space marks two runs", exit_code=exit_codes.USAGE)
        self.cockpit.compare_runs(folder, run.folder)

    def action_replay(self) -> None:
        if (run := self.chosen()) is None:
            return
        if run.state.is_over:
            self.cockpit.replay(run.folder)
        else:
            self.cockpit.say("this run goes on: enter watches it")

    def action_star(self) -> None:
        if (run := self.chosen()) is not None:
            library = self.cockpit.services.library
            self._change("starring…", lambda: library.star(run.folder, not run.is_starred))

    def action_baseline(self) -> None:
        if (run := self.chosen()) is None:
            return

        def named(name: str | None) -> None:
            if name is not None:
                library = self.cockpit.services.library
                self._change("setting the baseline…", lambda: self._say(library.set_baseline(name, run.folder)))

        self.app.push_screen(
            AskText(
                "Baseline",
                f"A name for {clean(run.run_id)}, to compare others with:",
                clean(run.profile, 60),
                refusal=baseline_refusal,
            ),
            named,
        )

    def action_delete(self) -> None:
        if (run := self.chosen()) is None:
            return
        if run.is_starred:
            self.cockpit.say("a starred run is not deleted: * takes the star off")
            return

        def answered(is_yes: bool | None) -> None:
            if is_yes:
                library = self.cockpit.services.library
                self._change("deleting…", lambda: library.delete(run.folder))

        self.app.push_screen(
            Confirm("Delete this run?", run.run_id, "Its folder goes, with its record and all exports."), answered
        )

    def _change(self, text: str, change: Callable[[], None]) -> None:
        """Do it on a thread, and read the list again."""

        async def work(_chore: Chore) -> None:
            await on_thread(change)
            self.take(await on_thread(self.cockpit.services.library.listings))

        self.begin(text, work)

    def _say(self, text: str) -> None:
        self.app.call_from_thread(partial(self.cockpit.say, text))
