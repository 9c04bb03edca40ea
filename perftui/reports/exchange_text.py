"""Requests and their responses as plain text, for a terminal or a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from perftui.model.exchange import Exchange, Trial
from perftui.model.text import clean
from perftui.model.totals import FailureGroup
from perftui.reports.text import time_text

# Of a body, here; all that is kept of it is in the record.
MAX_BODY_LINES = 20
MAX_LINE_CHARS = 300

_SENT, _CAME, _GAP = "> ", "< ", "  "


def exchange_text(exchange: Exchange) -> str:
    """Request line, headers, body; status line, headers, body: ``>`` was sent, ``<`` came back."""
    lines = [_title(exchange), *_sent(exchange), *_came(exchange)]
    return "\n".join(lines)


def trial_text(trial: Trial) -> str:
    """What the user did, its requests in order, what it said, and how it ended."""
    parts = [f"{clean(trial.user_class)}.{clean(trial.task)}, one user, once"]
    parts += [exchange_text(replace(each, user_class="")) for each in trial.exchanges]
    if trial.log:
        parts.append("\n".join(["Printed and logged", *(f"{_GAP}{clean(line, MAX_LINE_CHARS)}" for line in trial.log)]))
    parts.append(_sum_of(trial))
    return "\n\n".join(parts)


def failures_text(groups: Iterable[tuple[FailureGroup, Sequence[Exchange]]]) -> str:
    """Each failure group with the requests that were kept of it."""
    parts = []
    for group, exchanges in groups:
        what = clean(f"{group.method} {group.name}: {group.message}".strip(), MAX_LINE_CHARS)
        kept = f"{len(exchanges)} kept" if exchanges else "none kept"
        parts.append(f"{group.count:,} × {what}\n{_GAP}from {group.first_s:.1f} s to {group.last_s:.1f} s; {kept}")
        parts += [exchange_text(each) for each in exchanges]
    return "\n\n".join(parts) or "Nothing failed."


def _title(exchange: Exchange) -> str:
    mark = "x" if exchange.message else "✓"
    title = f"{mark} {exchange.method} {exchange.name}".rstrip()
    at = f"at {exchange.elapsed_s:.3f} s"
    took = time_text(exchange.time_ms) if exchange.time_ms is not None else "no time"
    status = str(exchange.status) if exchange.status else "no response"
    user = f", {exchange.user_class}" if exchange.user_class else ""
    failed = f": {exchange.message}" if exchange.message else ""
    return clean(f"{title}  {status}, {took}, {at}{user}{failed}", 2 * MAX_LINE_CHARS)


def _sent(exchange: Exchange) -> list[str]:
    url = exchange.url or exchange.name
    return [
        _SENT + clean(f"{exchange.method} {url}".strip(), 2 * MAX_LINE_CHARS),
        *_headers(_SENT, exchange.request_headers),
        *_body(_SENT, exchange.request_body),
    ]


def _came(exchange: Exchange) -> list[str]:
    if not (exchange.status or exchange.response_headers or exchange.response_body):
        return []
    size = f"({exchange.response_bytes:,} bytes)"
    line = f"{exchange.status or ''} {exchange.reason} {size}".split()
    return [
        _CAME + clean(" ".join(line), MAX_LINE_CHARS),
        *_headers(_CAME, exchange.response_headers),
        *_body(_CAME, exchange.response_body),
    ]


def _headers(mark: str, headers: Iterable[tuple[str, str]]) -> list[str]:
    return [mark + clean(f"{name}: {value}", MAX_LINE_CHARS) for name, value in headers]


def _body(mark: str, body: str) -> list[str]:
    if not body:
        return []
    lines = body.rstrip("\n").split("\n")
    shown = [(mark + clean(line, MAX_LINE_CHARS)).rstrip() for line in lines[:MAX_BODY_LINES]]
    left = len(lines) - MAX_BODY_LINES
    return [mark.rstrip(), *shown, *([f"{mark}… {left:,} more lines"] if left > 0 else [])]


def _sum_of(trial: Trial) -> str:
    failed = sum(1 for each in trial.exchanges if each.message)
    count = len(trial.exchanges)
    requests = "1 request" if count == 1 else f"{count} requests"
    said = (
        f"{requests}, {failed} failed" if failed else f"{requests}, all succeeded" if count else "No request was sent"
    )
    return f"{said}. {clean(trial.exception, 500)}".rstrip(". ") + "."
