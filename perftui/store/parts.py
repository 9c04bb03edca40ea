"""Parts of a recorded run: of its time, of one request name, of the spread of its times."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from perftui.model.histogram import merge
from perftui.model.judged import Window
from perftui.model.request_page import MAX_FAILURE_GROUPS, RequestCounts, RequestPage
from perftui.model.snapshot import FailureRow, TimelinePoint, point_of, rated
from perftui.model.spectrum import Spectrum, counts_of
from perftui.model.tick import MAX_REQUEST_NAMES, OTHER, RequestDelta
from perftui.model.totals import AGGREGATED, RequestKey, RequestTotals, RunTotals
from perftui.store.blobs import unpack_histogram, unpack_text
from perftui.store.schema import SELECT_TICKS, failure_of, request_of, tick_of
from perftui.store.tick_rows import SeqRange, read_ticks, seqs_of

# A week of seconds: the most points that a timeline is read with. Totals count all.
MAX_POINTS = 7 * 86_400
# How far back requests are counted by name.
COUNTED_S = 600.0


def part_of(connection: sqlite3.Connection, window: Window) -> RunTotals:
    """What was measured in `window` alone."""
    totals = RunTotals()
    within = seqs_of(connection, window)
    if within is None:
        return totals
    for tick in read_ticks(connection, within, by_request=False):
        totals.add(tick)
    # Added up name by name, and never tick by tick: of five hundred names that is what takes the time.
    totals.by_request = _totals_by_request(connection, within)
    totals.total = RequestTotals(*AGGREGATED)
    for each in totals.by_request.values():
        totals.total.add(each)
    if totals.recent:
        newest = SeqRange(totals.recent[0].seq, within.last)
        totals.look_back_on(read_ticks(connection, newest))
    return totals


def _totals_by_request(connection: sqlite3.Connection, within: SeqRange) -> dict[RequestKey, RequestTotals]:
    span = within.first, within.last
    keys = _keys(connection)
    found: dict[RequestKey, RequestTotals] = {}

    def of(name_id: int) -> RequestTotals:
        key = keys[name_id]
        if key not in found and len(found) >= MAX_REQUEST_NAMES:
            key = ("", OTHER)
        return found.setdefault(key, RequestTotals(*key))

    counted = connection.execute(
        "SELECT name_id, sum(succeeded), sum(failed), sum(untimed), sum(response_bytes), statuses, count(*)"
        " FROM request WHERE seq BETWEEN ? AND ? GROUP BY name_id, statuses",
        span,
    )
    for name_id, succeeded, failed, untimed, response_bytes, statuses, rows in counted:
        totals = of(name_id)
        totals.succeeded += int(succeeded)
        totals.failed += int(failed)
        totals.untimed += int(untimed)
        totals.response_bytes += int(response_bytes)
        for status, count in json.loads(statuses).items():
            totals.statuses[int(status)] = totals.statuses.get(int(status), 0) + int(count) * rows
    times = connection.execute(
        "SELECT name_id, ok_times, failed_times FROM request WHERE seq BETWEEN ? AND ? ORDER BY seq", span
    )
    for name_id, ok_times, failed_times in times:
        totals = of(name_id)
        for known, packed in ((totals.ok_times, ok_times), (totals.failed_times, failed_times)):
            if packed:
                known.add(unpack_histogram(packed))
    response_times = connection.execute(
        "SELECT name_id, times FROM response_time JOIN request USING (seq, position) WHERE seq BETWEEN ? AND ?", span
    )
    for name_id, packed in response_times:
        of(name_id).response_times.add(unpack_histogram(packed))
    return found


def request_page(
    connection: sqlite3.Connection, method: str, name: str, window: Window, known: RequestPage | None = None
) -> RequestPage:
    """Of a name that is not there, a page with nothing in it.

    `known` is what was read before of the same, as far as the run had come: only what came since is read.
    """
    totals = RequestTotals(method, name)
    points: list[TimelinePoint] = []
    spectra: list[Spectrum] = []
    covered_s = 0.0
    within = seqs_of(connection, window)
    if known is not None and known.points and within is not None:
        # A copy: whoever asked before goes on to look at the page as it was.
        totals.add(known.totals)
        points, spectra, covered_s = list(known.points), list(known.spectra), known.covered_s
        within = SeqRange(points[-1].seq + 1, within.last)
    if within is None:
        return RequestPage(totals, 0.0, (), ())
    deltas = _deltas_of(connection, method, name, within)
    rows = connection.execute(
        f"{SELECT_TICKS} WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?", (within.first, within.last, MAX_POINTS)
    )
    for row in rows:
        tick = tick_of(row)
        delta = deltas.get(tick.seq)
        if delta is not None:
            totals.add(delta)
        times = merge(() if delta is None else (delta.ok_times, delta.failed_times))
        spectra.append(Spectrum(tick.seq, tick.elapsed_s, tick.interval_s, counts_of(times)))
        alone = point_of(replace(tick, requests=() if delta is None else (delta,)))
        points.append(rated(alone, points[-1] if points else None))
        covered_s += tick.interval_s
    failures = _failures_of(connection, method, name, within, known.failures if known else ())
    return RequestPage(totals, covered_s, failures, tuple(points), tuple(spectra))


def spectra_after(connection: sqlite3.Connection, after_seq: int) -> list[Spectrum]:
    """How the times of each tick after `after_seq` spread."""
    rows = connection.execute(
        "SELECT seq, elapsed_s, interval_s, times FROM tick WHERE seq > ? ORDER BY seq LIMIT ?",
        (after_seq, MAX_POINTS),
    )
    return [
        Spectrum(int(seq), float(elapsed_s), float(interval_s), counts_of(unpack_histogram(times)))
        for seq, elapsed_s, interval_s, times in rows
    ]


def counts_after(connection: sqlite3.Connection, after_seq: int) -> list[RequestCounts]:
    """Requests by name of each tick after `after_seq`, of the last COUNTED_S at most."""
    newest = connection.execute("SELECT elapsed_s FROM tick ORDER BY seq DESC LIMIT 1").fetchone()
    within = None if newest is None else seqs_of(connection, Window(float(newest[0]) - COUNTED_S))
    if within is None:
        return []
    span = max(within.first, after_seq + 1), within.last
    known = {
        seq: RequestCounts(int(seq), float(elapsed_s), float(interval_s), {})
        for seq, elapsed_s, interval_s in connection.execute(
            "SELECT seq, elapsed_s, interval_s FROM tick WHERE seq BETWEEN ? AND ? ORDER BY seq", span
        )
    }
    keys = _keys(connection)
    counted = connection.execute(
        "SELECT seq, name_id, succeeded + failed FROM request WHERE seq BETWEEN ? AND ? ORDER BY seq, position", span
    )
    for seq, name_id, count in counted:
        if seq in known:
            counts = known[seq].counts
            # Two names that are alike once their secrets are masked are one here.
            counts[keys[name_id]] = counts.get(keys[name_id], 0) + int(count)
    return list(known.values())


def _keys(connection: sqlite3.Connection) -> dict[int, RequestKey]:
    rows = connection.execute("SELECT id, method, name FROM request_name")
    return {name_id: (unpack_text(method), unpack_text(name)) for name_id, method, name in rows}


def _deltas_of(connection: sqlite3.Connection, method: str, name: str, within: SeqRange) -> dict[int, RequestDelta]:
    """By seq."""
    found: dict[int, RequestDelta] = {}
    for name_id, key in _keys(connection).items():
        if key != (method, name):
            continue
        rows = connection.execute(
            "SELECT seq, succeeded, failed, untimed, response_bytes, ok_times, failed_times, statuses, times"
            " FROM request LEFT JOIN response_time USING (seq, position) WHERE name_id = ? AND seq BETWEEN ? AND ?",
            (name_id, within.first, within.last),
        )
        for seq, *values in rows:
            delta = request_of(key, tuple(values))
            found[seq] = _sum(found[seq], delta) if seq in found else delta
    return found


def _sum(one: RequestDelta, other: RequestDelta) -> RequestDelta:
    """Two names that are alike once their secrets are masked."""
    both = RequestTotals(one.method, one.name)
    both.add(one)
    both.add(other)
    return RequestDelta(
        both.method,
        both.name,
        both.succeeded,
        both.failed,
        both.untimed,
        both.response_bytes,
        both.ok_times,
        both.failed_times,
        both.statuses,
        both.response_times,
    )


def _failures_of(
    connection: sqlite3.Connection, method: str, name: str, within: SeqRange, earlier: Sequence[FailureRow]
) -> tuple[FailureRow, ...]:
    """Those `within` and the `earlier` ones, the most frequent first."""
    groups = {
        group_id: (method, name, unpack_text(message))
        for group_id, *key, message in connection.execute("SELECT id, method, name, message FROM failure_group")
        if tuple(map(unpack_text, key)) == (method, name)
    }
    counted = connection.execute(
        "SELECT group_id, sum(count), min(first_s), max(last_s) FROM failure WHERE seq BETWEEN ? AND ?"
        " GROUP BY group_id ORDER BY min(seq)",
        (within.first, within.last),
    )
    found = {each.message: each for each in earlier}
    for group_id, *values in counted if groups else ():
        if group_id not in groups:
            continue
        delta = failure_of(groups[group_id], tuple(values))
        known = found.get(delta.message)
        found[delta.message] = FailureRow(
            method,
            name,
            delta.message,
            delta.count + (known.count if known else 0),
            min(delta.first_s, known.first_s) if known else delta.first_s,
            max(delta.last_s, known.last_s) if known else delta.last_s,
        )
    return tuple(sorted(found.values(), key=lambda each: -each.count)[:MAX_FAILURE_GROUPS])
