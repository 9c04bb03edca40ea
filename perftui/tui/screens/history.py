"""History: every run that is kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from typing import ClassVar

from textual.widget import Widget

from perftui.tui.model import CockpitModel
from perftui.tui.renderables.line import wrapped
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.widgets.text import Block
from perftui.tui.widgets.top_bar import TopBar


class HistoryScreen(CockpitScreen):
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = ["../styles/cockpit.tcss"]
    mode = "history"

    def body(self) -> Iterable[Widget]:
        yield Block("History", id="history")

    def show(self, model: CockpitModel) -> None:
        self.query_one(TopBar).show(model)
        self.query_one("#history", Block).show(lambda width: wrapped("The list of the runs.", width, "muted"))
