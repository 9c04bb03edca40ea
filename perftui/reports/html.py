"""report.html: the whole run in one file that needs nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from perftui.model.duration import format_clock, format_duration
from perftui.model.record import Record, Verdict
from perftui.model.run_state import RunState
from perftui.model.totals import RequestTotals
from perftui.reports.capacity import capacity_section
from perftui.reports.figures import (
    CLOSED_MODEL,
    accounting,
    arrivals_text,
    covered_text,
    duration_s,
    per_s,
    warnings_of,
)
from perftui.reports.html_asked import environment_section, events_section, plan_section
from perftui.reports.html_load import load_workers_section
from perftui.reports.html_measured import (
    exceptions_section,
    failures_section,
    measured_sections,
    thresholds_section,
)
from perftui.reports.markup import percent, shown, time_with_unit
from perftui.reports.notes import notes_section
from perftui.reports.page import page

_BADGES = {
    Verdict.PASSED: ("good", "✓ PASSED"),
    Verdict.ACCEPTABLE: ("warn", "~ ACCEPTABLE"),
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
        capacity_section(record),
        thresholds_section(record),
        *(measured_sections(record) if has_result else (notes_section(record),)),
        failures_section(record),
        exceptions_section(record),
        load_workers_section(record),
        plan_section(record),
        events_section(record),
        environment_section(record),
        f"<footer><p>Run {shown(record.run_id)}</p></footer>\n",
    ]
    return page(f"{record.plan.title}: {_badge(record)[1]}", "".join(parts))


def _badge(record: Record) -> tuple[str, str]:
    if record.outcome is not None:
        if record.outcome.verdict is Verdict.NO_DATA and record.totals.total.requests:
            return "bad", "∅ NO DATA"
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
    said = record.sentences if record.outcome is not None else _unsealed_sentences(record)
    covered = covered_text(record)
    paragraphs = "".join(f"<p>{shown(each)}</p>" for each in (*said, *([covered] if covered else [])))
    alerts = "".join(f'<p class="warning warn">⚠ {shown(each)}</p>' for each in warnings_of(record))
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
    failed = f"{total.failed:,} <small>{percent(total.fail_ratio)}</small>" if total.requests else nothing
    tiles = (
        ("Requests", f'<span id="total-requests">{total.requests:,}</span>'),
        ("Failures", failed),
        ("Requests/s", rps),
        ("Service time p50", time_with_unit(p50_ms)),
        ("Service time p95", time_with_unit(p95_ms)),
        ("Service time p99", time_with_unit(p99_ms)),
        *_response_tiles(total),
        ("Most users", f"{record.totals.max_user_count:,}"),
        ("Duration", format_clock(seconds)),
    )
    inner = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in tiles)
    return f'<dl class="tiles">{inner}</dl>\n'


def _response_tiles(total: RequestTotals) -> tuple[tuple[str, str], ...]:
    times = total.response_times
    if not times.count:
        return ()
    percents = (50, 95, 99, 99.9)
    known = zip(percents, times.percentiles_ms(percents), strict=True)
    return tuple((f"Response time p{percent:g}", time_with_unit(value)) for percent, value in known)


def _accounting(record: Record) -> str:
    counted = accounting(record)
    abandoned = f"{counted.abandoned:,} abandoned"
    if counted.abandoned and counted.oldest_abandoned_s:
        abandoned += f" (the oldest after {counted.oldest_abandoned_s:,.1f} s)"
    unsent = f" + {counted.local_errors:,} that this machine could not send" if counted.local_errors else ""
    sentences = [
        f"Every request of the run, once: {counted.started:,} started = "
        f"{counted.succeeded:,} succeeded + {counted.failed:,} failed + {abandoned}{unsent}"
    ]
    arrivals = arrivals_text(counted)
    if arrivals:
        sentences.append(arrivals)
    if record.has_schedule:
        sentences.append(
            "Service times count from the send, response times from the intended start: what a stall held up is in "
            "them. Both were measured, none is made up"
        )
    elif record.totals.total.requests:
        sentences.append(CLOSED_MODEL)
    return "".join(f'<p class="accounting">{shown(each)}</p>\n' for each in sentences)
