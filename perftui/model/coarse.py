"""Several ticks as one: how points and spectra are merged where not each of them can be kept or drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from perftui.model.snapshot import RequestRow, TimelinePoint, Times
from perftui.model.spectrum import Spectrum, added
from perftui.model.tick import Arrivals, TargetSample


def merged_points(points: Sequence[TimelinePoint]) -> TimelinePoint:
    """`points`, in order and at least one, as one that ends where the last one ends.

    Counts are added and rates taken over the time of all. A percentile is that of the worst of them, for percentiles
    cannot be averaged; minimum, mean and maximum are what they are. Users and requests in flight are the last ones,
    the load of the generator and of the target is the highest. Where the generator was late in one of them, it was.
    """
    if len(points) == 1:
        return points[0]
    last = points[-1]
    covered_s = sum(point.interval_s for point in points)
    requests, failures = sum(point.requests for point in points), sum(point.failures for point in points)
    return TimelinePoint(
        seq=last.seq,
        elapsed_s=last.elapsed_s,
        interval_s=covered_s,
        user_count=last.user_count,
        target_user_count=last.target_user_count,
        requests=requests,
        failures=failures,
        rps=requests / covered_s if covered_s > 0 else 0.0,
        fails_per_s=failures / covered_s if covered_s > 0 else 0.0,
        times=_merged_times([point.times for point in points]),
        in_flight=last.in_flight,
        cpu_percent=max(point.cpu_percent for point in points),
        hub_lag_p99_ms=max(point.hub_lag_p99_ms for point in points),
        target=_merged_target([point.target for point in points if point.target is not None]),
        response=_merged_response(points),
        is_strained=any(point.is_strained for point in points),
        arrivals=_merged_arrivals([point.arrivals for point in points if point.arrivals is not None]),
    )


def whole_point(total: RequestRow, points: Sequence[TimelinePoint], covered_s: float) -> TimelinePoint | None:
    """All of `points` as one whose requests and percentiles are those of `total`, exactly; None where there are none.

    Users, requests in flight and the loads are the highest.
    """
    if not points:
        return None
    last = points[-1]
    return TimelinePoint(
        seq=last.seq,
        elapsed_s=last.elapsed_s,
        interval_s=covered_s,
        user_count=max(point.user_count for point in points),
        target_user_count=max(point.target_user_count for point in points),
        requests=total.requests,
        failures=total.failures,
        rps=total.rps,
        fails_per_s=total.fails_per_s,
        times=total.times,
        in_flight=max(point.in_flight for point in points),
        cpu_percent=max(point.cpu_percent for point in points),
        hub_lag_p99_ms=max(point.hub_lag_p99_ms for point in points),
        target=_merged_target([point.target for point in points if point.target is not None]),
        response=total.response,
        arrivals=_merged_arrivals([point.arrivals for point in points if point.arrivals is not None]),
    )


def merged_spectra(spectra: Sequence[Spectrum]) -> Spectrum:
    """`spectra`, in order and at least one, as one with all their requests."""
    if len(spectra) == 1:
        return spectra[0]
    last = spectra[-1]
    return Spectrum(last.seq, last.elapsed_s, sum(each.interval_s for each in spectra), added(spectra))


def _merged_times(times: Sequence[Times]) -> Times:
    known = [each for each in times if each.count]
    if not known:
        return times[-1]
    count = sum(each.count for each in known)
    return Times(
        count,
        min((each.min_ms for each in known if each.min_ms is not None), default=None),
        sum((each.mean_ms or 0.0) * each.count for each in known) / count,
        _highest([each.max_ms for each in known]),
        _highest([each.p50_ms for each in known]),
        _highest([each.p75_ms for each in known]),
        _highest([each.p90_ms for each in known]),
        _highest([each.p95_ms for each in known]),
        _highest([each.p99_ms for each in known]),
        _highest([each.p99_9_ms for each in known]),
    )


def _merged_response(points: Sequence[TimelinePoint]) -> Times | None:
    known = [point.response for point in points if point.response is not None]
    return _merged_times(known) if known else None


def _merged_arrivals(arrivals: Sequence[Arrivals]) -> Arrivals | None:
    """Counts are added; the rate that is asked for, and who waits and is busy, are the last."""
    if not arrivals:
        return None
    return replace(
        arrivals[-1],
        scheduled=sum(each.scheduled for each in arrivals),
        started=sum(each.started for each in arrivals),
        dropped=sum(each.dropped for each in arrivals),
    )


def _merged_target(samples: Sequence[TargetSample]) -> TargetSample | None:
    if not samples:
        return None
    return TargetSample(
        _highest([each.cpu_percent for each in samples]),
        max((each.memory_bytes for each in samples if each.memory_bytes is not None), default=None),
        max((each.open_connections for each in samples if each.open_connections is not None), default=None),
        samples[-1].value,
    )


def _highest(values: Sequence[float | None]) -> float | None:
    return max((value for value in values if value is not None and math.isfinite(value)), default=None)
