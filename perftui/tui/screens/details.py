"""What stands behind a row of a run's panes: a page of its own, or all of it in a box."""

from __future__ import annotations

from pathlib import Path

from textual.screen import Screen

from perftui.model.judged import WHOLE_RUN, ThresholdResult, Window
from perftui.model.snapshot import FailureRow, RequestRow
from perftui.model.totals import AGGREGATED
from perftui.tui.columns.load_worker_columns import LoadWorkerRow
from perftui.tui.columns.request_columns import ExceptionRow
from perftui.tui.model import CockpitModel
from perftui.tui.screens.dialogs import RowDetail
from perftui.tui.screens.exception_page import ExceptionPage
from perftui.tui.screens.failure_page import FailurePage
from perftui.tui.screens.request_page import RequestPageScreen


def detail_of(
    row: object, folder: Path, model: CockpitModel, mode: str, window: Window = WHOLE_RUN
) -> Screen[None] | None:
    """The screen to push for a row of RunPanes, of the run in `folder`; None where there is no more to say.

    `window` is the part of the run that the panes' numbers cover, `model` that of the screen of `mode` they are on.
    """
    if isinstance(row, RequestRow) and (row.method, row.name) != AGGREGATED:
        return RequestPageScreen(folder, model, mode, row.method, row.name, window)
    if isinstance(row, FailureRow):
        return FailurePage(folder, model, mode, row)
    if isinstance(row, ExceptionRow):
        return ExceptionPage(folder, model, mode, row)
    return RowDetail(row) if isinstance(row, (ThresholdResult, LoadWorkerRow)) else None
