"""Ticks as an engine makes them, of made-up requests, always the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable

from perftui.model.histogram import Histogram
from perftui.model.tick import FailureDelta, Health, RequestDelta, Tick

USERS = 50
FAILURE = "HTTPError('503 Server Error: Service Unavailable')"
# One request in so many fails.
FAILS_OF = 100


def name_of(number: int) -> str:
    return f"/api/v1/shop/{number:03}/items"


def service_time_ms(chance: random.Random) -> float:
    """Log-normal with a median of 33 ms."""
    return chance.lognormvariate(3.5, 0.6)


class MadeUpTicks:
    """`requests` a tick, spread evenly over `names`; `keeps_schedule`: with response times beside the service times."""

    def __init__(self, names: int, requests: int, *, keeps_schedule: bool = False, seed: int = 7) -> None:
        self._names = [name_of(number) for number in range(names)]
        self._per_name = requests / names
        self._keeps_schedule = keeps_schedule
        self._chance = random.Random(seed)

    def next(self, seq: int) -> Tick:
        failures: list[FailureDelta] = []
        deltas = tuple(self._delta(name, float(seq), failures) for name in self._names)
        return Tick(
            seq=seq,
            elapsed_s=float(seq),
            interval_s=1.0,
            user_count=USERS,
            target_user_count=USERS,
            users_by_class={"BenchUser": USERS},
            requests=deltas,
            failures=tuple(failures),
            exceptions=(),
            started=sum(delta.requests for delta in deltas),
            abandoned=0,
            in_flight=0,
            oldest_in_flight_s=0.0,
            health=Health(40.0, 90_000_000, 0.3, 2.0, 5.0, 220, 65_536),
        )

    def _delta(self, name: str, elapsed_s: float, failures: list[FailureDelta]) -> RequestDelta:
        ok, failed, response = Histogram(), Histogram(), Histogram()
        # 2.5 requests are two or three of them.
        for _ in range(int(self._per_name + self._chance.random())):
            time_us = int(service_time_ms(self._chance) * 1000)
            (failed if self._chance.random() * FAILS_OF < 1 else ok).record(time_us)
            if self._keeps_schedule:
                response.record(time_us + int(self._chance.expovariate(1 / 200)))
        if failed.count:
            failures.append(FailureDelta("GET", name, FAILURE, failed.count, elapsed_s - 1.0, elapsed_s))
        statuses = {status: count for status, count in ((200, ok.count), (503, failed.count)) if count}
        return RequestDelta("GET", name, ok.count, failed.count, 0, 900 * ok.count, ok, failed, statuses, response)


def fire_second(fire: Callable[..., None], names: int, requests: int, chance: random.Random) -> None:
    """Report `requests` to Locust's event, as its users do."""
    for number in range(requests):
        fails = chance.random() * FAILS_OF < 1
        fire(
            request_type="GET",
            name=name_of(number % names),
            response_time=service_time_ms(chance),
            response_length=900,
            response=None,
            context={},
            exception=RuntimeError(FAILURE) if fails else None,
            start_time=0.0,
            url=None,
        )
