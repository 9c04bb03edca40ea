"""What each load worker did, read from its samples."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Any

from perftui.model.load_workers import LoadWorkerRow
from perftui.store.blobs import unpack_text
from perftui.store.cells import check, check_known
from perftui.store.load_rows import ROLES, STATES

_SELECT_SUMS = """
SELECT id, name, host, role, max(user_count), sum(requests), max(cpu_percent), max(hub_lag_p99_ms)
FROM load_worker_sample JOIN load_worker ON id = worker_id WHERE seq <= ?
GROUP BY id ORDER BY role = 'master' DESC, id
"""
_SELECT_CHANGES = """
SELECT worker_id, state, before FROM (
  SELECT seq, worker_id, state, lag(state) OVER (PARTITION BY worker_id ORDER BY seq, position) AS before
  FROM load_worker_sample WHERE seq <= ?
) WHERE state IS NOT before ORDER BY seq
"""


def read_load_workers(connection: sqlite3.Connection, last_seq: int) -> tuple[LoadWorkerRow, ...]:
    """Up to tick `last_seq`, the master first, then in the order in which they came."""
    state: dict[int, Any] = {}
    lost: Counter[int] = Counter()
    returned: Counter[int] = Counter()
    for worker_id, after, before in connection.execute(_SELECT_CHANGES, (last_seq,)):
        state[worker_id] = after
        lost[worker_id] += after == "missing"
        returned[worker_id] += before == "missing" and after in ("ready", "running")
    rows = []
    for worker_id, name, host, role, most_users, requests, cpu_percent, lag_ms in connection.execute(
        _SELECT_SUMS, (last_seq,)
    ):
        check((most_users, requests), (int, int))
        check_known((cpu_percent, lag_ms), (float, float))
        last = state[worker_id]
        if role not in ROLES or last not in STATES:
            raise ValueError("a load worker of a kind, or in a state, that there is not")
        rows.append(
            LoadWorkerRow(
                unpack_text(name),
                unpack_text(host),
                role,
                last,
                most_users,
                requests,
                lost[worker_id],
                returned[worker_id],
                cpu_percent,
                lag_ms,
            )
        )
    return tuple(rows)
