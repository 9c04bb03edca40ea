"""The tables of requests, failures and exceptions; live and in the results alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from perftui.model.duration import format_clock
from perftui.model.judged import ThresholdResult, ThresholdState
from perftui.model.snapshot import FailureRow, RequestRow, Times
from perftui.tui.columns.load_worker_columns import LoadWorkerRow, load_worker_facts
from perftui.tui.columns.row_filter import RowFilter
from perftui.tui.columns.threshold_columns import STATE_ROLES, STATE_SYMBOLS, threshold_facts
from perftui.tui.renderables.sparkline import sparkline
from perftui.tui.texts.figures import NO_VALUE, bytes_text, count_text, ms_text, rate_text, share_text
from perftui.tui.widgets.table import Column, Table

# Bars of a request's trend that are shown, and what they stand for.
_TREND_WIDTH = 12
_TREND_LABEL = "rps, 1 min"
_FAILURE_TREND_LABEL = "fails, 1 min"


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    message: str
    count: int
    traceback: str = ""


def request_table(
    *,
    id: str,
    rate_label: str,
    trend_of: Callable[[RequestRow], Sequence[float | None]] | None = None,
    state_of: Callable[[RequestRow], ThresholdState | None] | None = None,
    has_trends: Callable[[], bool] = lambda: False,
    has_states: Callable[[], bool] = lambda: False,
    has_response: Callable[[], bool] = lambda: False,
) -> Table[RequestRow]:
    """`rate_label` says over which time the rates are. With `has_response` there are response times beside the service
    times, and each says which it is. `state_of` gives the worst of the thresholds that name a
    request, `trend_of` its rps over time.
    """

    def state(row: RequestRow) -> ThresholdState | None:
        return state_of(row) if state_of else None

    columns: tuple[Column[RequestRow], ...] = (
        Column("Method", 6, lambda row: row.method, lambda row: row.method, is_text=True),
        Column("Name", 12, lambda row: row.name, lambda row: row.name, is_text=True, share=1),
        Column(
            "Thr",
            3,
            lambda row: STATE_SYMBOLS[named] if (named := state(row)) else "",
            lambda row: list(ThresholdState).index(named) if (named := state(row)) else None,
            lambda row: STATE_ROLES[named] if (named := state(row)) else "",
            wanted=has_states,
        ),
        Column("Reqs", 6, lambda row: count_text(row.requests), lambda row: row.requests),
        Column("Fails", 6, lambda row: count_text(row.failures), lambda row: row.failures, _fail_role, from_width=110),
        Column("Fail%", 6, lambda row: share_text(row.fail_ratio), lambda row: row.fail_ratio, _fail_role),
        Column(rate_label, 5, lambda row: rate_text(row.rps), lambda row: row.rps),
        _time_column("p50", lambda times: times.p50_ms, from_width=84, wanted=lambda: not has_response()),
        _time_column("p95", lambda times: times.p95_ms, wanted=lambda: not has_response()),
        _time_column("p99", lambda times: times.p99_ms, from_width=66, wanted=lambda: not has_response()),
        _time_column("p50 svc", lambda times: times.p50_ms, from_width=110, wanted=has_response),
        _time_column("p95 svc", lambda times: times.p95_ms, wanted=has_response),
        _time_column("p99 svc", lambda times: times.p99_ms, from_width=100, wanted=has_response),
        _time_column("p95 resp", lambda times: times.p95_ms, is_response=True, wanted=has_response),
        _time_column("p99 resp", lambda times: times.p99_ms, from_width=78, is_response=True, wanted=has_response),
        _time_column("max", lambda times: times.max_ms, from_width=118, wanted=lambda: not has_response()),
        Column(
            "size",
            8,
            lambda row: bytes_text(row.mean_response_bytes),
            lambda row: row.mean_response_bytes,
            from_width=130,
        ),
        Column(
            _TREND_LABEL,
            _TREND_WIDTH,
            lambda row: sparkline(trend_of(row), _TREND_WIDTH) if trend_of else "",
            lambda row: row.rps,
            # Not the loudest thing of its row.
            lambda _row: "rps",
            from_width=94,
            wanted=has_trends,
        ),
    )
    return Table(
        columns,
        lambda row: (row.method, row.name),
        sorted_by="Reqs",
        searched=RowFilter(
            lambda row: f"{row.method} {row.name}",
            {"method": lambda row: row.method, "name": lambda row: row.name},
            {
                "reqs": lambda row: float(row.requests),
                "fail": lambda row: float(row.failures),
                "fails": lambda row: float(row.failures),
                "fail%": lambda row: row.fail_ratio * 100 if row.fail_ratio is not None else None,
                "rps": lambda row: row.rps,
                "p50": lambda row: row.times.p50_ms,
                "p95": lambda row: row.times.p95_ms,
                "p99": lambda row: row.times.p99_ms,
                "max": lambda row: row.times.max_ms,
            },
        ),
        empty="no request has ended yet",
        of_all=lambda total, count: replace(total, name=f"{total.name} (all {count:,})"),
        id=id,
    )


def _time_column(
    label: str,
    of: Callable[[Times], float | None],
    *,
    from_width: int = 0,
    is_response: bool = False,
    wanted: Callable[[], bool],
) -> Column[RequestRow]:
    def time_ms(row: RequestRow) -> float | None:
        times = row.response if is_response else row.times
        return of(times) if times is not None else None

    width = max(6, len(label))
    return Column(label, width, lambda row: ms_text(time_ms(row)), time_ms, from_width=from_width, wanted=wanted)


def failure_table(
    *,
    id: str,
    names_request: bool = True,
    trend_of: Callable[[FailureRow], Sequence[float | None]] | None = None,
    has_trends: Callable[[], bool] = lambda: False,
    has_rates: Callable[[], bool] = lambda: True,
) -> Table[FailureRow]:
    """Without `names_request` all of them are of one request that is named elsewhere. `trend_of` gives failures per
    second over time; of a part that is over nothing fails now. The message is what one reads: it has most of the room.
    """
    columns: tuple[Column[FailureRow], ...] = (
        Column("Count", 7, lambda row: count_text(row.count), lambda row: row.count, lambda _row: "bad"),
        Column("Share", 6, lambda row: share_text(row.share), lambda row: row.share, wanted=lambda: names_request),
        Column(
            "of req",
            6,
            lambda row: share_text(row.share_of_request),
            lambda row: row.share_of_request,
            from_width=130 if names_request else 0,
        ),
        Column(
            "now/s",
            6,
            lambda row: NO_VALUE if row.fails_per_s is None else rate_text(row.fails_per_s),
            lambda row: row.fails_per_s,
            lambda row: "bad" if row.fails_per_s else "muted",
            from_width=92,
            wanted=has_rates,
        ),
        Column("Method", 6, lambda row: row.method, lambda row: row.method, is_text=True, wanted=lambda: names_request),
        Column(
            "Name",
            10,
            lambda row: row.name,
            lambda row: row.name,
            is_text=True,
            share=1,
            wanted=lambda: names_request,
        ),
        Column("Message", 18, lambda row: row.message, lambda row: row.message, is_text=True, share=3),
        Column(
            "First",
            7,
            lambda row: format_clock(row.first_s),
            lambda row: row.first_s,
            from_width=116 if names_request else 60,
        ),
        Column("Last", 7, lambda row: format_clock(row.last_s), lambda row: row.last_s),
        Column(
            _FAILURE_TREND_LABEL,
            _TREND_WIDTH,
            lambda row: sparkline(trend_of(row), _TREND_WIDTH) if trend_of else "",
            lambda row: row.fails_per_s,
            lambda _row: "bad",
            from_width=140,
            wanted=has_trends,
        ),
    )
    return Table(
        columns,
        lambda row: (row.method, row.name, row.message),
        sorted_by="Count",
        searched=RowFilter(
            lambda row: f"{row.method} {row.name} {row.message}",
            {"method": lambda row: row.method, "name": lambda row: row.name, "message": lambda row: row.message},
            {"count": lambda row: float(row.count), "now": lambda row: row.fails_per_s},
        ),
        empty="✓ no request failed",
        id=id,
    )


def exception_table(*, id: str) -> Table[ExceptionRow]:
    columns: tuple[Column[ExceptionRow], ...] = (
        Column("Count", 8, lambda row: count_text(row.count), lambda row: row.count, lambda _row: "bad"),
        Column("Exception in user code", 20, lambda row: row.message, lambda row: row.message, is_text=True, share=1),
    )
    return Table(
        columns,
        # Two may say the same from different places.
        lambda row: (row.message, row.traceback),
        sorted_by="Count",
        searched=lambda row: row.message,
        empty="✓ user code raised nothing",
        id=id,
    )


def facts_of(row: object) -> Sequence[tuple[str, str]]:
    """All of one row, as (what, value); the values may be foreign text."""
    if isinstance(row, RequestRow):
        return (
            ("request", f"{row.method} {row.name}".strip()),
            ("requests", f"{row.requests:,}"),
            ("failures", f"{row.failures:,} ({share_text(row.fail_ratio)})"),
            ("requests/s", rate_text(row.rps)),
            ("failures/s", rate_text(row.fails_per_s)),
            ("service time", "from the send to the end of the response"),
            *_time_facts(row.times),
            ("timed", f"{row.times.count:,}"),
            *_response_facts(row.response),
            ("mean response", bytes_text(row.mean_response_bytes)),
        )
    if isinstance(row, FailureRow):
        shares = [f"{share_text(row.share)} of all failures"] if row.share is not None else []
        if row.share_of_request is not None:
            shares.append(f"{share_text(row.share_of_request)} of this request")
        rate = [("now", f"{rate_text(row.fails_per_s)}/s, over 10 s")] if row.fails_per_s is not None else []
        return (
            ("request", f"{row.method} {row.name}".strip()),
            ("message", row.message),
            ("failures", " · ".join([f"{row.count:,}", *shares])),
            *rate,
            ("first · last", f"{format_clock(row.first_s)} · {format_clock(row.last_s)} after the start"),
        )
    if isinstance(row, ExceptionRow):
        return (("raised", f"{row.count:,} times"), ("exception", row.message))
    if isinstance(row, ThresholdResult):
        return threshold_facts(row)
    if isinstance(row, LoadWorkerRow):
        return load_worker_facts(row)
    raise TypeError(type(row).__name__)


def _time_facts(times: Times) -> Sequence[tuple[str, str]]:
    return (
        ("  min · mean · max", " · ".join(map(ms_text, (times.min_ms, times.mean_ms, times.max_ms)))),
        ("  p50 · p75 · p90", " · ".join(map(ms_text, (times.p50_ms, times.p75_ms, times.p90_ms)))),
        ("  p95 · p99 · p99.9", " · ".join(map(ms_text, (times.p95_ms, times.p99_ms, times.p99_9_ms)))),
    )


def _response_facts(times: Times | None) -> Sequence[tuple[str, str]]:
    if times is None:
        return ()
    return (("response time", "from the intended start, as the schedule had it"), *_time_facts(times))


def _fail_role(row: RequestRow) -> str:
    return "bad" if row.failures else "muted"
