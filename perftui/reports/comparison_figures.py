"""What all forms of a comparison say, so that they say the same."""

from __future__ import annotations

from dataclasses import dataclass

from perftui.judgement.changes import Change, Comparison, Doubt, RequestChange
from perftui.judgement.likeness import Difference
from perftui.model.record import Record
from perftui.reports.figures import one_line
from perftui.reports.markup import time_cell


@dataclass(frozen=True, slots=True)
class Compared:
    """Two runs and what came of them. `baseline` is the name under which the old one was found, or empty.

    `differences` is what makes them unlike: empty, or they were compared all the same. `remarks` are sentences.
    """

    old: Record
    new: Record
    baseline: str
    comparison: Comparison
    differences: tuple[Difference, ...] = ()
    remarks: tuple[str, ...] = ()


def head_text(record: Record, label: str, baseline: str = "") -> str:
    """Which run this is, in one line: A (old), the baseline's name, the run, its plan and its branch."""
    name = f"baseline {baseline} = " if baseline else ""
    branch = record.plan.provenance.get("git_branch", "")
    revision = record.plan.provenance.get("git_revision", "")[:8]
    at = " ".join(filter(None, (branch, revision)))
    return one_line(f"{label}: {name}{record.run_id}, {record.plan.title}{f', {at}' if at else ''}")


def summary_text(comparison: Comparison) -> str:
    """What got worse, or that nothing did, as a sentence."""
    worse = comparison.worse()
    limit = f"{comparison.limit:.0%}" if round(comparison.limit, 2) == comparison.limit else f"{comparison.limit:.3g}"
    if worse:
        named = "; ".join(worse_text(request, change) for request, change in worse[:_MOST_NAMED])
        more = f"; and {len(worse) - _MOST_NAMED:,} more" if len(worse) > _MOST_NAMED else ""
        return f"Worse by more than {limit} and by more than the noise: {named}{more}."
    if not comparison.can_say:
        return "Too little was measured to say whether anything changed."
    unsure = "; ".join(worse_text(comparison.total, each) for each in comparison.unsure())
    more = f" Beyond {limit}, but within the noise: {unsure}." if unsure else ""
    return f"Nothing got worse by more than {limit} and by more than the noise.{more}"


def worse_text(request: RequestChange, change: Change) -> str:
    """One change in words: GET /items p95 100 ms → 131 ms (+31 %)."""
    values = f"{value_text(change, change.old)} → {value_text(change, change.new)}"
    return f"{name_of(request)} {change.metric} {values} ({relative_text(change)})"


def name_of(request: RequestChange) -> str:
    return one_line(f"{request.method} {request.name}".strip())


def value_text(change: Change, value: float | None) -> str:
    if value is None:
        return "-"
    if change.metric == "rps":
        return f"{value:,.1f}/s" if value >= 9.95 else f"{value:.3g}/s"
    return f"{value:.2%}" if change.metric == "fail_ratio" else f"{time_cell(value)} ms"


def absolute_text(change: Change) -> str:
    """With its sign; points of percent for shares."""
    if change.absolute is None:
        return "-"
    if change.metric == "fail_ratio":
        return f"{change.absolute * 100:+.2f} pt"
    sign = "-" if change.absolute < 0 else "+"
    return sign + value_text(change, abs(change.absolute))


def relative_text(change: Change) -> str:
    if change.relative is None:
        return "from 0" if change.old == 0 and change.new else "-"
    return _percent_text(change.relative)


def interval_text(change: Change) -> str:
    """What the change may be, noise considered; empty where it is not bounded."""
    if change.low is None or change.high is None:
        return ""
    if change.metric == "fail_ratio":
        return f"{change.low * 100:+.2f} to {change.high * 100:+.2f} pt"
    return f"{_percent_text(change.low)} to {_percent_text(change.high)}"


def verdict_text(change: Change) -> str:
    """The verdict, and why it is no more than that."""
    if change.doubt is Doubt.NONE:
        return change.verdict.value
    return f"{change.verdict.value} ({change.doubt.value})"


_MOST_NAMED = 5
_MOST_PERCENT = 1000
_MOST_TIMES = 1000


def _percent_text(share: float) -> str:
    """+12.3 %, and as a factor where a percentage says nothing any more."""
    percent = share * 100
    if percent >= _MOST_PERCENT:
        return f"x{share + 1:,.0f}" if share < _MOST_TIMES else f">x{_MOST_TIMES:,}"
    return f"{percent:+.0f}%" if abs(percent) >= 99.5 else f"{percent:+.1f}%"
