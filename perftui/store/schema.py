"""The tables of samples.db, and a tick as rows of them and back, exactly."""

from __future__ import annotations

import json
from dataclasses import replace

from perftui.model.histogram import Histogram, merge
from perftui.model.snapshot import TimelinePoint, point_of
from perftui.model.tick import ExceptionDelta, FailureDelta, Health, RequestDelta, Tick
from perftui.store import load_rows, target_rows
from perftui.store.blobs import pack_histogram, unpack_histogram
from perftui.store.cells import IdOf, Row, check

SCHEMA_VERSION = 5

# A tick's `requests`, `failures`, `response_bytes` and `times` are the sums over its request rows: the timeline needs
# only this table. Names and messages are stored once and referred to by id; `position` keeps a tick's own order.
_TABLES_OF_1 = """
CREATE TABLE tick (
  seq INTEGER PRIMARY KEY,
  user_count INTEGER NOT NULL, target_user_count INTEGER NOT NULL,
  started INTEGER NOT NULL, abandoned INTEGER NOT NULL, in_flight INTEGER NOT NULL,
  rss_bytes INTEGER NOT NULL, open_files INTEGER NOT NULL, open_files_limit INTEGER NOT NULL,
  requests INTEGER NOT NULL, failures INTEGER NOT NULL, response_bytes INTEGER NOT NULL,
  elapsed_s REAL NOT NULL, interval_s REAL NOT NULL, oldest_in_flight_s REAL NOT NULL, cpu_percent REAL NOT NULL,
  hub_lag_p50_ms REAL NOT NULL, hub_lag_p99_ms REAL NOT NULL, hub_lag_max_ms REAL NOT NULL,
  users_by_class TEXT NOT NULL, times BLOB NOT NULL
);
CREATE TABLE request_name (id INTEGER PRIMARY KEY, method TEXT NOT NULL, name TEXT NOT NULL);
CREATE TABLE request (
  seq INTEGER NOT NULL, position INTEGER NOT NULL, name_id INTEGER NOT NULL,
  succeeded INTEGER NOT NULL, failed INTEGER NOT NULL, untimed INTEGER NOT NULL, response_bytes INTEGER NOT NULL,
  ok_times BLOB NOT NULL, failed_times BLOB NOT NULL, statuses TEXT NOT NULL,
  PRIMARY KEY (seq, position)
) WITHOUT ROWID;
CREATE TABLE failure_group (id INTEGER PRIMARY KEY, method TEXT NOT NULL, name TEXT NOT NULL, message TEXT NOT NULL);
CREATE TABLE failure (
  seq INTEGER NOT NULL, position INTEGER NOT NULL, group_id INTEGER NOT NULL,
  count INTEGER NOT NULL, first_s REAL NOT NULL, last_s REAL NOT NULL,
  PRIMARY KEY (seq, position)
) WITHOUT ROWID;
CREATE TABLE exception_group (id INTEGER PRIMARY KEY, message TEXT NOT NULL, traceback TEXT NOT NULL);
CREATE TABLE exception (
  seq INTEGER NOT NULL, position INTEGER NOT NULL, group_id INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (seq, position)
) WITHOUT ROWID;
CREATE TABLE event (id INTEGER PRIMARY KEY, elapsed_s REAL NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE environment (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

# Failed requests that are kept whole. Headers are JSON, a list of pairs.
_ADDED_IN_3 = """
CREATE {table} exchange (
  id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, group_id INTEGER NOT NULL,
  status INTEGER NOT NULL, response_bytes INTEGER NOT NULL, elapsed_s REAL NOT NULL, time_ms REAL,
  url TEXT NOT NULL, reason TEXT NOT NULL, user_class TEXT NOT NULL, request_headers TEXT NOT NULL,
  request_body TEXT NOT NULL, response_headers TEXT NOT NULL, response_body TEXT NOT NULL
);
"""
# Who wrote a note; events that nobody wrote have no row.
_ADDED_IN_4 = """
CREATE {table} event_author (event_id INTEGER PRIMARY KEY, by TEXT NOT NULL);
"""
_ADDED = {2: target_rows.TABLES, 3: _ADDED_IN_3, 4: _ADDED_IN_4, 5: load_rows.TABLES}
# For the questions that are about one request name or one failure group; a file without these answers them too.
_INDEXES = """
CREATE INDEX request_by_name ON request (name_id, seq);
CREATE INDEX exchange_by_group ON exchange (group_id);
"""

TABLES = _TABLES_OF_1 + "".join(_ADDED.values()).format(table="TABLE") + _INDEXES


def stand_ins(version: int) -> str:
    """What a reader of a file of `version` makes for itself, in its own memory: the tables that came later, empty."""
    missing = "".join(tables for since, tables in _ADDED.items() if version < since)
    return missing.format(table="TEMP TABLE")


# A row of `tick` with those that other tables may have of it, or NULLs where they have none.
SELECT_TICKS = (
    f"SELECT tick.*, target_sample.*, {load_rows.TICK_COLUMNS}"
    f" FROM tick LEFT JOIN target_sample USING (seq) {load_rows.TICK_JOINS}"
)
INSERT_TICK = f"INSERT INTO tick VALUES ({', '.join('?' * 21)})"
INSERT_REQUEST = f"INSERT INTO request VALUES ({', '.join('?' * 10)})"
INSERT_FAILURE = "INSERT INTO failure VALUES (?, ?, ?, ?, ?, ?)"
INSERT_EXCEPTION = "INSERT INTO exception VALUES (?, ?, ?, ?)"
INSERT_EVENT = "INSERT INTO event (elapsed_s, kind, text) VALUES (?, ?, ?)"
# Of the event that was written last.
INSERT_AUTHOR = "INSERT INTO event_author SELECT max(id), ? FROM event"
SELECT_EVENTS = (
    "SELECT id, elapsed_s, kind, text, by FROM event LEFT JOIN event_author ON event_id = id"
    " WHERE id > ? ORDER BY id LIMIT ?"
)
REPLACE_ENVIRONMENT = "INSERT OR REPLACE INTO environment VALUES (?, ?)"

_TICK_KINDS = (*[int] * 12, *[float] * 7, str, bytes)
_REQUEST_KINDS = (int, int, int, int, bytes, bytes, str)
_FAILURE_KINDS = (int, float, float)
_EXCEPTION_KINDS = (int,)

_TICK_WIDTH, _TARGET_WIDTH = len(_TICK_KINDS), target_rows.WIDTH


def tick_row(tick: Tick) -> Row:
    health = tick.health
    times = merge(times for delta in tick.requests for times in (delta.ok_times, delta.failed_times))
    return (
        tick.seq,
        tick.user_count,
        tick.target_user_count,
        tick.started,
        tick.abandoned,
        tick.in_flight,
        health.rss_bytes,
        health.open_files,
        health.open_files_limit,
        sum(delta.requests for delta in tick.requests),
        sum(delta.failed for delta in tick.requests),
        sum(delta.response_bytes for delta in tick.requests),
        tick.elapsed_s,
        tick.interval_s,
        tick.oldest_in_flight_s,
        health.cpu_percent,
        health.hub_lag_p50_ms,
        health.hub_lag_p99_ms,
        health.hub_lag_max_ms,
        json.dumps(tick.users_by_class),
        pack_histogram(times),
    )


def request_rows(tick: Tick, id_of: IdOf) -> list[Row]:
    return [
        (
            tick.seq,
            position,
            id_of(delta.method, delta.name),
            delta.succeeded,
            delta.failed,
            delta.untimed,
            delta.response_bytes,
            pack_histogram(delta.ok_times),
            pack_histogram(delta.failed_times),
            json.dumps(delta.statuses),
        )
        for position, delta in enumerate(tick.requests)
    ]


def failure_rows(tick: Tick, id_of: IdOf) -> list[Row]:
    return [
        (tick.seq, position, id_of(delta.method, delta.name, delta.message), delta.count, delta.first_s, delta.last_s)
        for position, delta in enumerate(tick.failures)
    ]


def exception_rows(tick: Tick, id_of: IdOf) -> list[Row]:
    return [
        (tick.seq, position, id_of(delta.message, delta.traceback), delta.count)
        for position, delta in enumerate(tick.exceptions)
    ]


# What follows reads files that may come from anywhere. Each raises ValueError, KeyError, TypeError or AttributeError
# for what the functions above do not write. `texts` are what an id stands for, `values` is the rest of a row.


def tick_of(row: Row) -> Tick:
    """The tick of a row of SELECT_TICKS, still without what other tables hold for each request name or group."""
    check(row[:_TICK_WIDTH], _TICK_KINDS)
    target_row, load_row = _beside(row)
    generator, arrivals = load_rows.generator_of(load_row), load_rows.arrivals_of(load_row)
    watched, less_own = load_rows.watched_of(load_row)
    seq, user_count, target_user_count, started, abandoned, in_flight, rss_bytes, open_files, files_limit = row[:9]
    elapsed_s, interval_s, oldest_in_flight_s, cpu_percent, lag_p50_ms, lag_p99_ms, lag_max_ms = row[12:19]
    return Tick(
        seq=seq,
        elapsed_s=elapsed_s,
        interval_s=interval_s,
        user_count=user_count,
        target_user_count=target_user_count,
        users_by_class={name: int(count) for name, count in json.loads(row[19]).items()},
        requests=(),
        failures=(),
        exceptions=(),
        started=started,
        abandoned=abandoned,
        in_flight=in_flight,
        oldest_in_flight_s=oldest_in_flight_s,
        health=Health(cpu_percent, rss_bytes, lag_p50_ms, lag_p99_ms, lag_max_ms, open_files, files_limit, *generator),
        target=target_rows.target_of(target_row),
        arrivals=arrivals,
        watched=watched,
        less_own=less_own,
    )


def _beside(row: Row) -> tuple[Row, Row]:
    """What a row of SELECT_TICKS has from `target_sample`, and from the tables of `load_rows`."""
    rest = row[_TICK_WIDTH:]
    return rest[:_TARGET_WIDTH], rest[_TARGET_WIDTH:]


def point_of_row(row: Row) -> tuple[TimelinePoint, Histogram, int]:
    """The timeline's point of a row of SELECT_TICKS, with the times and the response bytes of all its requests."""
    # One request that stands for all of them gives the same point, by the same arithmetic.
    whole = whole_of_row(row)
    return point_of(replace(tick_of(row), requests=(whole,))), whole.ok_times, whole.response_bytes


def whole_of_row(row: Row) -> RequestDelta:
    """A nameless request that stands for all those of a row of SELECT_TICKS; its `ok_times` are those of failed too."""
    requests, failures, response_bytes = row[9:12]
    return RequestDelta(
        "",
        "",
        requests - failures,
        failures,
        0,
        response_bytes,
        unpack_histogram(row[_TICK_WIDTH - 1]),
        Histogram(),
        response_times=load_rows.response_times_of(_beside(row)[1]),
    )


def request_of(texts: Row, values: Row) -> RequestDelta:
    """`values` are the columns of `request` from `succeeded` on, then `response_time.times`, NULL where it has none."""
    method, name = texts
    check(values[:-1], _REQUEST_KINDS)
    succeeded, failed, untimed, response_bytes, ok_times, failed_times, statuses, response_times = values
    return RequestDelta(
        method,
        name,
        succeeded,
        failed,
        untimed,
        response_bytes,
        unpack_histogram(ok_times),
        unpack_histogram(failed_times),
        {int(status): int(count) for status, count in json.loads(statuses).items()},
        unpack_histogram(response_times or b""),
    )


def failure_of(texts: Row, values: Row) -> FailureDelta:
    check(values, _FAILURE_KINDS)
    method, name, message = texts
    count, first_s, last_s = values
    return FailureDelta(method, name, message, count, first_s, last_s)


def exception_of(texts: Row, values: Row) -> ExceptionDelta:
    check(values, _EXCEPTION_KINDS)
    message, traceback = texts
    (count,) = values
    return ExceptionDelta(message, traceback, count)
