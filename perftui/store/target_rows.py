"""What samples.db holds of the target's own side, and of its rate limits."""

from __future__ import annotations

from perftui.model.tick import RateLimitDelta, TargetSample, Tick
from perftui.store.cells import IdOf, Row, check, check_known

TABLES = """
CREATE {table} rate_limit (
  seq INTEGER NOT NULL, position INTEGER NOT NULL, name_id INTEGER NOT NULL,
  count INTEGER NOT NULL, first_s REAL NOT NULL, last_s REAL NOT NULL, retry_after_s REAL, told_s REAL,
  PRIMARY KEY (seq, position)
) WITHOUT ROWID;
CREATE {table} target_sample (
  seq INTEGER PRIMARY KEY, cpu_percent REAL, memory_bytes INTEGER, open_connections INTEGER, value REAL
);
"""

INSERT_RATE_LIMIT = f"INSERT INTO rate_limit VALUES ({', '.join('?' * 8)})"
INSERT_TARGET_SAMPLE = "INSERT INTO target_sample VALUES (?, ?, ?, ?, ?)"

_RATE_LIMIT_KINDS = (int, float, float)
_RETRY_KINDS = (float, float)
_TARGET_KINDS = (float, int, int, float)
# Columns of a row of `target_sample`.
WIDTH = 1 + len(_TARGET_KINDS)


def rate_limit_rows(tick: Tick, id_of: IdOf) -> list[Row]:
    return [
        (
            tick.seq,
            position,
            id_of(delta.method, delta.name),
            delta.count,
            delta.first_s,
            delta.last_s,
            delta.retry_after_s,
            delta.told_s,
        )
        for position, delta in enumerate(tick.rate_limits)
    ]


def target_rows(tick: Tick) -> list[Row]:
    """One row, or none where nothing was known of the target."""
    sample = tick.target
    if sample is None:
        return []
    return [(tick.seq, sample.cpu_percent, sample.memory_bytes, sample.open_connections, sample.value)]


# What follows reads files that may come from anywhere, as perftui.store.schema says.


def target_of(row: Row) -> TargetSample | None:
    """Of a row of `target_sample`, or of NULLs where it has none."""
    seq, *values = row
    if seq is None:
        return None
    check_known(values, _TARGET_KINDS)
    return TargetSample(*values)


def rate_limit_of(texts: Row, values: Row) -> RateLimitDelta:
    method, name = texts
    check(values[:3], _RATE_LIMIT_KINDS)
    check_known(values[3:], _RETRY_KINDS)
    return RateLimitDelta(method, name, *values)
