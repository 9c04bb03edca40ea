"""Memory of the engine over eight simulated hours: 50 request names, 200 requests per second, one failure in 100.

    python -m benchmarks.engine_memory

Requests are reported to Locust's own events, as its users do, with the engine's listeners and statistics behind them;
the clock is simulated, and each of its seconds is taken as a tick and packed for the conductor. Users and sockets are
left out: they do not grow with time.
"""

from __future__ import annotations

import gc
import time
from typing import Any

import locust
import locust.stats
import psutil
from locust.env import Environment

from perftui.engine import bounded_stats
from perftui.engine.instruments import Instruments
from perftui.engine.sampler import Sampler
from perftui.model.tick import Health, Tick
from perftui.wire.framing import encode
from perftui.wire.messages import Ticked

HOURS = 8
NAMES = 50
RPS = 200
MOST_MB_PER_HOUR = 1.0
_SETTLED_S = 1800
_SHOWN_EVERY_S = 1800
_HEALTH = Health(5.0, 60_000_000, 0.1, 0.5, 0.5, 20, 4096)


class SimulatedClock:
    """Stands in for the module `time` where Locust's statistics ask for it."""

    def __init__(self) -> None:
        self.now_s = time.time()

    def time(self) -> float:
        return self.now_s

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def main() -> None:
    clock = SimulatedClock()
    locust.stats.time = vars(bounded_stats)["time"] = clock
    sampler = Instruments(lambda: None).sampler
    locust.events.request.add_listener(sampler.on_request)
    environment = Environment(events=locust.events)
    environment.stats = stats = bounded_stats.BoundedStats()
    environment.create_local_runner()
    print(f"{NAMES} names, {RPS} requests/s; aim: less than {MOST_MB_PER_HOUR:g} MB an hour after the first half")
    print(f"{'hours':>6} {'RSS MB':>8}")
    measured: list[tuple[float, float]] = []
    for second in range(HOURS * 3600 + 1):
        if second % _SHOWN_EVERY_S == 0:
            gc.collect()
            rss_mb = psutil.Process().memory_info().rss / 1e6
            print(f"{second / 3600:>6.1f} {rss_mb:>8.1f}", flush=True)
            if second >= _SETTLED_S:
                measured.append((second / 3600, rss_mb))
        _second(clock, sampler, second)
        if second % bounded_stats.PRUNE_INTERVAL_S == 0:
            stats.prune()
    print(f"slope after {_SETTLED_S / 60:.0f} min: {_slope(measured):.2f} MB an hour")


def _second(clock: SimulatedClock, sampler: Sampler, second: int) -> None:
    fire = locust.events.request.fire
    for number in range(RPS):
        clock.now_s += 1 / RPS
        fire(
            request_type="GET",
            name=f"/page/{number % NAMES}",
            # Moves through the buckets as times do: 2 ms to 1 s.
            response_time=2.0 + (number * 7919 + second * 104729) % 99_800 / 100,
            response_length=100,
            response=None,
            context={},
            exception=ValueError(f"lost {second}") if number % 100 == 0 else None,
            start_time=clock.now_s,
            url=None,
        )
    happened = sampler.take()
    sampler.take_exchanges()
    encode(Ticked(Tick(second + 1, second + 1.0, 1.0, 50, 50, {}, *happened[:3], RPS, 0, 0, 0.0, _HEALTH)))


def _slope(points: list[tuple[float, float]]) -> float:
    """Least squares."""
    mean_x, mean_y = (sum(each[axis] for each in points) / len(points) for axis in (0, 1))
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


if __name__ == "__main__":
    main()
