"""What samples.db holds of the load itself: its schedule, its load workers and what this machine could not send.

Each table has rows only where there is something to say: a run without a schedule or load workers pays for nothing.
"""

from __future__ import annotations

from typing import get_args, get_type_hints

from perftui.model.histogram import Histogram, merge
from perftui.model.tick import Arrivals, Health, LoadWorkerSample, LocalErrorDelta, Tick
from perftui.store.blobs import pack_histogram, unpack_histogram
from perftui.store.cells import IdOf, Row, check

# `response_time` belongs to the row of `request` with the same seq and position; that at WHOLE_TICK is their sum.
# `watched` holds the times that stand for all of the tick, and the same without what the generator added, where that is
# known.
# `generator` is the rest of the health that `tick` has, and a load worker's health is all NULL where it is not known.
TABLES = """
CREATE {table} response_time (
  seq INTEGER NOT NULL, position INTEGER NOT NULL, times BLOB NOT NULL, PRIMARY KEY (seq, position)
) WITHOUT ROWID;
CREATE {table} watched (seq INTEGER PRIMARY KEY, times BLOB NOT NULL, less_own_times BLOB NOT NULL);
CREATE {table} generator (
  seq INTEGER PRIMARY KEY, lateness_p99_ms REAL NOT NULL, local_ports INTEGER NOT NULL,
  local_ports_limit INTEGER NOT NULL
);
CREATE {table} arrivals (
  seq INTEGER PRIMARY KEY, rate_per_s REAL NOT NULL, scheduled INTEGER NOT NULL, started INTEGER NOT NULL,
  dropped INTEGER NOT NULL, waiting INTEGER NOT NULL, busy_users INTEGER NOT NULL
);
CREATE {table} local_error_group (id INTEGER PRIMARY KEY, message TEXT NOT NULL);
CREATE {table} local_error (
  seq INTEGER NOT NULL, position INTEGER NOT NULL, group_id INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (seq, position)
) WITHOUT ROWID;
CREATE {table} load_worker (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, host TEXT NOT NULL, role TEXT NOT NULL
);
CREATE {table} load_worker_sample (
  seq INTEGER NOT NULL, position INTEGER NOT NULL, worker_id INTEGER NOT NULL,
  state TEXT NOT NULL, user_count INTEGER NOT NULL, requests INTEGER NOT NULL, last_seen_s REAL NOT NULL,
  cpu_percent REAL, rss_bytes INTEGER, hub_lag_p50_ms REAL, hub_lag_p99_ms REAL, hub_lag_max_ms REAL,
  open_files INTEGER, open_files_limit INTEGER, lateness_p99_ms REAL, local_ports INTEGER, local_ports_limit INTEGER,
  PRIMARY KEY (seq, position)
) WITHOUT ROWID;
"""
WHOLE_TICK = -1

# USING, and not ON: so "seq" alone stays the name of one column.
TICK_COLUMNS = "generator.*, arrivals.*, whole_tick.response_times, watched.times, watched.less_own_times"
TICK_JOINS = (
    "LEFT JOIN generator USING (seq) LEFT JOIN arrivals USING (seq)"
    f" LEFT JOIN (SELECT seq, times AS response_times FROM response_time WHERE position = {WHOLE_TICK}) AS whole_tick"
    " USING (seq) LEFT JOIN watched USING (seq)"
)

INSERT_RESPONSE_TIME = "INSERT INTO response_time VALUES (?, ?, ?)"
INSERT_WATCHED = "INSERT INTO watched VALUES (?, ?, ?)"
INSERT_GENERATOR = "INSERT INTO generator VALUES (?, ?, ?, ?)"
INSERT_ARRIVALS = f"INSERT INTO arrivals VALUES ({', '.join('?' * 7)})"
INSERT_LOCAL_ERROR = "INSERT INTO local_error VALUES (?, ?, ?, ?)"
INSERT_LOAD_WORKER_SAMPLE = f"INSERT INTO load_worker_sample VALUES ({', '.join('?' * 17)})"

_GENERATOR_KINDS = (float, int, int)
_ARRIVALS_KINDS = (float, *[int] * 5)
_SAMPLE_KINDS = (int, int, float)
_HEALTH_KINDS = (float, int, float, float, float, int, int, float, int, int)
_SAMPLE_HINTS = get_type_hints(LoadWorkerSample)
ROLES, STATES = get_args(_SAMPLE_HINTS["role"]), get_args(_SAMPLE_HINTS["state"])
# Where the columns of `arrivals`, and what comes after them, begin in those of TICK_COLUMNS.
_ARRIVALS_AT = 1 + len(_GENERATOR_KINDS)
_TIMES_AT = _ARRIVALS_AT + 1 + len(_ARRIVALS_KINDS)


def response_time_rows(tick: Tick) -> list[Row]:
    kept = [(position, delta.response_times) for position, delta in enumerate(tick.requests)]
    kept = [(position, times) for position, times in kept if times.count]
    if kept:
        kept.append((WHOLE_TICK, merge(times for _, times in kept)))
    return [(tick.seq, position, pack_histogram(times)) for position, times in kept]


def watched_rows(tick: Tick) -> list[Row]:
    if not (tick.watched.count or tick.less_own.count):
        return []
    return [(tick.seq, pack_histogram(tick.watched), pack_histogram(tick.less_own))]


def generator_rows(tick: Tick) -> list[Row]:
    """One row, or none where all of it is 0."""
    health = tick.health
    values = health.lateness_p99_ms, health.local_ports, health.local_ports_limit
    return [(tick.seq, *values)] if any(values) else []


def arrivals_rows(tick: Tick) -> list[Row]:
    """One row, or none where the load is no arrival rate."""
    of = tick.arrivals
    if of is None:
        return []
    return [(tick.seq, of.rate_per_s, of.scheduled, of.started, of.dropped, of.waiting, of.busy_users)]


def local_error_rows(tick: Tick, id_of: IdOf) -> list[Row]:
    return [(tick.seq, position, id_of(delta.message), delta.count) for position, delta in enumerate(tick.local_errors)]


def load_worker_rows(tick: Tick, id_of: IdOf) -> list[Row]:
    return [
        (
            tick.seq,
            position,
            id_of(sample.name, sample.host, sample.role),
            sample.state,
            sample.user_count,
            sample.requests,
            sample.last_seen_s,
            *_health_row(sample.health),
        )
        for position, sample in enumerate(tick.load_workers)
    ]


def _health_row(health: Health | None) -> Row:
    if health is None:
        return (None,) * len(_HEALTH_KINDS)
    return (
        health.cpu_percent,
        health.rss_bytes,
        health.hub_lag_p50_ms,
        health.hub_lag_p99_ms,
        health.hub_lag_max_ms,
        health.open_files,
        health.open_files_limit,
        health.lateness_p99_ms,
        health.local_ports,
        health.local_ports_limit,
    )


# What follows reads files that may come from anywhere, as perftui.store.schema says. `row` holds TICK_COLUMNS.


def generator_of(row: Row) -> Row:
    """The fields of Health after `open_files_limit`."""
    seq, *values = row[:_ARRIVALS_AT]
    if seq is None:
        return ()
    check(tuple(values), _GENERATOR_KINDS)
    return tuple(values)


def arrivals_of(row: Row) -> Arrivals | None:
    seq, *values = row[_ARRIVALS_AT:_TIMES_AT]
    if seq is None:
        return None
    check(tuple(values), _ARRIVALS_KINDS)
    return Arrivals(*values)


def response_times_of(row: Row) -> Histogram:
    """Those of all requests of the tick."""
    return unpack_histogram(row[_TIMES_AT] or b"")


def watched_of(row: Row) -> tuple[Histogram, Histogram]:
    """`watched` and `less_own` of the tick."""
    watched, less_own = row[_TIMES_AT + 1 : _TIMES_AT + 3]
    return unpack_histogram(watched or b""), unpack_histogram(less_own or b"")


def local_error_of(texts: Row, values: Row) -> LocalErrorDelta:
    check(values, (int,))
    return LocalErrorDelta(*texts, *values)


def load_worker_of(texts: Row, values: Row) -> LoadWorkerSample:
    name, host, role = texts
    state, user_count, requests, last_seen_s, *health = values
    if role not in ROLES or state not in STATES:
        raise ValueError("a load worker of a kind, or in a state, that there is not")
    check((user_count, requests, last_seen_s), _SAMPLE_KINDS)
    if health[0] is not None:
        check(tuple(health), _HEALTH_KINDS)
    known = Health(*health) if health[0] is not None else None
    return LoadWorkerSample(name, host, role, state, user_count, requests, last_seen_s, known)
