"""What a target that stands still for a while does to response times, by arithmetic.

A request that is sent while the target stands is answered when it goes on; any other after `service_s`. The response
time is from when the request was intended. All in seconds.
"""

from __future__ import annotations

import math
from random import Random


def of_arrivals(rate_per_s: float, run_s: float, freeze_at_s: float, freeze_s: float, service_s: float) -> list[float]:
    """Each request has a user: it is sent when it is intended, k / rate after the start."""
    intended = (number / rate_per_s for number in range(round(run_s * rate_per_s)))
    return [_answered_s(at_s, freeze_at_s, freeze_s, service_s) - at_s for at_s in intended]


def of_users(
    users: int,
    per_user_s: float,
    spawn_rate: float,
    run_s: float,
    freeze_at_s: float,
    freeze_s: float,
    service_s: float,
    random: Random,
) -> list[float]:
    """Each user has a slot every 1 / `per_user_s`, and sends when it is there and the last request is answered.

    Those after the first come earlier by a part of that which is the user's own.
    """
    times: list[float] = []
    for user in range(users):
        first_s = free_s = user / spawn_rate
        earlier_s = random.random() / per_user_s
        for number in range(math.ceil((run_s - first_s + earlier_s) * per_user_s)):
            slot_s = first_s + number / per_user_s - (earlier_s if number else 0.0)
            free_s = _answered_s(max(slot_s, free_s), freeze_at_s, freeze_s, service_s)
            times.append(free_s - slot_s)
    return times


def percentile(times: list[float], percent: float) -> float:
    """Nearest rank, as model.histogram."""
    return sorted(times)[max(0, math.ceil(len(times) * percent / 100) - 1)]


def _answered_s(sent_s: float, freeze_at_s: float, freeze_s: float, service_s: float) -> float:
    if freeze_at_s <= sent_s < freeze_at_s + freeze_s:
        return freeze_at_s + freeze_s + service_s
    return sent_s + service_s
