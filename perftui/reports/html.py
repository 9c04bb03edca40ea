"""report.html: one file that needs nothing else: no network, no script, light and dark, screen, phone and paper."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from html import escape
from http import HTTPStatus
from importlib import resources
from typing import Any

from perftui.model.duration import format_clock, format_duration
from perftui.model.record import Record, Verdict
from perftui.model.run_state import RunState
from perftui.model.totals import RequestTotals
from perftui.reports.charts import charts_of
from perftui.reports.figures import (
    accounting,
    duration_s,
    exceptions_in_order,
    failures_in_order,
    lines_of,
    per_s,
    requests_in_order,
)
from perftui.reports.markup import facts, row, section, shown, table

# result.json has them all.
MAX_EVENTS = 500

_CSS = resources.files("perftui.reports").joinpath("report.css").read_text("utf-8")
_CSS_HASH = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()

_BADGES = {
    Verdict.PASSED: ("good", "✓ PASSED"),
    Verdict.FAILED: ("bad", "✗ FAILED"),
    Verdict.NO_DATA: ("bad", "∅ NO RESULT"),
    Verdict.ABORTED: ("warn", "■ ABORTED"),
}


def report_html(record: Record) -> bytes:
    """The record as a page. Every number comes from the same totals as in the other formats."""
    has_result = record.totals.total.requests > 0
    parts = [
        _header(record),
        _sentences(record),
        _tiles(record),
        _accounting(record),
        *(_measured(record) if has_result else ()),
        _failures(record),
        _exceptions(record),
        _plan(record),
        _events(record),
        _environment(record),
        f"<footer><p>Run {shown(record.run_id)}</p></footer>\n",
    ]
    page = (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'sha256-{_CSS_HASH}'; base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{shown(record.plan.title)}: {_badge(record)[1]}</title>\n"
        f"<style>{_CSS}</style></head>\n<body><main>\n{''.join(parts)}</main></body></html>\n"
    )
    return page.encode()


def _badge(record: Record) -> tuple[str, str]:
    if record.outcome is not None:
        return _BADGES[record.outcome.verdict]
    if record.totals.total.requests == 0:
        return _BADGES[Verdict.NO_DATA]
    return ("warn", "… STILL GOING ON") if record.state is not RunState.INTERRUPTED else ("warn", "■ INTERRUPTED")


def _header(record: Record) -> str:
    style, words = _badge(record)
    state = f"{record.state.value}, exit code {record.outcome.exit_code}" if record.outcome else record.state.value
    return (
        f"<header><div><h1>{shown(record.plan.title)}</h1>"
        f'<p class="soft">{shown(record.plan.target.url)} · {_start(record)} · {state}</p></div>'
        f'<div class="badge {style}">{words}</div></header>\n'
    )


def _start(record: Record) -> str:
    return f"{datetime.fromisoformat(record.started_at).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _sentences(record: Record) -> str:
    if record.outcome is not None:
        said, warnings = record.outcome.sentences, record.outcome.warnings
    else:
        said, warnings = _unsealed_sentences(record), ()
    paragraphs = "".join(f"<p>{shown(each)}</p>" for each in said)
    alerts = "".join(f'<p class="warning warn">⚠ {shown(each)}</p>' for each in warnings)
    return f'<div class="sentences">{paragraphs}</div>{alerts}\n'


def _unsealed_sentences(record: Record) -> tuple[str, ...]:
    seconds = format_duration(round(duration_s(record), 1))
    total = record.totals.total
    head = "The run still goes on" if record.state is not RunState.INTERRUPTED else "The run was never finished"
    if total.requests == 0:
        return (f"NO RESULT: no request ended in {seconds}.", f"{head}; this is what was recorded until then.")
    return (f"{head}; this is what was recorded: {total.requests:,} requests in {seconds}.",)


def _tiles(record: Record) -> str:
    total, seconds = record.totals.total, duration_s(record)
    p50_ms, p95_ms, p99_ms = total.times().percentiles_ms((50, 95, 99))
    nothing = "–"
    rps = f"{per_s(total.requests, seconds):,.1f}" if total.requests else nothing
    failed = f"{total.failed:,} <small>{_percent(total.fail_ratio)}</small>" if total.requests else nothing
    tiles = (
        ("Requests", f'<span id="total-requests">{total.requests:,}</span>'),
        ("Failures", failed),
        ("Requests/s", rps),
        ("Service time p50", _with_unit(p50_ms)),
        ("Service time p95", _with_unit(p95_ms)),
        ("Service time p99", _with_unit(p99_ms)),
        ("Most users", f"{record.totals.max_user_count:,}"),
        ("Duration", format_clock(seconds)),
    )
    inner = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in tiles)
    return f'<dl class="tiles">{inner}</dl>\n'


def _accounting(record: Record) -> str:
    counted = accounting(record)
    abandoned = f"{counted.abandoned:,} abandoned"
    if counted.abandoned and counted.oldest_abandoned_s:
        abandoned += f" (the oldest after {counted.oldest_abandoned_s:,.1f} s)"
    return (
        f'<p class="accounting">Every request, once: {counted.started:,} started = {counted.succeeded:,} succeeded + '
        f"{counted.failed:,} failed + {abandoned}</p>\n"
    )


def _measured(record: Record) -> Iterator[str]:
    charts = charts_of(record.timeline)
    yield '<div class="pair">'
    legend = f'<span class="legend">{_key("p50")}{_key("p95")}{_key("p99")}</span>'
    yield section("Service time", charts.times, legend=legend)
    yield section("Requests per second, users", charts.rate)
    yield section("Failures per second", charts.failures)
    yield _statuses(record)
    yield "</div>\n"
    if charts.note:
        yield f'<p class="note">{charts.note}</p>\n'
    yield _requests(record)


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
        cells = ((_status_words(status), ""), (f"{count:,}", "n"), (_percent(share), "n"), (bar, "bar"))
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
            (_percent(totals.fail_ratio), failing),
            (f"{per_s(totals.requests, seconds):,.2f}", "n"),
            *((_time(each), "n") for each in (times.mean_ms, *times.percentiles_ms((50, 95, 99)), times.max_ms)),
        ),
        style,
    )


def _failures(record: Record) -> str:
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


def _exceptions(record: Record) -> str:
    groups = exceptions_in_order(record)
    if not groups:
        return ""
    body = "".join(
        f"<details><summary>{group.count:,} × {shown(group.message)}</summary>"
        f"<pre>{escape(lines_of(group.traceback))}</pre></details>\n"
        for group in groups
    )
    return section("Exceptions in user code", body, is_long=True)


_PLAN_LABELS = {"max_rps": "most rps", "max_users": "most users", "max_minutes": "most minutes"}


def _plan(record: Record) -> str:
    plan = record.plan
    entries = [
        *_plan_rows("profile", plan.profile, plan.origins),
        *_plan_rows("target", plan.target, plan.origins),
        *_plan_rows("scenario", plan.scenario, plan.origins),
        ("working directory", plan.working_directory, ""),
    ]
    if plan.locust_args:
        entries.append(("arguments for the locustfile", " ".join(plan.locust_args), ""))
    entries += [(key, value, "") for key, value in plan.provenance.items()]
    return section("Plan", facts(entries), "what was asked, and where it came from", is_long=True)


def _plan_rows(kind: str, part: Any, origins: Any) -> Iterator[tuple[str, str, str]]:
    for each in fields(part):
        value = getattr(part, each.name)
        if value is None or value == "" or (isinstance(value, (tuple, dict)) and not value):
            continue
        # A duration is `run_time_s` in the plan and run_time to those who write it.
        name, is_duration = each.name.removesuffix("_s"), each.name.endswith("_s")
        label = kind if name == "name" else _PLAN_LABELS.get(name, name.replace("_", " "))
        if is_duration:
            text = format_duration(value)
        elif isinstance(value, tuple):
            text = ", ".join(value)
        elif isinstance(value, dict):
            text = ", ".join(f"{key} {weight}" for key, weight in value.items())
        else:
            text = f"{value:g}" if isinstance(value, float) else str(value)
        yield label, text, origins.get(kind if name == "name" else name, "")


def _events(record: Record) -> str:
    if not record.events:
        return ""
    rows = [
        row(((format_clock(event.elapsed_s), ""), (shown(event.kind), ""), (shown(event.text), "text")))
        for event in record.events[:MAX_EVENTS]
    ]
    more = len(record.events) - MAX_EVENTS
    note = f"{more:,} more are in result.json" if more > 0 else ""
    columns = (("After", ""), ("Kind", ""), ("What", "text"))
    return section("Events", table(columns, rows, "Events"), note, is_long=True)


def _environment(record: Record) -> str:
    if not record.environment:
        return ""
    return section("Load generator", facts((key, value, "") for key, value in sorted(record.environment.items())))


def _time(time_ms: float | None) -> str:
    if time_ms is None:
        return "–"
    decimals = 2 if time_ms < 10 else 1 if time_ms < 100 else 0
    return f"{time_ms:,.{decimals}f}"


def _with_unit(time_ms: float | None) -> str:
    return "–" if time_ms is None else f"{_time(time_ms)} <small>ms</small>"


def _percent(ratio: float | None) -> str:
    """A share in percent that says 0 and 100 only where it is."""
    if ratio is None:
        return "–"
    if ratio in (0, 1):
        return f"{ratio:.0%}"
    return "&lt;0.01%" if ratio < 0.0001 else "&gt;99.99%" if ratio > 0.9999 else f"{ratio:.2%}"
