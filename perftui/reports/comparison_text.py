"""A comparison as plain text for a terminal or a pipe, at most 80 columns wide."""

from __future__ import annotations

import textwrap

from perftui.judgement.changes import Change, ChangeVerdict, Doubt, RequestChange
from perftui.reports.comparison_figures import (
    Compared,
    absolute_text,
    head_text,
    name_of,
    relative_text,
    summary_text,
    value_text,
)
from perftui.reports.figures import one_line
from perftui.reports.text import WIDTH, fit

# More is for --json and --html.
MAX_REQUESTS = 40
_ONLY = (ChangeVerdict.ONLY_OLD, ChangeVerdict.ONLY_NEW)
# The whole of it does not fit into a line.
_DOUBTS = {
    Doubt.NONE: "",
    Doubt.TOO_FEW: " (too few)",
    Doubt.NOISE: " (noise)",
    Doubt.UNSURE: " (unsure)",
    Doubt.FAILURES: " (failures)",
}
_EXPLAINED = {
    Doubt.NOISE: "beyond the limit, but the runs' own noise is as large.",
    Doubt.UNSURE: "no change was found, but worse by more than the limit is possible.",
    Doubt.FAILURES: "shorter, but more of them are times of failures.",
    Doubt.TOO_FEW: "too little was measured to say; called the same.",
}


def comparison_text(compared: Compared) -> str:
    """The two runs, what is to know of them, what got worse, and a table that begins with it."""
    comparison = compared.comparison
    heads = [head_text(compared.old, "A (old)", compared.baseline), head_text(compared.new, "B (new)")]
    said = [*(f"Unlike: {each.text}." for each in compared.differences), *compared.remarks]
    lines = [_wrapped(each) for each in (*heads, *map(one_line, said))]
    lines += ["", _wrapped(summary_text(comparison)), ""]
    lines.append(f"{'':<14}{'A':>13}{'B':>13}{'change':>13}{'':>9}  verdict")
    total = comparison.total
    lines += [name_of(total), *map(_line, total.changes)]
    for request in comparison.requests[:MAX_REQUESTS]:
        lines += _block(request)
    if len(comparison.requests) > MAX_REQUESTS:
        lines.append(f"… and {len(comparison.requests) - MAX_REQUESTS:,} more with --json or --html")
    return "\n".join([*lines, "", *_legend(compared)])


def _block(request: RequestChange) -> list[str]:
    """A line for each metric; those of which nothing can be said share one."""
    head = name_of(request)
    if request.verdict in _ONLY:
        return [fit(head, 60) + f"  {request.verdict.value}"]
    few = ", ".join(each.metric for each in request.changes if each.doubt is Doubt.TOO_FEW)
    return [
        fit(head, WIDTH).rstrip(),
        *(_line(each) for each in request.changes if each.doubt is not Doubt.TOO_FEW),
        *([f"  {few} (too few): {request.old_requests:,} in A, {request.new_requests:,} in B"] if few else []),
    ]


def _line(change: Change) -> str:
    return (
        f"  {change.metric:<12}{value_text(change, change.old):>13}{value_text(change, change.new):>13}"
        f"{absolute_text(change):>13}{relative_text(change):>9}  {change.verdict.value}{_DOUBTS[change.doubt]}"
    )


def _legend(compared: Compared) -> list[str]:
    doubts = {
        change.doubt for each in (compared.comparison.total, *compared.comparison.requests) for change in each.changes
    }
    lines = ["Service times, from the send; percentiles to within 1 %."]
    return lines + [f"{_DOUBTS[doubt].strip()}: {said}" for doubt, said in _EXPLAINED.items() if doubt in doubts]


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
