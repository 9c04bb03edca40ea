"""What is known of the load itself comes back exactly, and a run that has none of it pays for none."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest

from perftui.judgement.trust import run_trust
from perftui.model.errors import PerftuiError
from perftui.model.judged import WHOLE_RUN, Trust
from perftui.model.snapshot import point_of
from perftui.store.reader import RunReader
from perftui.store.writer import RunWriter
from tests.fakes.scheduled_runs import HEALTH, State, scheduled_ticks, worker
from tests.fakes.ticks import delta, late_tick, measured_tick, tick, total_of

MakeWriter = Callable[..., RunWriter]
TABLES = (
    "response_time",
    "watched",
    "generator",
    "arrivals",
    "local_error_group",
    "local_error",
    "load_worker",
    "load_worker_sample",
)


def test_a_schedule_and_its_load_workers_come_back_as_they_were_committed(make_writer: MakeWriter) -> None:
    writer, ticks = make_writer(), scheduled_ticks()
    for each in ticks:
        writer.commit(each)
    assert writer.problem == ""
    reader = RunReader(writer.folder)
    assert list(reader.ticks()) == ticks
    assert reader.points() == list(map(point_of, ticks))
    record = reader.record()
    assert [point.is_strained for point in record.timeline] == [False, False, True, True, False, False]
    expected = total_of(ticks)
    assert record.whole.arrivals == expected.arrivals
    assert record.whole.local_errors == expected.local_errors
    assert record.whole.by_request == expected.by_request
    page = reader.request("GET", "/cart")
    assert page.totals.response_times == expected.total.response_times
    assert page.points[0].response == point_of(ticks[0]).response


def test_a_run_is_believed_from_its_record_as_it_was_live(make_writer: MakeWriter) -> None:
    writer = make_writer()
    # Seconds in which the generator is known, and one in which it is not.
    ticks = [measured_tick(0, 12), measured_tick(1, 0), measured_tick(2, 60), late_tick(3, 12)]
    for each in ticks:
        writer.commit(each)
    reader, live = RunReader(writer.folder), total_of(ticks)
    assert list(reader.ticks()) == ticks
    assert run_trust(live)[0] is not Trust.OK
    for totals in (reader.record().whole, reader.part(WHOLE_RUN)):
        assert (totals.watched, totals.less_own) == (live.watched, live.less_own)
        assert run_trust(totals) == run_trust(live)
    assert [point.is_strained for point in reader.points()] == [True, False, True, True]


def test_what_became_of_each_load_worker(make_writer: MakeWriter) -> None:
    two: tuple[State, ...] = ("ready", "running", "missing", "missing", "running", "missing")
    writer = make_writer()
    for seq, state in enumerate(two):
        late = replace(worker("one", users=seq), health=replace(HEALTH, hub_lag_p99_ms=float(seq)))
        writer.commit(replace(tick(seq), load_workers=(worker("two", state), late)))
    rows = {each.name: each for each in RunReader(writer.folder).record().load_workers}
    assert list(rows) == ["two", "one"]
    assert (rows["two"].lost, rows["two"].returned, rows["two"].state) == (2, 1, "missing")
    assert (rows["one"].lost, rows["one"].returned, rows["one"].state) == (0, 0, "running")
    assert (rows["one"].most_users, rows["one"].requests, rows["one"].worst_lag_ms) == (5, 6 * 205, 5.0)


def test_a_run_without_a_schedule_has_no_row_of_one(make_writer: MakeWriter) -> None:
    writer = make_writer()
    for seq in range(3):
        writer.commit(tick(seq, delta("/a")))
    with sqlite3.connect(writer.folder / "samples.db") as connection:
        assert not any(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES)
    connection.close()


@pytest.mark.parametrize("version", [3, 4])
def test_a_file_of_an_earlier_version_reads_as_before(make_writer: MakeWriter, version: int) -> None:
    writer, ticks = make_writer(), [tick(seq, delta("/a")) for seq in range(3)]
    for each in ticks:
        writer.commit(each)
    writer.close()
    with sqlite3.connect(writer.folder / "samples.db") as connection:
        for table in (*TABLES, *(["event_author"] if version == 3 else [])):
            connection.execute(f"DROP TABLE {table}")
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    reader = RunReader(writer.folder)
    assert list(reader.ticks()) == ticks
    assert reader.record().timeline == tuple(map(point_of, ticks))
    assert reader.record().load_workers == ()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE load_worker SET role = 'boss'",
        "UPDATE load_worker_sample SET state = 'asleep'",
        "UPDATE load_worker_sample SET user_count = 'many'",
        "UPDATE load_worker_sample SET hub_lag_max_ms = NULL",
        "UPDATE arrivals SET dropped = 'some'",
        "UPDATE generator SET local_ports = x'00'",
        "UPDATE response_time SET times = 'x'",
        "UPDATE local_error SET count = 'x'",
    ],
)
def test_what_no_writer_wrote_is_damage_in_words(make_writer: MakeWriter, damage: str) -> None:
    writer = make_writer()
    for each in scheduled_ticks():
        writer.commit(each)
    writer.close()
    with sqlite3.connect(writer.folder / "samples.db") as connection:
        connection.execute(damage)
    connection.close()
    with pytest.raises(PerftuiError, match="is damaged"):
        RunReader(writer.folder).record()
