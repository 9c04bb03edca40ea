"""A comparison as one file that needs nothing else; it looks like report.html."""

from __future__ import annotations

from perftui.judgement.changes import Change, ChangeVerdict, RequestChange
from perftui.judgement.comparison import FALSE_ALARMS
from perftui.model.record import Record
from perftui.reports.comparison_figures import (
    Compared,
    absolute_text,
    doubt_texts,
    head_text,
    interval_text,
    name_of,
    relative_text,
    summary_text,
    value_text,
    verdict_text,
)
from perftui.reports.markup import facts, row, section, shown, table
from perftui.reports.page import page

_BADGES = {
    ChangeVerdict.WORSE: ("bad", "✗ WORSE"),
    ChangeVerdict.BETTER: ("good", "✓ BETTER"),
    ChangeVerdict.SAME: ("good", "✓ NOT WORSE"),
}
_UNSURE = ("warn", "? BEYOND THE LIMIT, WITHIN NOISE")
_TOO_FEW = ("warn", "∅ TOO FEW TO SAY")
_STYLES = {ChangeVerdict.WORSE: "bad", ChangeVerdict.BETTER: "good"}
_COLUMNS = (
    ("Metric", "text"),
    ("A", "n"),
    ("B", "n"),
    ("Change", "n"),
    ("Relative", "n"),
    ("With noise", "n"),
    ("Verdict", ""),
)


def comparison_html(compared: Compared) -> bytes:
    comparison = compared.comparison
    style, words = _badge(compared)
    title = f"{compared.old.run_id} → {compared.new.run_id}"
    unlike = "".join(f'<p class="warning warn">⚠ Unlike: {shown(each.text)}.</p>' for each in compared.differences)
    doubts = "".join(f'<p class="soft">{shown(each)}</p>' for each in doubt_texts(comparison))
    parts = [
        f"<header><div><h1>{shown(title)}</h1>"
        f'<p class="soft">{shown(head_text(compared.old, "A (old)", compared.baseline))}</p>'
        f'<p class="soft">{shown(head_text(compared.new, "B (new)"))}</p></div>'
        f'<div><div class="badge {style}">{words}</div>{doubts}</div></header>\n',
        f'<div class="sentences"><p>{shown(summary_text(comparison))}</p>',
        *(f"<p>{shown(each)}</p>" for each in compared.remarks),
        f"</div>{unlike}\n",
        _section(comparison.total),
        *(_section(each) for each in comparison.requests),
        section("Runs", facts(_facts(compared))),
    ]
    return page(f"{title}: {words}", "".join(parts))


def _badge(compared: Compared) -> tuple[str, str]:
    comparison = compared.comparison
    if comparison.worse():
        return _BADGES[ChangeVerdict.WORSE]
    if comparison.undecided() or not comparison.can_say:
        return _TOO_FEW
    return _UNSURE if comparison.unsure() else _BADGES[comparison.total.verdict]


def _section(request: RequestChange) -> str:
    counts = f"{request.old_requests:,} requests in A, {request.new_requests:,} in B: {request.verdict.value}"
    body = table(_COLUMNS, map(_row, request.changes), name_of(request)) if request.changes else ""
    return section(name_of(request), body, counts)


def _row(change: Change) -> str:
    return row(
        (
            (change.metric, "text"),
            (shown(value_text(change, change.old)), "n"),
            (shown(value_text(change, change.new)), "n"),
            (shown(absolute_text(change)), "n"),
            (shown(relative_text(change)), "n"),
            (shown(interval_text(change) or "–"), "n"),
            (shown(verdict_text(change)), _STYLES.get(change.verdict, "")),
        )
    )


def _facts(compared: Compared) -> list[tuple[str, str, str]]:
    comparison = compared.comparison
    return [
        ("A (old)", compared.old.run_id, _of(compared.old)),
        ("B (new)", compared.new.run_id, _of(compared.new)),
        ("Limit", f"{comparison.limit:.3%}", "a change must be beyond it"),
        ("False alarms", f"{FALSE_ALARMS:.0%}", "of pairs of equal runs, at most, have anything called worse"),
        ("Slices", f"{comparison.slices}", "each run was cut into, for its noise"),
    ]


def _of(record: Record) -> str:
    return f"{record.started_at}, {record.totals.covered_s:,.1f} s measured, target {record.plan.target.url}"
