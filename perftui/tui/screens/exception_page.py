"""What user code raised, and where."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import ClassVar

from textual.widget import Widget

from perftui.model.text import clean, mask_secrets
from perftui.tui.columns.request_columns import ExceptionRow
from perftui.tui.following.recall import Recall
from perftui.tui.model import CockpitModel
from perftui.tui.renderables.line import Line, Piece, foreign, wrapped
from perftui.tui.screens.run_page import RunPage
from perftui.tui.widgets.text import Bar, ScrollPane


class ExceptionPage(RunPage):
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        "../styles/cockpit.tcss",
        "../styles/live.tcss",
    ]
    AUTO_FOCUS = "#traceback"

    def __init__(self, folder: Path, model: CockpitModel, mode: str, row: ExceptionRow) -> None:
        super().__init__(folder, model, mode)
        self._row = row

    def body(self) -> Iterable[Widget]:
        yield Bar(id="page-title")
        yield ScrollPane(id="traceback", empty="its traceback was not kept")

    async def read(self, recall: Recall) -> None:
        """Nothing: the row has all of it."""

    def draw(self) -> None:
        row = self._row
        title = (Piece(" ✗ ", "bad"), foreign(mask_secrets(row.message), "strong"))
        self.query_one("#page-title", Bar).show(title, (Piece(f"raised {row.count:,}× ", "bad"),))
        pane = self.query_one("#traceback", ScrollPane)
        pane.heading = (Piece("Traceback", "heading"),)
        texts = [clean(each) for each in mask_secrets(row.traceback).splitlines()]
        pane.show(lambda width: [line for text in texts for line in _code_line(text, width)])


def _code_line(text: str, width: int) -> list[Line]:
    """Its indent is kept: it says what belongs to what."""
    code = text.lstrip(" ")
    role = "muted" if code.startswith('File "') else ""
    return wrapped(code, width, role, first=Piece(" " * (len(text) - len(code))))
