"""What result.json is made of. Its published schema, docs/result.schema.json, has these words too."""

from __future__ import annotations

from typing import Any

import msgspec

from perftui.reports.capacity_json import Capacity


class Times(msgspec.Struct, kw_only=True, frozen=True):
    """Times in ms; null where nothing was timed.

    They are service times, from the send to the end of the response; only `response_times` are from the intended start.
    """

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

    `fail_ratio` is 0 to 1, null without requests; rates are over the whole run. `response_times` (from the intended
    start) is null where no user kept a schedule.
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
    response_times: Times | None


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


class Arrivals(msgspec.Struct, kw_only=True, frozen=True):
    """Tasks that were due in a second; `rate_per_s`, `waiting` and `busy_users` are of its end."""

    rate_per_s: float
    scheduled: int
    started: int
    dropped: int
    waiting: int
    busy_users: int


class ResponsePoint(msgspec.Struct, kw_only=True, frozen=True):
    """Response times of a second, from the intended start."""

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None


class Point(msgspec.Struct, kw_only=True, frozen=True):
    """About one second of the run, by itself; `elapsed_s` is its end. Its own times are service times, from the send.

    `is_strained`: the generator itself was late, and the times are too high. `response` is null where no user kept a
    schedule, `arrivals` where the load is no arrival rate.
    """

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
    is_strained: bool
    response: ResponsePoint | None
    arrivals: Arrivals | None


class Accounting(msgspec.Struct, kw_only=True, frozen=True):
    """Every request of the run, once: started = succeeded + failed + abandoned + local_errors.

    Those in `local_errors` could not be sent by this machine. Of an arrival rate, every task that was due, once:
    scheduled = started_tasks + dropped + waiting.
    """

    started: int
    succeeded: int
    failed: int
    abandoned: int
    oldest_abandoned_s: float
    local_errors: int
    scheduled: int
    started_tasks: int
    dropped: int
    waiting: int


class LocalError(msgspec.Struct, kw_only=True, frozen=True):
    """Requests that this machine could not send, over the whole run: no failures of the target."""

    message: str
    count: int


class LoadWorker(msgspec.Struct, kw_only=True, frozen=True):
    """A process that made load, or the master that led them, over the whole run.

    `role` is master, local, remote or stock (Locust's own, whose times are rounded to two digits), `state` its last.
    `lost` and `returned` count how often. Null where the worker said nothing of its health.
    """

    name: str
    host: str
    role: str
    state: str
    most_users: int
    requests: int
    lost: int
    returned: int
    most_cpu_percent: float | None
    worst_lag_ms: float | None


class Event(msgspec.Struct, kw_only=True, frozen=True):
    """`kind` is, among others, load for an order or the next stage and worker for a load worker; `by` may be empty."""

    elapsed_s: float
    kind: str
    text: str
    by: str


class Note(msgspec.Struct, kw_only=True, frozen=True):
    """What somebody noted on the timeline, while the run went on or later. It is among the events too."""

    elapsed_s: float
    text: str
    by: str = ""


class Result(msgspec.Struct, kw_only=True, frozen=True):
    """A run of perftui. `verdict`, `exit_code`, `reason`, `trust` and `ended_at` are null where it was never sealed.

    `trust` (ok, limited, bad) says whether the generator can be believed, `trust_reason` why it is not; in
    `late_seconds` of the whole run it was itself late. `has_schedule`: there are response times. Where there are none
    the model is closed, and a stall of the target holds up the load as well. `capacity` is null where the run was no
    search for it.

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
    trust: str | None
    trust_reason: str
    late_seconds: int
    has_schedule: bool
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
    load_workers: list[LoadWorker]
    local_errors: list[LocalError]
    capacity: Capacity | None
    plan: dict[str, Any]
    environment: dict[str, str]
