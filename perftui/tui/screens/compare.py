"""Compare: what changed from one run to another."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import ClassVar

from textual.widget import Widget

from perftui.tui.model import CockpitModel
from perftui.tui.renderables.line import wrapped
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.widgets.text import Block
from perftui.tui.widgets.top_bar import TopBar


class CompareScreen(CockpitScreen):
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = ["../styles/cockpit.tcss"]
    mode = "compare"

    def body(self) -> Iterable[Widget]:
        yield Block("Compare", id="compare")

    def compare(self, old: Path, new: Path) -> None:
        """Show what changed from the run in `old` to the one in `new`."""

    def show(self, model: CockpitModel) -> None:
        self.query_one(TopBar).show(model)
        self.query_one("#compare", Block).show(
            lambda width: wrapped(
                "No two runs are compared yet: 5 lists the runs, space marks two, c compares them.", width, "muted"
            )
        )
