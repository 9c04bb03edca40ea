"""result.json: the record as a document whose form is published and versioned."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from perftui.model import record as model
from perftui.model import tick as model_tick
from perftui.model.histogram import PERCENTILES, Histogram
from perftui.model.judged import ThresholdResult
from perftui.model.plan import UNTIL_STEADY_S, plan_to_dict
from perftui.model.snapshot import TimelinePoint
from perftui.model.totals import RequestTotals
from perftui.reports.figures import (
    accounting,
    duration_s,
    exceptions_in_order,
    failures_in_order,
    lines_of,
    one_line,
    per_s,
    percentiles_ms,
    requests_in_order,
    round_ms,
)

# Raised when a reader of the document would have to change; new keys alone do not.
SCHEMA_VERSION = 1
PERCENTILE_ERROR = 0.01


class Times(msgspec.Struct, kw_only=True, frozen=True):
    """Service times (from the send to the end of the response) in ms; null where nothing was timed."""

    count: int
    min_ms: float | None
    mean_ms: float | None
    p50_ms: float | None
    p75_ms: float | None
    p90_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    p99_9_ms: float | None
    max_ms: float | None


class Request(msgspec.Struct, kw_only=True, frozen=True):
    """A request name, or all of them. `untimed` requests are in no times. `statuses` counts by HTTP status, 0 is none.

    `fail_ratio` is 0 to 1, null without requests; rates are over the whole run.
    """

    method: str
    name: str
    requests: int
    succeeded: int
    failed: int
    untimed: int
    fail_ratio: float | None
    rps: float
    fails_per_s: float
    response_bytes: int
    statuses: dict[str, int]
    times: Times
    succeeded_times: Times
    failed_times: Times


class Failure(msgspec.Struct, kw_only=True, frozen=True):
    """Failed requests that are alike; first and last seen in seconds since the start of the load."""

    method: str
    name: str
    message: str
    count: int
    first_s: float
    last_s: float


class PythonException(msgspec.Struct, kw_only=True, frozen=True):
    """Exceptions in user code that share a traceback."""

    message: str
    traceback: str
    count: int


class TargetSample(msgspec.Struct, kw_only=True, frozen=True):
    """The target's own side; null where it was not known. 100 % CPU is one core; `value` is what a command printed."""

    cpu_percent: float | None
    memory_bytes: int | None
    open_connections: int | None
    value: float | None


class Threshold(msgspec.Struct, kw_only=True, frozen=True):
    """A threshold held against the run: `state` is passed, acceptable, no data or failed.

    Numbers are in `unit`: ms, /s, bytes, % (0 to 100), or nothing for counts. `n` is how many requests or seconds
    `observed` comes from; `margin` is the share of the target that is left, negative beyond it.
    """

    rule: str
    measure: str
    state: str
    observed: float | None
    unit: str
    n: int
    target: float
    acceptable: float | None
    margin: float | None
    failed_since_s: float | None
    failed_until_s: float | None
    text: str


class Finding(msgspec.Struct, kw_only=True, frozen=True):
    """Something that the rules saw in the run, in words; `is_doubt` where they say that they cannot say."""

    kind: str
    text: str
    from_s: float | None
    to_s: float | None
    is_doubt: bool


class Window(msgspec.Struct, kw_only=True, frozen=True):
    """The part of the run that totals, requests, failures, exceptions, thresholds and findings cover.

    In seconds since the start of the load; `why` is empty for the whole run. The timeline is always whole.
    """

    from_s: float
    to_s: float
    covered_s: float
    why: str


class Point(msgspec.Struct, kw_only=True, frozen=True):
    """About one second of the run, by itself; `elapsed_s` is its end."""

    elapsed_s: float
    interval_s: float
    user_count: int
    requests: int
    failures: int
    rps: float
    fails_per_s: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    in_flight: int
    cpu_percent: float
    hub_lag_p99_ms: float
    target: TargetSample | None


class Accounting(msgspec.Struct, kw_only=True, frozen=True):
    """Every request that was sent, once: started = succeeded + failed + abandoned."""

    started: int
    succeeded: int
    failed: int
    abandoned: int
    oldest_abandoned_s: float


class Event(msgspec.Struct, kw_only=True, frozen=True):
    elapsed_s: float
    kind: str
    text: str


class Note(msgspec.Struct, kw_only=True, frozen=True):
    """What somebody noted on the timeline, while the run went on or later. It is among the events too."""

    elapsed_s: float
    text: str
    by: str = ""


class Result(msgspec.Struct, kw_only=True, frozen=True):
    """A run of perftui. `verdict`, `exit_code`, `reason` and `ended_at` are null where it was never sealed.

    Percentiles are within `percentile_error`, relative, of the recorded times. Text from outside has its control
    characters shown as escapes and its secrets masked.
    """

    schema_version: int
    run_id: str
    state: str
    verdict: str | None
    exit_code: int | None
    reason: str | None
    sentences: list[str]
    warnings: list[str]
    started_at: str
    ended_at: str | None
    duration_s: float
    window: Window
    percentile_error: float
    accounting: Accounting
    thresholds: list[Threshold]
    findings: list[Finding]
    totals: Request
    requests: list[Request]
    failures: list[Failure]
    exceptions: list[PythonException]
    timeline: list[Point]
    events: list[Event]
    notes: list[Note]
    plan: dict[str, Any]
    environment: dict[str, str]


def result_json(record: model.Record) -> bytes:
    return msgspec.json.format(msgspec.json.encode(_result(record)), indent=2) + b"\n"


def result_schema() -> bytes:
    """The JSON schema of the document; docs/result.schema.json is a copy."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Result)}
    for definition in schema["$defs"].values():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"])
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"


def _result(record: model.Record) -> Result:
    outcome, totals, seconds = record.outcome, record.totals, duration_s(record)
    accounted = accounting(record)
    return Result(
        schema_version=SCHEMA_VERSION,
        run_id=one_line(record.run_id),
        state=record.state.value,
        verdict=outcome.verdict.value if outcome else None,
        exit_code=outcome.exit_code if outcome else None,
        reason=one_line(outcome.reason) if outcome else None,
        sentences=[one_line(each) for each in record.sentences],
        warnings=[one_line(each) for each in outcome.warnings] if outcome else [],
        started_at=record.started_at,
        ended_at=one_line(outcome.ended_at) if outcome else None,
        duration_s=record.whole.elapsed_s,
        window=Window(
            from_s=round(totals.elapsed_s - seconds, 6),
            to_s=round(totals.elapsed_s, 6),
            covered_s=round(seconds, 6),
            why=one_line(record.window.why),
        ),
        percentile_error=PERCENTILE_ERROR,
        accounting=Accounting(
            started=accounted.started,
            succeeded=accounted.succeeded,
            failed=accounted.failed,
            abandoned=accounted.abandoned,
            oldest_abandoned_s=accounted.oldest_abandoned_s,
        ),
        thresholds=[_threshold(each) for each in record.thresholds],
        findings=[
            Finding(
                kind=one_line(each.kind),
                text=one_line(each.text),
                from_s=each.from_s,
                to_s=each.to_s,
                is_doubt=each.is_doubt,
            )
            for each in record.findings
        ],
        totals=_request(totals.total, seconds),
        requests=[_request(each, seconds) for each in requests_in_order(record)],
        failures=[
            Failure(
                method=one_line(group.method),
                name=one_line(group.name),
                message=one_line(group.message),
                count=group.count,
                first_s=group.first_s,
                last_s=group.last_s,
            )
            for group in failures_in_order(record)
        ],
        exceptions=[
            PythonException(message=one_line(group.message), traceback=lines_of(group.traceback), count=group.count)
            for group in exceptions_in_order(record)
        ],
        timeline=[_point(each) for each in record.timeline],
        events=[
            Event(elapsed_s=each.elapsed_s, kind=one_line(each.kind), text=one_line(each.text))
            for each in record.events
        ],
        notes=[Note(elapsed_s=each.elapsed_s, text=one_line(each.text), by=one_line(each.by)) for each in record.notes],
        plan=_cleaned(plan_to_dict(record.plan)),
        environment={one_line(key): one_line(value) for key, value in sorted(record.environment.items())},
    )


def _threshold(result: ThresholdResult) -> Threshold:
    return Threshold(
        rule=one_line(result.rule),
        measure=one_line(result.measure),
        state=result.state.value,
        observed=result.observed,
        unit=result.unit,
        n=result.n,
        target=result.target,
        acceptable=result.acceptable,
        margin=result.margin,
        failed_since_s=result.failed_since_s,
        failed_until_s=result.failed_until_s,
        text=one_line(result.text),
    )


def _request(totals: RequestTotals, seconds: float) -> Request:
    return Request(
        method=one_line(totals.method),
        name=one_line(totals.name),
        requests=totals.requests,
        succeeded=totals.succeeded,
        failed=totals.failed,
        untimed=totals.untimed,
        fail_ratio=totals.fail_ratio,
        rps=round(per_s(totals.requests, seconds), 6),
        fails_per_s=round(per_s(totals.failed, seconds), 6),
        response_bytes=totals.response_bytes,
        statuses={str(status): count for status, count in sorted(totals.statuses.items())},
        times=_times(totals.times()),
        succeeded_times=_times(totals.ok_times),
        failed_times=_times(totals.failed_times),
    )


def _times(times: Histogram) -> Times:
    p50_ms, p75_ms, p90_ms, p95_ms, p99_ms, p99_9_ms = percentiles_ms(times, PERCENTILES)
    return Times(
        count=times.count,
        min_ms=round_ms(times.min_ms),
        mean_ms=round_ms(times.mean_ms),
        p50_ms=p50_ms,
        p75_ms=p75_ms,
        p90_ms=p90_ms,
        p95_ms=p95_ms,
        p99_ms=p99_ms,
        p99_9_ms=p99_9_ms,
        max_ms=round_ms(times.max_ms),
    )


def _point(point: TimelinePoint) -> Point:
    return Point(
        elapsed_s=round(point.elapsed_s, 6),
        interval_s=round(point.interval_s, 6),
        user_count=point.user_count,
        requests=point.requests,
        failures=point.failures,
        rps=round(point.rps, 6),
        fails_per_s=round(point.fails_per_s, 6),
        p50_ms=round_ms(point.times.p50_ms),
        p95_ms=round_ms(point.times.p95_ms),
        p99_ms=round_ms(point.times.p99_ms),
        max_ms=round_ms(point.times.max_ms),
        in_flight=point.in_flight,
        cpu_percent=point.cpu_percent,
        hub_lag_p99_ms=point.hub_lag_p99_ms,
        target=_target(point.target),
    )


def _target(sample: model_tick.TargetSample | None) -> TargetSample | None:
    if sample is None:
        return None
    return TargetSample(
        cpu_percent=sample.cpu_percent,
        memory_bytes=sample.memory_bytes,
        open_connections=sample.open_connections,
        value=sample.value,
    )


def _cleaned(value: Any) -> Any:
    """`value` with each text in it as one line."""
    if isinstance(value, dict):
        return {one_line(key): _cleaned(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if value == UNTIL_STEADY_S:
        return "until steady"
    return one_line(value) if isinstance(value, str) else value
