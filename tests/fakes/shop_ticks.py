"""A shop under load, second by second: the same numbers every time."""

from __future__ import annotations

import math
import random

from perftui.model.histogram import Histogram
from perftui.model.tick import FailureDelta, Health, RequestDelta, Tick

_PATHS = (
    ("GET", "/api/v1/products/{id}", 0.34, 28.0),
    ("GET", "/api/v1/search?q=[term]", 0.20, 74.0),
    ("POST", "/api/v1/checkout", 0.16, 95.0),
    ("POST", "/api/v1/cart/items", 0.12, 47.0),
    ("GET", "/api/v1/users/me", 0.08, 17.0),
    ("PUT", "/api/v1/cart/items/{id}", 0.05, 52.0),
    ("POST", "/api/v1/auth/login", 0.03, 140.0),
    ("GET", "/healthz", 0.01, 2.2),
    ("DELETE", "/api/v1/cart", 0.01, 36.0),
)
_RAMP_S = 50
_USERS = 500
_UNAVAILABLE = "HTTP 503 Service Unavailable"


def shop_ticks(count: int) -> list[Tick]:
    """`count` seconds: a ramp of 50 s to 500 users, a slow spell with failures around 2:30."""
    chance = random.Random(20)
    return [_tick(seq, chance) for seq in range(count)]


def _tick(seq: int, chance: random.Random) -> Tick:
    users = min(_USERS, (seq + 1) * _USERS // _RAMP_S)
    slow = 1 + 1.6 * math.exp(-(((seq - 150) / 12) ** 2)) + 0.12 * math.sin(seq / 9)
    rps = users * 2.24 * (1.04 + 0.03 * math.sin(seq / 5)) / math.sqrt(slow)
    requests = tuple(_request(path, rps, slow, chance) for path in _PATHS)
    failures = tuple(
        FailureDelta(each.method, each.name, _UNAVAILABLE, each.failed, float(seq), seq + 0.9)
        for each in requests
        if each.failed
    )
    total = sum(each.requests for each in requests)
    lag_ms = 0.4 + 0.3 * (seq % 5)
    cpu = 63.0 * users / _USERS + 2 * math.sin(seq / 3)
    health = Health(max(1.0, cpu), 90_000_000, 0.1, lag_ms, lag_ms * 2, 540, 65_536)
    return Tick(
        seq=seq,
        elapsed_s=float(seq + 1),
        interval_s=1.0,
        user_count=users,
        target_user_count=_USERS,
        users_by_class={"Buyer": users},
        requests=requests,
        failures=failures,
        exceptions=(),
        started=total,
        abandoned=0,
        in_flight=min(users, 12 + seq % 7),
        oldest_in_flight_s=0.4,
        health=health,
    )


def _request(path: tuple[str, str, float, float], rps: float, slow: float, chance: random.Random) -> RequestDelta:
    method, name, share, typical_ms = path
    count = max(1, round(rps * share))
    failed = round(count * 0.06) if name.endswith("checkout") and slow > 1.8 else 0
    ok_times, failed_times = Histogram(), Histogram()
    for number in range(count):
        time_ms = typical_ms * slow * chance.lognormvariate(0, 0.45)
        (failed_times if number < failed else ok_times).record(int(time_ms * 1000))
    return RequestDelta(
        method,
        name,
        count - failed,
        failed,
        0,
        count * 2400,
        ok_times,
        failed_times,
        {200: count - failed} | ({503: failed} if failed else {}),
    )
