"""result.json: the record as a document whose form is published and versioned."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from perftui.model import record as model
from perftui.model import snapshot
from perftui.model import tick as model_tick
from perftui.model.histogram import PERCENTILES, Histogram
from perftui.model.judged import ThresholdResult
from perftui.model.load_workers import LoadWorkerRow
from perftui.model.plan import UNTIL_STEADY_S, plan_to_dict
from perftui.model.snapshot import TimelinePoint
from perftui.model.totals import RequestTotals
from perftui.reports.capacity_json import capacity_of
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
    trust_text,
)
from perftui.reports.result_form import (
    Accounting,
    Arrivals,
    Event,
    Failure,
    Finding,
    LoadWorker,
    LocalError,
    Note,
    Point,
    PythonException,
    Request,
    ResponsePoint,
    Result,
    TargetSample,
    Threshold,
    Times,
    Window,
)

# Raised when a reader of the document would have to change; new keys alone do not.
SCHEMA_VERSION = 1
PERCENTILE_ERROR = 0.01


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
        trust=outcome.trust.value if outcome else None,
        trust_reason=one_line(trust_text(record)),
        late_seconds=record.whole.strained_ticks,
        has_schedule=record.has_schedule,
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
            local_errors=accounted.local_errors,
            scheduled=accounted.scheduled,
            started_tasks=accounted.started_tasks,
            dropped=accounted.dropped,
            waiting=accounted.waiting,
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
            Event(elapsed_s=each.elapsed_s, kind=one_line(each.kind), text=one_line(each.text), by=one_line(each.by))
            for each in record.events
        ],
        notes=[Note(elapsed_s=each.elapsed_s, text=one_line(each.text), by=one_line(each.by)) for each in record.notes],
        load_workers=[_load_worker(each) for each in record.load_workers],
        local_errors=[
            LocalError(message=one_line(message), count=count)
            for message, count in sorted(record.whole.local_errors.items(), key=lambda item: -item[1])
        ],
        capacity=capacity_of(outcome.capacity) if outcome and outcome.capacity else None,
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
        response_times=_times(totals.response_times) if totals.response_times.count else None,
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
        is_strained=point.is_strained,
        response=None if point.response is None else _response(point.response),
        arrivals=None if point.arrivals is None else _arrivals(point.arrivals),
    )


def _response(times: snapshot.Times) -> ResponsePoint:
    return ResponsePoint(
        p50_ms=round_ms(times.p50_ms),
        p95_ms=round_ms(times.p95_ms),
        p99_ms=round_ms(times.p99_ms),
        max_ms=round_ms(times.max_ms),
    )


def _arrivals(arrivals: model_tick.Arrivals) -> Arrivals:
    return Arrivals(
        rate_per_s=round(arrivals.rate_per_s, 6),
        scheduled=arrivals.scheduled,
        started=arrivals.started,
        dropped=arrivals.dropped,
        waiting=arrivals.waiting,
        busy_users=arrivals.busy_users,
    )


def _load_worker(worker: LoadWorkerRow) -> LoadWorker:
    return LoadWorker(
        name=one_line(worker.name),
        host=one_line(worker.host),
        role=worker.role,
        state=worker.state,
        most_users=worker.most_users,
        requests=worker.requests,
        lost=worker.lost,
        returned=worker.returned,
        most_cpu_percent=worker.most_cpu_percent,
        worst_lag_ms=round_ms(worker.worst_lag_ms),
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
