"""The failed requests that a run kept whole: as rows of samples.db, and back."""

from __future__ import annotations

import json
from pathlib import Path
from types import NoneType

from perftui.model.exchange import MAX_EXCHANGES_PER_GROUP, Exchange
from perftui.model.tick import Tick
from perftui.store.blobs import pack_text, unpack_text
from perftui.store.cells import IdOf, Row
from perftui.store.connection import reading

_COLUMNS = (
    "status, response_bytes, elapsed_s, time_ms, url, reason, user_class,"
    " request_headers, request_body, response_headers, response_body"
)
INSERT_EXCHANGE = f"INSERT INTO exchange (seq, group_id, {_COLUMNS}) VALUES ({', '.join('?' * 13)})"
_TIME = (float, NoneType)

Group = tuple[str, str, str]
"""Method, name and message of a failure group."""


def exchange_rows(tick: Tick, id_of: IdOf) -> list[Row]:
    """Rows for INSERT_EXCHANGE; `id_of` gives the ids of failure groups."""
    return [
        (
            tick.seq,
            id_of(each.method, each.name, each.message),
            each.status,
            each.response_bytes,
            each.elapsed_s,
            each.time_ms,
            pack_text(each.url),
            pack_text(each.reason),
            pack_text(each.user_class),
            json.dumps(each.request_headers),
            pack_text(each.request_body),
            json.dumps(each.response_headers),
            pack_text(each.response_body),
        )
        for each in tick.exchanges
    ]


def read_exchanges(samples: Path, method: str, name: str, message: str) -> tuple[Exchange, ...]:
    """Those of one failure group in the file `samples`, oldest first. Raises PerftuiError for a damaged file."""
    group = method, name, message
    with reading(samples) as connection:
        found = connection.execute(
            "SELECT id FROM failure_group WHERE method = ? AND name = ? AND message = ?", tuple(map(pack_text, group))
        ).fetchone()
        if found is None:
            return ()
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM exchange WHERE group_id = ? ORDER BY elapsed_s, id LIMIT ?",
            (*found, MAX_EXCHANGES_PER_GROUP),
        )
        return tuple(_exchange_of(group, row) for row in rows)


def _exchange_of(group: Group, values: Row) -> Exchange:
    method, name, message = group
    status, response_bytes, elapsed_s, time_ms, url, reason, user_class, *parts = values
    if (type(status), type(response_bytes), type(elapsed_s)) != (int, int, float) or not isinstance(time_ms, _TIME):
        raise ValueError("a row holds what is not a number")
    request_headers, request_body, response_headers, response_body = parts
    return Exchange(
        elapsed_s,
        method,
        name,
        unpack_text(url),
        status,
        unpack_text(reason),
        time_ms,
        message,
        unpack_text(user_class),
        _headers_of(request_headers),
        unpack_text(request_body),
        _headers_of(response_headers),
        unpack_text(response_body),
        response_bytes,
    )


def _headers_of(text: str) -> tuple[tuple[str, str], ...]:
    headers = tuple((name, value) for name, value in json.loads(text))
    if any(type(part) is not str for pair in headers for part in pair):
        raise ValueError("a header is no text")
    return headers
