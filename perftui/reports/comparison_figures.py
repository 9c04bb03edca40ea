"""What all forms of a comparison say, so that they say the same."""

from __future__ import annotations

from collections.abc import Sequence
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
    """What got worse, or that nothing did, and what of that is not known, as sentences."""
    return " ".join(summary_sentences(comparison))


def summary_sentences(comparison: Comparison) -> list[str]:
    """The sentences of the summary; the first says what got worse, or that nothing did, or that nobody knows."""
    worse, total = comparison.worse(), comparison.total
    limit = f"{comparison.limit:.0%}" if round(comparison.limit, 2) == comparison.limit else f"{comparison.limit:.3g}"
    unsure, undecided = ([(total, each) for each in some] for some in (comparison.unsure(), comparison.undecided()))
    if worse:
        said = [f"Worse by more than {limit} and by more than the noise: {_listed(worse)}."]
    elif not comparison.can_say:
        said = ["Too little was measured to say whether anything changed."]
    elif undecided:
        said = ["Too little was measured to say that nothing got worse."]
    else:
        said = [f"Nothing got worse by more than {limit} and by more than the noise."]
    if undecided:
        said.append(f"Beyond {limit}, but too few to say: {_listed(undecided)}.")
    if unsure:
        said.append(f"Beyond {limit}, but within the noise: {_listed(unsure)}.")
    return [*said, *doubt_texts(comparison)]


def doubt_texts(comparison: Comparison) -> list[str]:
    """What was not judged, and what may be worse all the same, as a sentence each."""
    not_judged = ", ".join(each.metric for each in comparison.not_judged())
    names = [each for each in comparison.requests if any(change.doubt is Doubt.TOO_FEW for change in each.changes)]
    # One name alone is the total.
    every = len(comparison.requests)
    of_names = f"{len(names):,} of {every:,} request names in part" if names and every > 1 else ""
    said = []
    if not_judged or of_names:
        said.append(f"Not judged, too few: {'; '.join(filter(None, (not_judged, of_names)))}.")
    may_be_worse = ", ".join(each.metric for each in comparison.total.changes if each.doubt is Doubt.UNSURE)
    if may_be_worse:
        said.append(f"Too uncertain to rule out that it is worse: {may_be_worse}.")
    return said


def _listed(changes: Sequence[tuple[RequestChange, Change]]) -> str:
    more = f"; and {len(changes) - _MOST_NAMED:,} more" if len(changes) > _MOST_NAMED else ""
    return "; ".join(worse_text(request, change) for request, change in changes[:_MOST_NAMED]) + more


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
