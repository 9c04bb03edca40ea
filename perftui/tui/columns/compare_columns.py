"""The table of what changed, request by request: the columns of one metric wide, of the others brief."""

from __future__ import annotations

from collections.abc import Callable

from perftui.judgement.changes import METRICS, Change, Metric, RequestChange
from perftui.reports.comparison_figures import Compared, value_text
from perftui.tui.texts.compare_text import METRIC_NAMES, amount_text, change_of, word_of_change, word_of_request
from perftui.tui.texts.figures import count_text
from perftui.tui.widgets.table import Column, Table


class ChangeRow:
    """A request of both runs at its place in the comparison, which begins with what got worse most."""

    __slots__ = ("place", "request")

    def __init__(self, place: int, request: RequestChange) -> None:
        self.place = place
        self.request = request

    def change(self, metric: Metric) -> Change | None:
        return change_of(self.request, metric)


def change_rows(compared: Compared) -> list[ChangeRow]:
    return [ChangeRow(place, request) for place, request in enumerate(compared.comparison.requests)]


def change_table(metric: Callable[[], Metric], *, id: str) -> Table[ChangeRow]:
    """`metric` is the one that the wide columns are of, now."""
    columns: list[Column[ChangeRow]] = [
        Column(
            "Verdict",
            11,
            lambda row: word_of_request(row.request).text,
            lambda row: row.place,
            lambda row: word_of_request(row.request).role,
            is_text=True,
        ),
        Column("Method", 6, lambda row: row.request.method, lambda row: row.request.method, is_text=True),
        Column("Name", 12, _name, lambda row: row.request.name, is_text=True, share=1),
        Column(
            "Requests",
            12,
            lambda row: f"{count_text(row.request.old_requests)}→{count_text(row.request.new_requests)}",
            lambda row: row.request.new_requests,
            from_width=120,
        ),
    ]
    for each in METRICS:
        columns += _metric_columns(each, metric)
    for each in METRICS:
        columns.append(_brief_column(each, metric))
    return Table(
        columns,
        lambda row: (row.request.method, row.request.name),
        sorted_by="Verdict",
        is_descending=False,
        searched=lambda row: f"{row.request.method} {row.request.name} {row.request.verdict.value}",
        empty="no request is in either run",
        id=id,
    )


def _name(row: ChangeRow) -> str:
    return row.request.name


def _metric_columns(metric: Metric, now: Callable[[], Metric]) -> list[Column[ChangeRow]]:
    def is_wanted() -> bool:
        return now() == metric

    def text(row: ChangeRow, side: str) -> str:
        change = row.change(metric)
        return value_text(change, change.old if side == "A" else change.new) if change else "-"

    def role(row: ChangeRow) -> str:
        change = row.change(metric)
        return word_of_change(change).role if change else "muted"

    name = METRIC_NAMES[metric]
    return [
        Column(
            f"A {name}",
            9,
            lambda row: text(row, "A"),
            lambda row: change.old if (change := row.change(metric)) else None,
            lambda _row: "muted",
            wanted=is_wanted,
        ),
        Column(
            f"B {name}",
            9,
            lambda row: text(row, "B"),
            lambda row: change.new if (change := row.change(metric)) else None,
            wanted=is_wanted,
        ),
        Column(
            f"Δ {name}",
            11,
            lambda row: _brief(row.change(metric)),
            lambda row: _order(row, metric),
            role,
            wanted=is_wanted,
        ),
        Column(
            "better│worse",
            13,
            lambda row: change_bar(row.change(metric)),
            lambda row: _order(row, metric),
            role,
            is_text=True,
            from_width=84,
            wanted=is_wanted,
        ),
    ]


def _brief_column(metric: Metric, now: Callable[[], Metric]) -> Column[ChangeRow]:
    """The other metrics' change and verdict, where there is room."""

    def role(row: ChangeRow) -> str:
        change = row.change(metric)
        return word_of_change(change).role if change else "muted"

    return Column(
        METRIC_NAMES[metric],
        11,
        lambda row: _brief(row.change(metric)),
        lambda row: _order(row, metric),
        role,
        from_width=170,
        wanted=lambda: now() != metric,
    )


def _brief(change: Change | None) -> str:
    """How large it is, and the symbol of its verdict: never by colour alone."""
    return f"{amount_text(change)} {word_of_change(change).symbol}" if change else "-"


def _order(row: ChangeRow, metric: Metric) -> float | None:
    change = row.change(metric)
    if change is None or change.absolute is None:
        return None
    size = change.absolute if metric == "fail_ratio" or change.relative is None else change.relative
    return -size if metric == "rps" else size


# A bar is full at twice as much, or half; of shares at so many points of percent.
_FULL_SHARE, _FULL_POINTS = 1.0, 0.1
_HALF_CELLS = 6


def change_bar(change: Change | None) -> str:
    """How much worse to the right, how much better to the left of the middle."""
    if change is None or change.absolute is None:
        return ""
    if change.metric == "fail_ratio":
        part = change.absolute / _FULL_POINTS
    else:
        part = 1.0 if change.relative is None else change.relative / _FULL_SHARE
    part = min(abs(part), 1.0)
    cells = round(part * _HALF_CELLS)
    if change.is_for_the_worse:
        return " " * _HALF_CELLS + "│" + "█" * cells
    return " " * (_HALF_CELLS - cells) + "█" * cells + "│"
