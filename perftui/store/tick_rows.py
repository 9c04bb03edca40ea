"""Ticks of samples.db, read in pages, and the seqs that a part of the run has."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from perftui.model.judged import Window
from perftui.model.tick import Tick
from perftui.store.blobs import unpack_text
from perftui.store.cells import Row
from perftui.store.load_rows import load_worker_of, local_error_of
from perftui.store.schema import (
    SELECT_TICKS,
    exception_of,
    failure_of,
    request_of,
    tick_of,
    whole_of_row,
)
from perftui.store.target_rows import rate_limit_of

# Ticks that are held at a time while all are read.
_PAGE = 300
_BEFORE_ALL, _AFTER_ALL = -(1 << 63), (1 << 63) - 1

_SELECT_REQUESTS = (
    "SELECT seq, t.method, t.name, succeeded, failed, untimed, response_bytes, ok_times, failed_times, statuses, times"
    " FROM request r JOIN request_name t ON t.id = r.name_id LEFT JOIN response_time USING (seq, position)"
    " WHERE seq BETWEEN ? AND ? ORDER BY seq, position"
)
_SELECT_LOAD_WORKERS = (
    "SELECT seq, t.name, t.host, t.role, state, user_count, requests, last_seen_s, cpu_percent, rss_bytes,"
    " hub_lag_p50_ms, hub_lag_p99_ms, hub_lag_max_ms, open_files, open_files_limit, lateness_p99_ms, local_ports,"
    " local_ports_limit FROM load_worker_sample s JOIN load_worker t ON t.id = s.worker_id"
    " WHERE seq BETWEEN ? AND ? ORDER BY seq, position"
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SeqRange:
    """From `first` to `last`, both included."""

    first: int = _BEFORE_ALL
    last: int = _AFTER_ALL


ALL_SEQS = SeqRange()


def read_ticks(
    connection: sqlite3.Connection, within: SeqRange = ALL_SEQS, *, by_request: bool = True
) -> Iterator[Tick]:
    """Every tick that was on disk when its turn came, as it was committed.

    Where not `by_request`, one nameless request stands for all those of a tick: that is all that their sum needs.
    """
    first = within.first
    while True:
        # One read transaction a page: a long one would keep the writer's WAL from being reused.
        connection.execute("BEGIN")
        page = _page(connection, SeqRange(first, within.last), by_request)
        connection.execute("COMMIT")
        if not page:
            return
        yield from page
        first = page[-1].seq + 1


def seqs_of(connection: sqlite3.Connection, window: Window) -> SeqRange | None:
    """The ticks of `window`, None where it has none. Found without reading the others: ticks follow each other."""
    ends = connection.execute("SELECT min(seq), max(seq) FROM tick").fetchone()
    if ends[0] is None:
        return None
    if window.is_whole:
        return SeqRange(*ends)
    first = _first_from(connection, ends, window.from_s)
    after = _first_from(connection, ends, window.to_s)
    return SeqRange(first, after - 1) if first < after else None


def _first_from(connection: sqlite3.Connection, ends: tuple[int, int], from_s: float) -> int:
    """The lowest seq from which every tick's middle is at `from_s` or later; one above the last where there is none."""
    low, high = ends[0], ends[1] + 1
    while low < high:
        middle = (low + high) // 2
        # A seq may be missing; the next one then stands for it.
        seq, elapsed_s, interval_s = connection.execute(
            "SELECT seq, elapsed_s, interval_s FROM tick WHERE seq >= ? ORDER BY seq LIMIT 1", (middle,)
        ).fetchone()
        if elapsed_s - interval_s / 2 < from_s:
            low = seq + 1
        else:
            high = middle
    return low


def _page(connection: sqlite3.Connection, within: SeqRange, by_request: bool) -> list[Tick]:
    rows = connection.execute(
        f"{SELECT_TICKS} WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?", (within.first, within.last, _PAGE)
    ).fetchall()
    if not rows:
        return []
    span = rows[0][0], rows[-1][0]
    requests = (
        _by_seq(connection, _SELECT_REQUESTS, span, 2, request_of)
        if by_request
        else {row[0]: [whole_of_row(row)] for row in rows}
    )
    failures = _by_seq(
        connection,
        "SELECT seq, t.method, t.name, t.message, count, first_s, last_s"
        " FROM failure f JOIN failure_group t ON t.id = f.group_id WHERE seq BETWEEN ? AND ? ORDER BY seq, position",
        span,
        3,
        failure_of,
    )
    exceptions = _by_seq(
        connection,
        "SELECT seq, t.message, t.traceback, count FROM exception e"
        " JOIN exception_group t ON t.id = e.group_id WHERE seq BETWEEN ? AND ? ORDER BY seq, position",
        span,
        2,
        exception_of,
    )
    rate_limits = _by_seq(
        connection,
        "SELECT seq, t.method, t.name, count, first_s, last_s, retry_after_s, told_s"
        " FROM rate_limit r JOIN request_name t ON t.id = r.name_id WHERE seq BETWEEN ? AND ? ORDER BY seq, position",
        span,
        2,
        rate_limit_of,
    )
    local_errors = _by_seq(
        connection,
        "SELECT seq, t.message, count FROM local_error e"
        " JOIN local_error_group t ON t.id = e.group_id WHERE seq BETWEEN ? AND ? ORDER BY seq, position",
        span,
        1,
        local_error_of,
    )
    load_workers = _by_seq(connection, _SELECT_LOAD_WORKERS, span, 3, load_worker_of)
    return [
        replace(
            tick_of(row),
            requests=tuple(requests[row[0]]),
            failures=tuple(failures[row[0]]),
            exceptions=tuple(exceptions[row[0]]),
            rate_limits=tuple(rate_limits[row[0]]),
            local_errors=tuple(local_errors[row[0]]),
            load_workers=tuple(load_workers[row[0]]),
        )
        for row in rows
    ]


def _by_seq(
    connection: sqlite3.Connection,
    query: str,
    span: tuple[int, int],
    texts: int,
    make: Callable[[Row, Row], T],
) -> defaultdict[int, list[T]]:
    """What `make` makes of each row's first `texts` columns after the seq and of the rest, by seq."""
    found: defaultdict[int, list[T]] = defaultdict(list)
    for seq, *columns in connection.execute(query, span):
        names = tuple(map(unpack_text, columns[:texts]))
        found[seq].append(make(names, tuple(columns[texts:])))
    return found
