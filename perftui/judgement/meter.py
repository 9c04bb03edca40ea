"""The value of one measure, tick by tick: of everything so far, or of a sliding window."""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from perftui.judgement.measured_scope import Sums
from perftui.judgement.rules import Measure
from perftui.model.histogram import Histogram
from perftui.model.tick import Tick

TIMES = frozenset({"percentile", "avg", "max", "min"})
# Where no request is a 0 and not a lack of data, once there was one at all.
RATES = frozenset({"rps", "requests"})

# With fewer, both ends are nearly the same time.
MIN_SAMPLES_FOR_GROWTH = 12
# Growth is told from a tenth of the samples at either end, within these. More would miss more of what grows all the
# time; with fewer, one that is far off would count: what a slow target said stands in two ticks.
_MIN_END_SAMPLES, _MAX_END_SAMPLES = 3, 5


def end_samples(n: int) -> int:
    """Of how many of `n` samples at either end growth is told."""
    return min(_MAX_END_SAMPLES, max(_MIN_END_SAMPLES, n // 10))


class Gauge:
    """Samples of something that goes up and down."""

    def __init__(self) -> None:
        self.n = 0
        self._peak = -math.inf
        self._sum = 0.0
        self._of = 0.0
        self._last = 0.0
        self._first: list[float] = []
        self._latest: deque[float] = deque(maxlen=_MAX_END_SAMPLES)

    def add(self, value: float, of: float = 0.0) -> None:
        """`of` is the whole that `value` is a part of, where it is one."""
        self._of += of
        if len(self._first) < _MAX_END_SAMPLES:
            self._first.append(value)
        self._latest.append(value)
        self.n += 1
        self._peak = max(self._peak, value)
        self._sum += value
        self._last = value

    def peak(self) -> float | None:
        return self._peak if self.n else None

    def mean(self) -> float | None:
        return self._sum / self.n if self.n else None

    def total(self) -> float | None:
        return self._sum if self.n else None

    def share(self) -> float | None:
        """Of all that the values are parts of, in percent; None where that is nothing."""
        # Some that were dropped in a window were due before it.
        return min(100.0, 100 * self._sum / self._of) if self._of else None

    def last(self) -> float | None:
        return self._last if self.n else None

    def growth(self) -> float | None:
        """The median of the last k samples minus that of the first k: a single high sample moves neither.

        k is 5, and 3 or 4 below 50 samples. None below MIN_SAMPLES_FOR_GROWTH samples.
        Of what grows steadily over n samples this misses the share (k - 1) / (n - 1), because the medians lie that
        much closer together than the ends: 1.3 % with 300 samples, 6.8 % with 60, 18 % with 12.
        """
        if self.n < MIN_SAMPLES_FOR_GROWTH:
            return None
        count = end_samples(self.n)
        return statistics.median([*self._latest][-count:]) - statistics.median(self._first[:count])


def _users(tick: Tick) -> float | None:
    return tick.user_count


def _memory(tick: Tick) -> float | None:
    return tick.target.memory_bytes if tick.target else None


def _cpu(tick: Tick) -> float | None:
    return tick.target.cpu_percent if tick.target else None


def _connections(tick: Tick) -> float | None:
    return tick.target.open_connections if tick.target else None


def _value(tick: Tick) -> float | None:
    return tick.target.value if tick.target else None


def _dropped(tick: Tick) -> float | None:
    return tick.arrivals.dropped if tick.arrivals else None


def _local_errors(tick: Tick) -> float | None:
    return sum(each.count for each in tick.local_errors)


def _whole_of(tick: Tick) -> float:
    """What of a tick a share is taken of; only arrivals have one."""
    return tick.arrivals.scheduled if tick.arrivals else 0.0


# What is read from each tick, and what is made of it. All other metrics come from requests.
GAUGES: dict[str, tuple[Callable[[Tick], float | None], Callable[[Gauge], float | None]]] = {
    "users": (_users, Gauge.peak),
    "dropped": (_dropped, Gauge.total),
    "dropped_ratio": (_dropped, Gauge.share),
    "local_errors": (_local_errors, Gauge.total),
    "target_memory": (_memory, Gauge.peak),
    "target_memory_growth": (_memory, Gauge.growth),
    "target_cpu": (_cpu, Gauge.mean),
    "target_connections": (_connections, Gauge.peak),
    "target_value": (_value, Gauge.last),
}


@dataclass(frozen=True, slots=True)
class _Kept:
    """One tick of a window."""

    middle_s: float
    interval_s: float
    sums: Sums
    reading: float | None
    of: float


class Meter:
    """`sums` are the requests that count now: all so far, or with a window those of the last `window_s` seconds.

    A tick belongs to a window when its middle does, and the newest always does. `is_full` says whether the window has
    filled. `covered_s` and `ticks` say how much time counts; `seen` how many requests there were altogether.
    """

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self.sums = Sums()
        self.covered_s = 0.0
        self.ticks = 0
        self.seen = 0
        self.is_full = measure.window_s is None
        self._of_gauge = GAUGES.get(measure.metric)
        self._gauge = Gauge()
        # Bounded by rules.LONGEST_WINDOW_S, at a tick a second.
        self._window: deque[_Kept] = deque()
        self._from_s: float | None = None

    def add(self, tick: Tick, sums: Sums) -> None:
        """`sums` are the tick's requests in the scope of the measure."""
        reading = self._of_gauge[0](tick) if self._of_gauge else None
        if reading is not None and not math.isfinite(reading):
            reading = None
        self.seen += sums.requests
        self.sums.add(sums)
        if self.measure.window_s is None:
            self.covered_s += tick.interval_s
            self.ticks += 1
            if reading is not None:
                self._gauge.add(reading, _whole_of(tick))
        else:
            kept = _Kept(tick.elapsed_s - tick.interval_s / 2, tick.interval_s, sums, reading, _whole_of(tick))
            self._slide(tick, kept, self.measure.window_s)

    def _slide(self, tick: Tick, newest: _Kept, window_s: float) -> None:
        window = self._window
        window.append(newest)
        while window[0].middle_s < tick.elapsed_s - window_s and len(window) > 1:
            oldest = window.popleft()
            self.sums.take_out(oldest.sums, (each.sums for each in window))
        self.covered_s = math.fsum(each.interval_s for each in window)
        self.ticks = len(window)
        if self._from_s is None:
            self._from_s = tick.elapsed_s - tick.interval_s
        self.is_full = self.is_full or tick.elapsed_s - self._from_s >= window_s - tick.interval_s / 2
        if self._of_gauge:
            self._gauge = Gauge()
            for each in window:
                if each.reading is not None:
                    self._gauge.add(each.reading, each.of)

    @property
    def n(self) -> int:
        """How many requests the value comes from; of rps how many ticks, of a gauge how many samples."""
        metric = self.measure.metric
        if metric in GAUGES:
            return self._gauge.n
        if metric == "rps":
            return self.ticks
        return self._times.count if metric in TIMES else self.sums.requests

    @property
    def _times(self) -> Histogram:
        return self.sums.response_times if self.measure.is_response else self.sums.times

    def value(self) -> float | None:
        """In the measure's unit; None without data. Raises ValueError for a metric that does not exist."""
        if self._of_gauge:
            return self._of_gauge[1](self._gauge)
        measure, sums = self.measure, self.sums
        match measure.metric:
            case "percentile" if measure.percent is not None:
                return self._times.percentile_ms(measure.percent)
            case "avg":
                return self._times.mean_ms
            case "max":
                return self._times.max_ms
            case "min":
                return self._times.min_ms
            case "rps":
                return sums.requests / self.covered_s if self.covered_s else None
            case "requests":
                return sums.requests
            case "failures":
                return sums.failed
            case "fail_ratio":
                return 100 * sums.failed / sums.requests if sums.requests else None
            case "status" if measure.status is not None:
                return _status_value(sums, measure.status, is_share=measure.unit == "%")
        raise ValueError(f"no metric {measure.metric!r}")


def _status_value(sums: Sums, status: int, *, is_share: bool) -> float | None:
    """The share is that of all responses; for status 0, which stands for none, that of all requests."""
    count = sums.statuses.get(status, 0)
    if not is_share:
        return count
    responses = sum(each for code, each in sums.statuses.items() if code or not status)
    return 100 * count / responses if responses else None
