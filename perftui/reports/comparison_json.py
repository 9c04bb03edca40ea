"""A comparison as a document for programs."""

from __future__ import annotations

import msgspec

from perftui.judgement.changes import Change as Changed
from perftui.judgement.changes import RequestChange
from perftui.judgement.comparison import FALSE_ALARMS
from perftui.model.record import Record
from perftui.reports.comparison_figures import Compared, summary_text
from perftui.reports.figures import one_line

# Raised when a reader of the document would have to change; new keys alone do not.
SCHEMA_VERSION = 1


class Run(msgspec.Struct, kw_only=True, frozen=True):
    """`measured_s` is how many seconds its numbers cover; `baseline` the name it was found under, or null."""

    run_id: str
    baseline: str | None
    profile: str
    target: str
    branch: str | None
    started_at: str
    measured_s: float
    requests: int


class Change(msgspec.Struct, kw_only=True, frozen=True):
    """`a` and `b` in requests per second (rps), ms (percentiles) or 0 to 1 (fail_ratio); null without data.

    `absolute` is b - a, `relative` is b / a - 1. `low` and `high` bound what the change may be, noise considered:
    relative, for fail_ratio absolute. `doubt` says why "same" is not known to be the same; empty where it is.
    """

    metric: str
    a: float | None
    b: float | None
    absolute: float | None
    relative: float | None
    low: float | None
    high: float | None
    verdict: str
    doubt: str


class Request(msgspec.Struct, kw_only=True, frozen=True):
    method: str
    name: str
    a_requests: int
    b_requests: int
    verdict: str
    changes: list[Change]


class Difference(msgspec.Struct, kw_only=True, frozen=True):
    what: str
    a: str
    b: str


class Document(msgspec.Struct, kw_only=True, frozen=True):
    """Two runs: `a` is the old one. `differences` is empty unless they were compared although unlike (--force).

    `limit` is a share; in at most a share of `false_alarms` of pairs of equal runs something is called worse.
    `not_judged` names the metrics of the total of which too little was measured; those in `undecided` are beyond the
    limit for the worse, so that it cannot be said that nothing got worse.
    """

    schema_version: int
    a: Run
    b: Run
    limit: float
    false_alarms: float
    slices: int
    summary: str
    not_judged: list[str]
    undecided: list[str]
    remarks: list[str]
    differences: list[Difference]
    total: Request
    requests: list[Request]


def comparison_json(compared: Compared) -> bytes:
    comparison = compared.comparison
    document = Document(
        schema_version=SCHEMA_VERSION,
        a=_run(compared.old, compared.baseline),
        b=_run(compared.new),
        limit=comparison.limit,
        false_alarms=FALSE_ALARMS,
        slices=comparison.slices,
        summary=summary_text(comparison),
        not_judged=[each.metric for each in comparison.not_judged()],
        undecided=[each.metric for each in comparison.undecided()],
        remarks=[one_line(each) for each in compared.remarks],
        differences=[
            Difference(what=each.what, a=one_line(each.old), b=one_line(each.new)) for each in compared.differences
        ],
        total=_request(comparison.total),
        requests=[_request(each) for each in comparison.requests],
    )
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _run(record: Record, baseline: str = "") -> Run:
    branch = record.plan.provenance.get("git_branch")
    return Run(
        run_id=one_line(record.run_id),
        baseline=one_line(baseline) if baseline else None,
        profile=one_line(record.plan.profile.name),
        target=one_line(record.plan.target.name),
        branch=one_line(branch) if branch else None,
        started_at=record.started_at,
        measured_s=round(record.totals.covered_s, 6),
        requests=record.totals.total.requests,
    )


def _request(request: RequestChange) -> Request:
    return Request(
        method=one_line(request.method),
        name=one_line(request.name),
        a_requests=request.old_requests,
        b_requests=request.new_requests,
        verdict=request.verdict.value,
        changes=[_change(each) for each in request.changes],
    )


def _change(change: Changed) -> Change:
    return Change(
        metric=change.metric,
        a=_rounded(change.old),
        b=_rounded(change.new),
        absolute=_rounded(change.absolute),
        relative=_rounded(change.relative),
        low=_rounded(change.low),
        high=_rounded(change.high),
        verdict=change.verdict.value,
        doubt=change.doubt.value,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
