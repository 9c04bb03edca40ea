"""Failed requests that were kept come back as they were, from files of every version."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from perftui.model.errors import PerftuiError
from perftui.model.exchange import Exchange
from perftui.model.tick import FailureDelta, RateLimitDelta, TargetSample
from perftui.store.exchanges import read_exchanges
from perftui.store.reader import RunReader
from perftui.store.writer import RunWriter
from tests.fakes.ticks import delta, tick

MakeWriter = Callable[..., RunWriter]

DATA = Path(__file__).parents[1] / "data"
GROUP = ("GET", "/a", "boom")
KEPT = Exchange(
    elapsed_s=1.5,
    method="GET",
    name="/a",
    url="http://shop.test/a?page=2",
    status=503,
    reason="Service Unavailable",
    time_ms=12.5,
    message="boom",
    user_class="ShopUser",
    request_headers=(("Accept", "*/*"), ("X-Twice", "1"), ("X-Twice", "2")),
    request_body='{"a": 1}',
    response_headers=(("Retry-After", "7"),),
    response_body="one\ntwo \udc80 \\x1b[31m",
    response_bytes=40_000,
)
FAILED = FailureDelta(*GROUP, 1, 0.5, 0.5)


def test_what_was_kept_comes_back_by_its_failure_group(make_writer: MakeWriter) -> None:
    writer = make_writer()
    other = Exchange(0.5, "GET", "/a", "", 0, "", None, message="refused")
    writer.commit(replace(tick(0, delta("/a", (), (1.0,))), failures=(FAILED,), exchanges=(KEPT, other)))
    writer.commit(replace(tick(1, delta("/a")), exchanges=(replace(KEPT, elapsed_s=2.5),)))
    assert not writer.problem
    reader = RunReader(writer.folder)
    assert reader.exchanges(*GROUP) == (KEPT, replace(KEPT, elapsed_s=2.5))
    assert reader.exchanges("GET", "/a", "refused") == (other,)
    assert reader.exchanges("GET", "/b", "boom") == ()
    # A tick is what was measured: what was kept of it is asked for by its group.
    assert [each.exchanges for each in reader.ticks()] == [(), ()]


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_of_an_earlier_version_reads_as_before_and_has_kept_none(version: int, make_writer: MakeWriter) -> None:
    writer = make_writer()
    writer.close()
    samples = writer.folder / "samples.db"
    samples.unlink()
    with closing(sqlite3.connect(samples)) as connection:
        connection.executescript((DATA / f"samples_of_version_{version}.sql").read_text())
    before = samples.read_bytes()
    reader = RunReader(writer.folder)
    assert reader.exchanges(*GROUP) == ()
    ticks = list(reader.ticks())
    limits = (RateLimitDelta("GET", "/a", 1, 0.5, 0.5, 7.0, 0.5),) if version == 2 else ()
    target = TargetSample(50.0, 1000, 3, None) if version == 2 else None
    assert [(each.failures, each.rate_limits, each.target) for each in ticks] == [((FAILED,), limits, target)] * 2
    assert samples.read_bytes() == before


def test_one_request_name_is_found_without_reading_all_of_them(make_writer: MakeWriter) -> None:
    writer = make_writer()
    with closing(sqlite3.connect(writer.folder / "samples.db")) as connection:
        for query, index in (
            ("SELECT * FROM request WHERE name_id = 3 AND seq > 7 ORDER BY seq", "request_by_name"),
            ("SELECT * FROM exchange WHERE group_id = 3", "exchange_by_group"),
        ):
            (plan,) = connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
            assert index in plan[3]


@pytest.mark.parametrize(
    "damage",
    ["status = 'x'", "request_headers = '{'", "response_headers = '[[1, 2]]'", "time_ms = 'soon'"],
)
def test_a_damaged_row_is_said_to_be_damaged(damage: str, make_writer: MakeWriter) -> None:
    writer = make_writer()
    writer.commit(replace(tick(0, delta("/a")), exchanges=(KEPT,)))
    writer.close()
    samples = writer.folder / "samples.db"
    with closing(sqlite3.connect(samples)) as connection, connection:
        connection.execute(f"UPDATE exchange SET {damage}")
    with pytest.raises(PerftuiError, match="damaged"):
        read_exchanges(samples, *GROUP)
