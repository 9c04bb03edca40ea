"""A page about one thing of a run, over the mode that it was opened from."""

from __future__ import annotations

import time
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from perftui.model.errors import PerftuiError
from perftui.tui.following.recall import Recall
from perftui.tui.model import CockpitModel
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.widgets.top_bar import TopBar

# While the run goes on a page is read again this often, and where that takes long as much less often.
_LEAST_S = 2.0
_PART_SPENT_READING = 0.1


class RunPage(CockpitScreen):
    """Of the run in `folder`. `read` asks its record, on the record's own thread; `draw` shows what was read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", tooltip="Back to the run", id="page.back"),
    ]

    def __init__(self, folder: Path, model: CockpitModel, mode: str) -> None:
        """`model` is that of the screen that opened the page, whose `mode` it belongs to."""
        super().__init__()
        self.mode = mode
        self.folder = folder
        self._model = model
        self._recall: Recall | None = None
        self._is_reading = False
        self._read_version: int | None = None
        self._asks = 0
        self._next_read_s = 0.0

    async def read(self, recall: Recall) -> None:
        """Raises PerftuiError."""
        raise NotImplementedError

    def draw(self) -> None:
        raise NotImplementedError

    @property
    def model(self) -> CockpitModel:
        return self._model

    @property
    def is_of_live_run(self) -> bool:
        address = self._model.address
        return self._model.is_live and address is not None and address.folder == self.folder

    def on_mount(self) -> None:
        self._recall = Recall(self.cockpit.services, self.folder)

    def on_unmount(self) -> None:
        if self._recall is not None:
            self._recall.close()

    def show(self, model: CockpitModel) -> None:
        self.query_one(TopBar).show(model)
        is_due = self._read_version is None or (
            self.is_of_live_run and self._read_version != model.last_seq and time.monotonic() >= self._next_read_s
        )
        if is_due and not self._is_reading:
            self._is_reading = True
            self.run_worker(self._read(model.last_seq), group="page")

    def read_again(self) -> None:
        """What is asked for has changed."""
        self._asks += 1
        self._read_version = None
        self.pump(force=True)

    def action_back(self) -> None:
        self.dismiss(None)

    async def _read(self, version: int) -> None:
        assert self._recall is not None
        begun_s, asks = time.monotonic(), self._asks
        try:
            await self.read(self._recall)
        except PerftuiError as error:
            # Said once: a page that was drawn before goes on to show what it has.
            if self._read_version is None:
                self.cockpit.fail(error)
        finally:
            self._is_reading = False
            self._read_version = version if asks == self._asks else None
            ended_s = time.monotonic()
            self._next_read_s = ended_s + max(_LEAST_S, (ended_s - begun_s) / _PART_SPENT_READING)
        if not self.is_mounted:
            return
        if asks == self._asks:
            self.draw()
        else:
            self.pump(force=True)
