"""A part of a run is what a full reading of it says, and only its own ticks are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from perftui.model.judged import WHOLE_RUN, Window
from perftui.model.record import RunEvent
from perftui.model.spectrum import added, counts_of
from perftui.model.tick import Arrivals, ExceptionDelta, FailureDelta, LocalErrorDelta, Tick
from perftui.model.totals import RunTotals
from perftui.store.reader import RunReader
from perftui.store.writer import RunWriter
from tests.fakes.scheduled_runs import worker
from tests.fakes.ticks import delta, histogram_of, tick, total_of

MakeWriter = Callable[..., RunWriter]


def a_tick(seq: int) -> Tick:
    deltas = [delta("/a", (10.0 + seq, 20.0), (3.0,) if seq % 3 == 0 else ())]
    if seq % 2:
        deltas.append(delta("/b", (0.4,), method="POST", statuses={201: 1}))
    failed = (FailureDelta("GET", "/a", "boom", 1, seq + 0.2, seq + 0.3),) if seq % 3 == 0 else ()
    raised = (ExceptionDelta("ValueError", "Traceback", 2),) if seq == 50 else ()
    lag_ms = 30.0 if seq % 10 == 0 else 0.5
    if seq % 4 == 0:
        deltas[0] = replace(deltas[0], response_times=histogram_of(50.0 + seq, 60.0))
    return replace(
        tick(seq, *deltas, failures=failed, exceptions=raised, hub_lag_p99_ms=lag_ms),
        arrivals=Arrivals(3.0, 3, 2, 1, 0, 5) if seq % 4 == 0 else None,
        local_errors=(LocalErrorDelta("no port", 1),) if seq % 7 == 0 else (),
        load_workers=(worker("one", "missing" if seq % 50 == 0 else "running"),) if seq > 300 else (),
    )


# As a run that lost ticks when its disk was full has them.
TICKS = [a_tick(seq) for seq in range(1, 701) if not 200 <= seq < 240]


@pytest.fixture
def reader(make_writer: MakeWriter) -> RunReader:
    writer = make_writer()
    for each in TICKS:
        writer.commit(each)
    return RunReader(writer.folder)


def everything_of(totals: RunTotals) -> dict[str, object]:
    return {**vars(totals), "by_request": dict(sorted(totals.by_request.items()))}


@pytest.mark.parametrize(
    "window",
    [WHOLE_RUN, Window(60.0, 70.0), Window(190.0, 260.0), Window(205.0, 230.0), Window(640.5), Window(0.0, 3.5)],
)
def test_a_part_is_the_sum_of_its_ticks(reader: RunReader, window: Window) -> None:
    expected = total_of(filter(window.holds, TICKS))
    assert everything_of(reader.part(window)) == everything_of(expected)
    page = reader.request("GET", "/a", window)
    if expected.ticks:
        assert page.totals == expected.by_request["GET", "/a"]
    assert page.covered_s == expected.covered_s
    assert [point.seq for point in page.points] == [each.seq for each in TICKS if window.holds(each)]
    assert sum(point.requests for point in page.points) == page.totals.requests
    assert sum(sum(each.counts) for each in page.spectra) == page.totals.times().count
    assert [(each.message, each.count) for each in page.failures] == [
        (group.message, group.count) for group in expected.failures.values()
    ]


def test_a_request_that_was_silent_for_a_second_has_a_point_without_requests(reader: RunReader) -> None:
    page = reader.request("POST", "/b", Window(0.0, 6.0))
    assert [point.requests for point in page.points] == [1, 0, 1, 0, 1]
    assert (page.totals.statuses, page.failures) == ({201: 3}, ())
    assert page.points[0].user_count == 5


def test_a_request_that_is_asked_about_again_has_what_came_since(make_writer: MakeWriter) -> None:
    writer = make_writer()
    reader = RunReader(writer.folder)
    assert reader.request("GET", "/a").points == ()
    pages = []
    for number, each in enumerate(TICKS[:30]):
        writer.commit(each)
        if number % 10 == 9:
            pages.append(reader.request("GET", "/a"))
    assert pages == [
        RunReader(writer.folder).request("GET", "/a", Window(to_s=seconds + 1.0)) for seconds in (10, 20, 30)
    ]
    assert reader.request("GET", "/a") == pages[-1]
    # Another question in between is answered for itself.
    assert reader.request("GET", "/a", Window(0.0, 5.0)).totals.requests == 9
    assert reader.request("POST", "/b").totals.requests == 15
    assert reader.request("GET", "/a") == pages[-1]


def test_of_a_name_that_there_is_not_nothing_is_known(reader: RunReader) -> None:
    page = reader.request("GET", "/nowhere")
    assert (page.totals.requests, page.failures) == (0, ())
    assert {point.requests for point in page.points} == {0}


def test_names_that_are_alike_without_their_secrets_are_one(make_writer: MakeWriter) -> None:
    writer = make_writer()
    secrets = [delta(f"/a?token={secret}", (5.0,)) for secret in ("one", "two")]
    writer.commit(tick(1, *secrets))
    reader = RunReader(writer.folder)
    assert reader.request("GET", "/a?token=***").totals.requests == 2
    assert [each.counts for each in reader.request_counts()] == [{("GET", "/a?token=***"): 2}]


def test_spectra_and_counts_follow_a_run(reader: RunReader) -> None:
    spectra = reader.spectra(690)
    assert [each.seq for each in spectra] == list(range(691, 701))
    recorded = total_of(TICKS[-10:]).total.times()
    assert sum(added(spectra)) == recorded.count
    assert list(added(spectra)) == list(
        map(sum, zip(*(counts_of(total_of([each]).total.times()) for each in TICKS[-10:]), strict=True))
    )
    counts = reader.request_counts(698)
    assert [(each.seq, each.counts) for each in counts] == [
        (699, {("GET", "/a"): 3, ("POST", "/b"): 1}),
        (700, {("GET", "/a"): 2}),
    ]


def test_requests_are_counted_for_the_last_ten_minutes(make_writer: MakeWriter) -> None:
    writer = make_writer()
    for seq in (1, 2, 3):
        writer.commit(replace(a_tick(seq), elapsed_s=seq * 400.0))
    assert [each.seq for each in RunReader(writer.folder).request_counts()] == [2, 3]


def test_a_run_without_a_tick_has_parts_without_anything(make_writer: MakeWriter) -> None:
    writer = make_writer()
    writer.record_event(RunEvent(0.0, "state", "loading"))
    reader = RunReader(writer.folder)
    assert reader.part(Window(1.0, 2.0)).ticks == 0
    assert reader.request("GET", "/").points == ()
    assert (reader.spectra(), reader.request_counts(), reader.last_elapsed_s()) == ([], [], 0.0)
