"""The panes of a run's numbers, wherever these come from: live, kept, replayed, or a window of it."""

from __future__ import annotations

from collections.abc import Sequence

from perftui.model.judged import ThresholdState
from perftui.model.snapshot import FailureRow, RequestRow
from perftui.model.totals import RequestKey
from perftui.reports.figures import thresholds_in_order
from perftui.tui.columns.count_columns import status_rows, status_table, user_rows, user_table
from perftui.tui.columns.load_worker_columns import load_worker_note, load_worker_table
from perftui.tui.columns.request_columns import exception_table, failure_table, request_table
from perftui.tui.columns.threshold_columns import states_of, threshold_table
from perftui.tui.run_figures import RunFigures
from perftui.tui.texts.figures import count_text
from perftui.tui.widgets.log_pane import LogPane
from perftui.tui.widgets.panes import Pane, Panes

_NO_THRESHOLD = "no threshold is set: a profile's `thresholds` judge its runs"
_NOT_JUDGED = "a part of a run is not judged: esc goes back to all of it"


class RunPanes(Panes):
    """`before` and `extra` are panes of the screen's own: it fills them itself.

    Only the pane that is visible is filled; another is from what was shown last, as soon as it is looked at.
    """

    def __init__(self, *, before: Sequence[Pane] = (), extra: Sequence[Pane] = (), id: str) -> None:
        self._figures = RunFigures()
        self._has_response = False
        self._log: Sequence[str] = ()
        self._states: dict[RequestKey, ThresholdState] = {}
        self._requests = request_table(
            id="requests",
            rate_label="RPS",
            trend_of=self._trend_of,
            state_of=lambda row: self._states.get((row.method, row.name)),
            has_trends=lambda: bool(self._figures.trends),
            has_states=lambda: bool(self._states),
            has_response=lambda: self._has_response,
        )
        self._failures = failure_table(
            id="failure-list",
            trend_of=self._failure_trend_of,
            has_trends=lambda: bool(self._figures.failure_trends),
            has_rates=lambda: any(row.fails_per_s is not None for row in self._figures.failures),
        )
        self._thresholds = threshold_table(id="thresholds")
        self._statuses = status_table(id="statuses")
        self._users = user_table(id="users-by-class")
        self._load_workers = load_worker_table(id="load-workers")
        self._exceptions = exception_table(id="exceptions")
        self._log_pane = LogPane(id="log")
        panes = (
            *before,
            Pane("Requests", self._requests),
            Pane("Failures", self._failures),
            Pane("Thresholds", self._thresholds),
            Pane("Statuses", self._statuses),
            Pane("Users", self._users),
            Pane("Load workers", self._load_workers, is_optional=True),
            Pane("Exceptions", self._exceptions, is_optional=True),
            Pane("Log", self._log_pane),
            *extra,
        )
        super().__init__(panes, id=id)
        self._own_notes: dict[str, str] = {}

    def show(self, figures: RunFigures, log: Sequence[str], *, exact: bool = False) -> None:
        """`log` holds lines of run.log; with `exact` it is over: it is read from its start, and not followed."""
        self._figures, self._log = figures, log
        self._has_response = any(row.response is not None for row in figures.rows)
        self._log_pane.follow(not exact)
        raised = sum(row.count for row in figures.exceptions)
        self._put_notes(
            {
                "Requests": count_text(len(figures.rows)) if figures.rows else "",
                "Failures": count_text(figures.failure_groups) if figures.failure_groups else "",
                "Thresholds": _threshold_note(figures),
                "Load workers": load_worker_note(figures.load_workers),
                "Exceptions": count_text(raised) if raised else "",
            }
        )
        self._fill()

    def note(self, notes: dict[str, str]) -> None:
        """What stands behind the names of the screen's own panes."""
        self._own_notes = notes
        self._put_notes({name: text for name, text in self._notes.items() if name not in notes})

    def on_panes_changed(self) -> None:
        self._fill()

    def _put_notes(self, notes: dict[str, str]) -> None:
        super().note({**notes, **self._own_notes})

    def _fill(self) -> None:
        figures, name = self._figures, self.current_name
        if name == "Requests":
            self._states = states_of(
                figures.thresholds, [(row.method, row.name) for row in figures.rows], figures.groups
            )
            self._requests.covers = figures.covers
            self._requests.show(figures.rows, figures.total)
        elif name == "Failures":
            self._failures.covers = figures.covers
            self._failures.show(figures.failures)
        elif name == "Thresholds":
            self._thresholds.empty = _NOT_JUDGED if figures.covers else _NO_THRESHOLD
            self._thresholds.show(thresholds_in_order(figures.thresholds))
        elif name == "Statuses":
            self._statuses.covers = figures.covers
            self._statuses.show(status_rows(figures.statuses))
        elif name == "Users":
            self._users.show(user_rows(figures.users_by_class))
        elif name == "Load workers":
            self._load_workers.show(figures.load_workers)
        elif name == "Exceptions":
            self._exceptions.covers = figures.covers
            self._exceptions.show(figures.exceptions)
        elif name == "Log":
            self._log_pane.show_log(self._log)

    def _trend_of(self, row: RequestRow) -> Sequence[float | None]:
        return self._figures.trends.get((row.method, row.name), ())

    def _failure_trend_of(self, row: FailureRow) -> Sequence[float | None]:
        return self._figures.failure_trends.get((row.method, row.name, row.message), ())


def _threshold_note(figures: RunFigures) -> str:
    """How many do not hold, or how many there are where all do."""
    failed = sum(each.state is ThresholdState.FAILED for each in figures.thresholds)
    return f"✗{failed}" if failed else str(len(figures.thresholds) or "")
