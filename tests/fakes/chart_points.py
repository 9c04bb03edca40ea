"""Points and spectra of a made-up run, second by second: a ramp, a steady part, a slow half minute with failures."""

from __future__ import annotations

from perftui.model.snapshot import TimelinePoint, Times
from perftui.model.spectrum import EDGES_MS, Spectrum
from perftui.model.tick import TargetSample

SLOW = range(200, 230)


def times_of_second(p50_ms: float | None, count: int = 100) -> Times:
    """Each percentile is a fixed multiple of the median."""
    if p50_ms is None:
        return Times(0, None, None, None, None, None, None, None, None, None)
    return Times(count, 1.0, p50_ms, p50_ms * 40, *(p50_ms * part for part in (1, 1.5, 2.5, 4, 10, 30)))


def point_of_second(second: int, *, interval_s: float = 1.0, p50_ms: float | None = None) -> TimelinePoint:
    """The tick that ends `second` + 1 seconds after the start."""
    users = min(100, (second + 1) * 2)
    is_slow = second in SLOW
    if p50_ms is None:
        p50_ms = (10.0 + second % 7) * (4 if is_slow else 1)
    failures = users // 10 if is_slow else 0
    requests = users * 3
    return TimelinePoint(
        seq=second + 1,
        elapsed_s=second + 1.0,
        interval_s=interval_s,
        user_count=users,
        target_user_count=100,
        requests=requests,
        failures=failures,
        rps=float(requests),
        fails_per_s=float(failures),
        times=times_of_second(p50_ms, requests),
        in_flight=3,
        cpu_percent=20.0,
        hub_lag_p99_ms=1.0,
        target=TargetSample(40.0 + second % 11, 500_000_000 + second * 100_000),
    )


def spectrum_of_second(second: int) -> Spectrum:
    counts = [0] * len(EDGES_MS)
    middle = 16 if second in SLOW else 13
    for offset, count in enumerate((5, 80, 160, 50, 4)):
        counts[middle + offset] = count
    counts[22] = second % 5 == 0
    return Spectrum(second + 1, second + 1.0, 1.0, tuple(counts))
