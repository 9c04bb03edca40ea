"""What was measured, as sections of report.html."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from http import HTTPStatus

from perftui.judgement.quantities import format_quantity
from perftui.model.duration import format_clock
from perftui.model.judged import ThresholdResult, ThresholdState
from perftui.model.record import Record
from perftui.model.totals import RequestTotals
from perftui.reports.charts import LATE_TEXT, MARKED_KINDS, charts_of
from perftui.reports.figures import (
    RESPONSE_TIME,
    SERVICE_TIME,
    THRESHOLD_MARKS,
    duration_s,
    exceptions_in_order,
    failures_in_order,
    lines_of,
    margin_text,
    per_s,
    requests_in_order,
    thresholds_in_order,
)
from perftui.reports.html_load import response_section
from perftui.reports.markup import percent, row, section, shown, table, time_cell
from perftui.reports.notes import notes_section


def measured_sections(record: Record) -> Iterator[str]:
    charts = charts_of(record.timeline, record.window, record.notes, record.events)
    yield '<div class="pair">'
    legend = f'<span class="legend">{_key("p50")}{_key("p95")}{_key("p99")}</span>'
    yield section(SERVICE_TIME, charts.times, legend=legend)
    if charts.response:
        yield section(RESPONSE_TIME, charts.response, legend=legend)
    yield section("Requests per second, users", charts.rate)
    if charts.arrivals:
        yield section("Tasks per second: asked, started, dropped", charts.arrivals)
    yield section("Failures per second", charts.failures)
    yield _statuses(record)
    if charts.target_memory:
        yield section("Target's memory, MB", charts.target_memory)
    if charts.target_cpu:
        yield section("Target's CPU, % of a core", charts.target_cpu)
    if charts.target_connections:
        yield section("Target's open connections", charts.target_connections)
    if charts.target_value:
        yield section("Target's own number", charts.target_value)
    yield "</div>\n"
    if charts.note:
        yield f'<p class="note">{charts.note}</p>\n'
    if charts.has_late:
        yield f'<p class="note">Hatched: {shown(LATE_TEXT)}.</p>\n'
    if any(event.kind in MARKED_KINDS for event in record.events):
        yield '<p class="note">Upright lines: what became of the load and of its workers; the events say what.</p>\n'
    yield notes_section(record)
    yield _requests(record)
    yield response_section(record)


def thresholds_section(record: Record) -> str:
    if not record.thresholds:
        return ""
    rows = [
        row(
            (
                (
                    f"{THRESHOLD_MARKS[each.state]}&nbsp;{each.state.value.replace(' ', '&nbsp;')}",
                    _THRESHOLD_STYLES[each.state],
                ),
                (shown(each.rule), "text"),
                ("–" if each.observed is None else shown(format_quantity(each.observed, each.unit)), "n"),
                ("–" if each.observed is None else f"{each.n:,}", "n"),
                (margin_text(each) or "–", "n"),
                (_failed_when(each), "n"),
                (shown(each.text) if each.state is ThresholdState.NO_DATA else "", "text"),
            )
        )
        for each in thresholds_in_order(record.thresholds)
    ]
    columns = (
        ("Result", ""),
        ("Threshold", "text"),
        ("Observed", "n"),
        ("From", "n"),
        ("Margin", "n"),
        ("Beyond", "n"),
        ("", "text"),
    )
    note = "“From” is the number of requests, or of seconds; no data is not a pass"
    return section("Thresholds", table(columns, rows, "Thresholds"), note, is_long=True)


def _failed_when(result: ThresholdResult) -> str:
    if result.failed_since_s is None:
        return ""
    since = format_clock(result.failed_since_s)
    return f"since {since}" if result.failed_until_s is None else f"{since} to {format_clock(result.failed_until_s)}"


_THRESHOLD_STYLES = {
    ThresholdState.PASSED: "good",
    ThresholdState.ACCEPTABLE: "warn",
    ThresholdState.NO_DATA: "bad",
    ThresholdState.FAILED: "bad",
}


def _key(name: str) -> str:
    line = f'<polyline class="line {name}" points="1,4 23,4"/>'
    return f'<span class="key"><svg viewBox="0 0 24 8" aria-hidden="true">{line}</svg>{name}</span>'


def _statuses(record: Record) -> str:
    total = record.totals.total
    rows = []
    for status, count in sorted(total.statuses.items(), key=lambda item: -item[1]):
        share = count / total.requests
        style = ' class="fails"' if status == 0 or status >= 400 else ""
        bar = f'<svg aria-hidden="true"><rect width="{share:.2%}" height="9" rx="2"{style}/></svg>'
        cells = ((_status_words(status), ""), (f"{count:,}", "n"), (percent(share), "n"), (bar, "bar"))
        rows.append(row(cells))
    columns = (("Status", ""), ("Requests", "n"), ("Share", "n"), ("", "bar"))
    return section("Status codes", table(columns, rows, "Status codes"))


def _status_words(status: int) -> str:
    if status == 0:
        return "no response"
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


_REQUEST_COLUMNS = (
    ("Method", ""),
    ("Name", "text"),
    ("Requests", "n"),
    ("Failures", "n"),
    ("Failed", "n"),
    ("Requests/s", "n"),
    ("Mean", "n"),
    ("p50", "n"),
    ("p95", "n"),
    ("p99", "n"),
    ("Max", "n"),
)


def _requests(record: Record) -> str:
    seconds = duration_s(record)
    rows = [_request_row(each, seconds) for each in requests_in_order(record)]
    rows.append(_request_row(record.totals.total, seconds, "total"))
    note = "service times in ms, from the send to the end of the response; percentiles to within 1&nbsp;%"
    return section("Requests", table(_REQUEST_COLUMNS, rows, "Requests"), note, is_long=True)


def _request_row(totals: RequestTotals, seconds: float, style: str = "") -> str:
    times = totals.times()
    failing = "n failing" if totals.failed else "n"
    return row(
        (
            (shown(totals.method), ""),
            (shown(totals.name), "text"),
            (f"{totals.requests:,}", "n"),
            (f"{totals.failed:,}", failing),
            (percent(totals.fail_ratio), failing),
            (f"{per_s(totals.requests, seconds):,.2f}", "n"),
            *((time_cell(each), "n") for each in (times.mean_ms, *times.percentiles_ms((50, 95, 99)), times.max_ms)),
        ),
        style,
    )


def failures_section(record: Record) -> str:
    groups = failures_in_order(record)
    if not groups:
        return ""
    columns = (("Method", ""), ("Name", "text"), ("Failure", "text"), ("Count", "n"), ("First", "n"), ("Last", "n"))
    rows = [
        row(
            (
                (shown(group.method), ""),
                (shown(group.name), "text"),
                (shown(group.message), "text"),
                (f"{group.count:,}", "n"),
                (format_clock(group.first_s), "n"),
                (format_clock(group.last_s), "n"),
            )
        )
        for group in groups
    ]
    return section("Failures", table(columns, rows, "Failures"), "first and last seen after the start", is_long=True)


def exceptions_section(record: Record) -> str:
    groups = exceptions_in_order(record)
    if not groups:
        return ""
    body = "".join(
        f"<details><summary>{group.count:,} × {shown(group.message)}</summary>"
        f"<pre>{escape(lines_of(group.traceback))}</pre></details>\n"
        for group in groups
    )
    return section("Exceptions in user code", body, is_long=True)
