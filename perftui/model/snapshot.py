"""What a viewer is shown: the state now, and one point of the timeline. Computed once, by the run's owner."""

from __future__ import annotations

from dataclasses import dataclass, replace

from perftui.model.control import LoadControl
from perftui.model.histogram import PERCENTILES, Histogram, merge
from perftui.model.judged import ThresholdResult, Trust
from perftui.model.marks import Note
from perftui.model.run_state import RunState
from perftui.model.tick import Arrivals, Health, LoadWorkerSample, TargetSample, Tick
from perftui.model.totals import FailureGroup, RequestTotals, RunTotals, is_strained


@dataclass(frozen=True, slots=True)
class Times:
    """Service times (from the send) in ms; all None while `count` is 0. Percentiles to within 1 %."""

    count: int
    min_ms: float | None
    mean_ms: float | None
    max_ms: float | None
    p50_ms: float | None
    p75_ms: float | None
    p90_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    p99_9_ms: float | None


def times_of(histogram: Histogram) -> Times:
    return Times(
        histogram.count,
        histogram.min_ms,
        histogram.mean_ms,
        histogram.max_ms,
        *histogram.percentiles_ms(PERCENTILES),
    )


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request name: counts and times over the whole run, rates over the last ten seconds."""

    method: str
    name: str
    requests: int
    failures: int
    fail_ratio: float | None
    rps: float
    fails_per_s: float
    mean_response_bytes: float
    times: Times
    response: Times | None = None
    """Response times (from the intended start) where users keep a schedule; `times` are service times."""


@dataclass(frozen=True, slots=True)
class FailureRow:
    """`share` is its part of all failures and `share_of_request` of the request's, 0 to 1; `fails_per_s` is that of the
    last ten seconds. None where that was not counted.
    """

    method: str
    name: str
    message: str
    count: int
    first_s: float
    last_s: float
    share: float | None = None
    share_of_request: float | None = None
    fails_per_s: float | None = None


@dataclass(frozen=True, slots=True)
class TimelinePoint:
    """One tick, for charts: times of that tick alone, and its rates (see `rated` for a very short one)."""

    seq: int
    elapsed_s: float
    interval_s: float
    user_count: int
    target_user_count: int
    requests: int
    failures: int
    rps: float
    fails_per_s: float
    times: Times
    in_flight: int
    cpu_percent: float
    hub_lag_p99_ms: float
    target: TargetSample | None = None
    response: Times | None = None
    """Response times (from the intended start) where users keep a schedule."""
    is_strained: bool = False
    """The generator was late enough to show in `times`."""
    arrivals: Arrivals | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a run, whole: a viewer that missed one has lost nothing but a frame.

    `seq` is the newest committed tick (-1: none yet): the points up to it are in the record. `now` is the
    newest tick alone; `recent_times` covers the last ten seconds, `total` the whole run. `run_time_s` is None
    where the end is not known beforehand. `warning` is one line that a viewer shows for as long as it is there.

    `total`, `rows`, `failures` and `statuses` leave out the first `warm_up_s`; while `is_warming_up`, they are of the
    warm-up itself.
    """

    run_id: str
    folder: str
    title: str
    target_url: str
    state: RunState
    cause: str
    warning: str
    seq: int
    elapsed_s: float
    run_time_s: float | None
    user_count: int
    target_user_count: int
    users_by_class: dict[str, int]
    started: int
    abandoned: int
    in_flight: int
    oldest_in_flight_s: float
    now: TimelinePoint | None
    recent_times: Times
    total: RequestRow
    rows: tuple[RequestRow, ...]
    failures: tuple[FailureRow, ...]
    failure_groups: int
    exceptions: tuple[tuple[str, int], ...]
    statuses: dict[int, int]
    health: Health | None
    thresholds: tuple[ThresholdResult, ...] = ()
    is_warming_up: bool = False
    warm_up_s: float = 0.0
    notes: tuple[Note, ...] = ()
    tracebacks: tuple[str, ...] = ()
    """That of each of `exceptions`, its end where it is longer than MAX_SHOWN_TRACEBACK_CHARS."""
    is_strained: bool = False
    """In the newest tick the generator was late enough to show in what it measured."""
    strained_ticks: int = 0
    control: LoadControl | None = None
    """What drives the load; None before the test starts."""
    arrivals: Arrivals | None = None
    """Of the whole run, where the load is an arrival rate; `rate_per_s` and `busy_users` are of now."""
    load_workers: tuple[LoadWorkerSample, ...] = ()
    local_errors: tuple[tuple[str, int], ...] = ()
    trust: Trust = Trust.OK
    trust_reason: str = ""
    """Why it is not believed, in one line with its numbers: of the last seconds, else of the run."""
    recent_response: Times | None = None
    """As `recent_times`, from the intended start."""


# A viewer is sent the biggest of each; the record keeps all.
MAX_SHOWN_FAILURES = 50
MAX_SHOWN_EXCEPTIONS = 20
MAX_SHOWN_TRACEBACK_CHARS = 2_000


def point_of(tick: Tick) -> TimelinePoint:
    requests = sum(delta.requests for delta in tick.requests)
    failures = sum(delta.failed for delta in tick.requests)
    times = merge(times for delta in tick.requests for times in (delta.ok_times, delta.failed_times))
    # A tick of no length can only come from a clock that did not move; it has no rate.
    per_s = 1 / tick.interval_s if tick.interval_s > 0 else 0.0
    return TimelinePoint(
        seq=tick.seq,
        elapsed_s=tick.elapsed_s,
        interval_s=tick.interval_s,
        user_count=tick.user_count,
        target_user_count=tick.target_user_count,
        requests=requests,
        failures=failures,
        rps=requests * per_s,
        fails_per_s=failures * per_s,
        times=times_of(times),
        in_flight=tick.in_flight,
        cpu_percent=tick.health.cpu_percent,
        hub_lag_p99_ms=tick.health.hub_lag_p99_ms,
        target=tick.target,
        response=_response_of(merge(delta.response_times for delta in tick.requests)),
        is_strained=is_strained(tick, times),
        arrivals=tick.arrivals,
    )


# The last tick of a run may be a few milliseconds long: four requests in it are no hundred a second.
SHORTEST_RATED_S = 0.5


def rated(point: TimelinePoint, before: TimelinePoint | None) -> TimelinePoint:
    """`point` with its rates taken over the tick `before` it too, where it is too short to have a rate of its own."""
    if point.interval_s >= SHORTEST_RATED_S or before is None:
        return point
    covered_s = before.interval_s + point.interval_s
    return replace(
        point,
        rps=(before.requests + point.requests) / covered_s,
        fails_per_s=(before.failures + point.failures) / covered_s,
    )


def row_of(totals: RequestTotals, recent: tuple[int, int], recent_s: float) -> RequestRow:
    """`totals` as a row; `recent` holds its requests and failures over the last `recent_s` seconds."""
    per_s = 1 / recent_s if recent_s > 0 else 0.0
    return RequestRow(
        method=totals.method,
        name=totals.name,
        requests=totals.requests,
        failures=totals.failed,
        fail_ratio=totals.fail_ratio,
        rps=recent[0] * per_s,
        fails_per_s=recent[1] * per_s,
        mean_response_bytes=totals.response_bytes / totals.requests if totals.requests else 0.0,
        times=times_of(totals.times()),
        response=_response_of(totals.response_times),
    )


def _response_of(histogram: Histogram) -> Times | None:
    return times_of(histogram) if histogram.count else None


def failure_rows_of(
    totals: RunTotals, *, is_recent: bool = False, at_most: int | None = None
) -> tuple[FailureRow, ...]:
    """The failure groups, the biggest first, each with its shares; with `is_recent` what of it failed lately too."""
    recent = totals.recent_failures() if is_recent else {}
    per_s = 1 / totals.recent_s if totals.recent_s > 0 else 0.0
    groups = sorted(totals.failures.values(), key=lambda group: -group.count)[:at_most]

    def row(group: FailureGroup) -> FailureRow:
        request = totals.by_request.get((group.method, group.name))
        return FailureRow(
            group.method,
            group.name,
            group.message,
            group.count,
            group.first_s,
            group.last_s,
            _part(group.count, totals.total.failed),
            _part(group.count, request.requests if request else 0),
            recent.get((group.method, group.name, group.message), 0) * per_s if is_recent else None,
        )

    return tuple(map(row, groups))


def _part(count: int, whole: int) -> float | None:
    # A locustfile may say that something failed without a request of that name: there is no share then.
    return count / whole if whole >= count > 0 else None


def _now(totals: RunTotals) -> TimelinePoint | None:
    before, last = [None, None, *map(point_of, list(totals.recent)[-2:])][-2:]
    return rated(last, before) if last else None


def snapshot_of(
    whole: RunTotals,
    measured: RunTotals | None,
    *,
    run_id: str,
    folder: str,
    title: str,
    target_url: str,
    state: RunState,
    cause: str,
    warning: str,
    elapsed_s: float,
    run_time_s: float | None,
    thresholds: tuple[ThresholdResult, ...] = (),
    warm_up_s: float = 0.0,
    notes: tuple[Note, ...] = (),
    control: LoadControl | None = None,
    trust: Trust = Trust.OK,
    trust_reason: str = "",
) -> Snapshot:
    """`measured` is the part of `whole` that is judged, None while the run still warms up."""
    totals = measured or whole
    last = whole.last
    recent, recent_s = totals.recent_counts(), totals.recent_s
    both = (
        sum(requests for requests, _ in recent.values()),
        sum(failures for _, failures in recent.values()),
    )
    exceptions = sorted(whole.exceptions.values(), key=lambda group: -group.count)[:MAX_SHOWN_EXCEPTIONS]
    return Snapshot(
        run_id=run_id,
        folder=folder,
        title=title,
        target_url=target_url,
        state=state,
        cause=cause,
        warning=warning,
        seq=last.seq if last else -1,
        elapsed_s=elapsed_s,
        run_time_s=run_time_s,
        user_count=last.user_count if last else 0,
        target_user_count=last.target_user_count if last else 0,
        users_by_class=dict(last.users_by_class) if last else {},
        started=whole.started,
        abandoned=whole.abandoned,
        in_flight=whole.in_flight,
        oldest_in_flight_s=whole.oldest_in_flight_s,
        now=_now(whole),
        recent_times=times_of(whole.recent_times()),
        total=row_of(totals.total, both, recent_s),
        rows=tuple(row_of(each, recent.get(key, (0, 0)), recent_s) for key, each in sorted(totals.by_request.items())),
        failures=failure_rows_of(totals, is_recent=True, at_most=MAX_SHOWN_FAILURES),
        failure_groups=len(totals.failures),
        exceptions=tuple((group.message, group.count) for group in exceptions),
        statuses=dict(sorted(totals.total.statuses.items())),
        health=whole.health,
        thresholds=thresholds,
        is_warming_up=measured is None,
        warm_up_s=warm_up_s,
        notes=notes,
        tracebacks=tuple(group.traceback[-MAX_SHOWN_TRACEBACK_CHARS:] for group in exceptions),
        is_strained=whole.is_strained,
        strained_ticks=whole.strained_ticks,
        control=control,
        arrivals=_arrivals(whole),
        load_workers=last.load_workers if last else (),
        local_errors=tuple(sorted(whole.local_errors.items())),
        trust=trust,
        trust_reason=trust_reason,
        recent_response=_response_of(whole.recent_response_times()),
    )


def _arrivals(whole: RunTotals) -> Arrivals | None:
    now = whole.last.arrivals if whole.last else None
    if now is None:
        return None
    sums = whole.arrivals
    return Arrivals(now.rate_per_s, sums.scheduled, sums.started, sums.dropped, sums.waiting, now.busy_users)
