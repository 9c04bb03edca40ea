"""What the engine says happened since the last tick: lossless deltas."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from perftui.model.exchange import Exchange
from perftui.model.histogram import Histogram

# Past these the engine counts under OTHER; nothing is lost but the name.
MAX_REQUEST_NAMES = 1000
MAX_FAILURE_GROUPS = 200
MAX_EXCEPTION_GROUPS = 50
MAX_LOAD_WORKERS = 1000
OTHER = "(other)"


@dataclass(frozen=True, slots=True)
class RequestDelta:
    """One request name in one tick.

    Both histograms hold service times (from the send to the end of the response), apart for requests that
    succeeded and requests that failed: a refused connection "answers" in no time. `statuses` counts by HTTP
    status; 0 stands for no response. `untimed` counts requests that were reported without a time: they are in
    no histogram. `succeeded + failed` is the number of requests.

    `response_times` holds response times (from the intended start to the end of the response) of all requests, those
    that succeeded and those that failed; it is empty where no user keeps a schedule. A request that is not the first of
    its task is intended when it is sent. Never holds more than was measured: no request is made up for a late one.
    """

    method: str
    name: str
    succeeded: int
    failed: int
    untimed: int
    response_bytes: int
    ok_times: Histogram
    failed_times: Histogram
    statuses: dict[int, int] = field(default_factory=dict)
    response_times: Histogram = field(default_factory=Histogram)

    @property
    def requests(self) -> int:
        return self.succeeded + self.failed


@dataclass(frozen=True, slots=True)
class FailureDelta:
    """Failures of one request name whose messages are alike once ids are masked; times since the test start."""

    method: str
    name: str
    message: str
    count: int
    first_s: float
    last_s: float


@dataclass(frozen=True, slots=True)
class ExceptionDelta:
    """Exceptions in user code that share a traceback; `message` is the first one's."""

    message: str
    traceback: str
    count: int


@dataclass(frozen=True, slots=True)
class RateLimitDelta:
    """Responses with status 429 to one request name in one tick; `first_s` and `last_s` since the test start.

    `retry_after_s` is what the Retry-After of the last that had one said, in seconds from `told_s`; both None where
    none had one that could be read.
    """

    method: str
    name: str
    count: int
    first_s: float
    last_s: float
    retry_after_s: float | None = None
    told_s: float | None = None


@dataclass(frozen=True, slots=True)
class TargetSample:
    """What was known of the target's own side at the end of a tick; None: not known.

    `cpu_percent` is 100 for one busy core. `value` is what the target's monitor command printed.
    """

    cpu_percent: float | None = None
    memory_bytes: int | None = None
    open_connections: int | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How the generator itself is doing over the tick.

    Hub lag is by how much a 10 ms sleep overslept: what gevent's loop adds to each measured time. Lateness is by how
    much tasks that keep a schedule, and whose user was free, began late. `local_ports` is how many ports of the range
    for outgoing connections this machine uses. A limit is 0 where there is none, or where it is not known.
    """

    cpu_percent: float
    rss_bytes: int
    hub_lag_p50_ms: float
    hub_lag_p99_ms: float
    hub_lag_max_ms: float
    open_files: int
    open_files_limit: int
    lateness_p99_ms: float = 0.0
    local_ports: int = 0
    local_ports_limit: int = 0


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Tasks that were due by an arrival rate since the last tick: scheduled == started + dropped + what `waiting` grew.

    `rate_per_s` is what is asked for at the end of the tick, `waiting` how many are due then and have no user yet, and
    `busy_users` how many users are in a task. One that waits for longer than perftui.model.tick.PATIENCE_S is dropped.
    """

    rate_per_s: float
    scheduled: int
    started: int
    dropped: int
    waiting: int
    busy_users: int


# How long a task that is due waits for a free user before it counts as dropped.
PATIENCE_S = 1.0


@dataclass(frozen=True, slots=True)
class LocalErrorDelta:
    """Requests that this machine could not send: no open file, no local port or no memory left. Not failures."""

    message: str
    count: int


@dataclass(frozen=True, slots=True)
class LoadWorkerSample:
    """One process that makes load, or leads those that do, at the end of a tick.

    `role`: "master" leads; "local" was started by this run; "remote" came from elsewhere and counts as exactly;
    "stock" is a Locust worker without perftui's agent, whose times are rounded by Locust to two digits.
    `state` is "missing" also where it was gone for a part of the tick. `requests` is of this tick. `last_seen_s` is how
    long ago it was heard of. `health` is None where it is not known.
    """

    name: str
    host: str
    role: Literal["master", "local", "remote", "stock"]
    state: Literal["ready", "running", "missing", "left"]
    user_count: int
    requests: int
    last_seen_s: float
    health: Health | None


@dataclass(frozen=True, slots=True)
class Tick:
    """About one second of a run; `seq` counts them from 1.

    `elapsed_s` is its end and `interval_s` its length, on the monotonic clock that starts with the test.

    `started` counts requests sent, `abandoned` those that were never reported, cut off or left by user code (both since
    the last tick); `in_flight` is how many run now and `oldest_in_flight_s` the age of the oldest. What could not be
    sent is in `local_errors` alone: started == succeeded + failed + abandoned + local errors + what `in_flight` grew.

    Where load workers make the load, all counts are their sums and `health` is the worst of theirs.
    """

    seq: int
    elapsed_s: float
    interval_s: float
    user_count: int
    target_user_count: int
    users_by_class: dict[str, int]
    requests: tuple[RequestDelta, ...]
    failures: tuple[FailureDelta, ...]
    exceptions: tuple[ExceptionDelta, ...]
    started: int
    abandoned: int
    in_flight: int
    oldest_in_flight_s: float
    health: Health
    rate_limits: tuple[RateLimitDelta, ...] = ()
    target: TargetSample | None = None
    """Added by the conductor; the engine knows nothing of it."""
    exchanges: tuple[Exchange, ...] = ()
    """Failed requests that are kept whole, at most MAX_EXCHANGES_PER_GROUP of each failure group over the run."""
    arrivals: Arrivals | None = None
    """Where the load is an arrival rate."""
    load_workers: tuple[LoadWorkerSample, ...] = ()
    """The master first; empty where the engine makes the load itself."""
    local_errors: tuple[LocalErrorDelta, ...] = ()
    watched: Histogram = field(default_factory=Histogram)
    """Service times of the requests of which the engine looked how much of it was its own: all of them, or where they
    are many a part that was chosen by chance, each counted for as many as it stands for. Empty where nothing is known,
    as on systems other than Linux."""
    less_own: Histogram = field(default_factory=Histogram)
    """`watched` without what the generator added."""
