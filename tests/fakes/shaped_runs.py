"""Generated runs of known truth, as ticks: log-normal times, Poisson counts, the same for the same seed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable

from perftui.judgement.findings import Evidence, find
from perftui.model.histogram import Histogram
from perftui.model.judged import Finding
from perftui.model.tick import FailureDelta, Health, RequestDelta, TargetSample, Tick
from perftui.model.totals import RunTotals

Over = float | Callable[[float], float]
"""A number, or one that changes: of seconds since the start."""


def between(from_value: float, to_value: float, over_s: float) -> Callable[[float], float]:
    """A line, flat after `over_s`."""
    return lambda s: from_value + (to_value - from_value) * min(s / over_s, 1.0)


def shaped_run(
    seconds: int,
    seed: int = 1,
    *,
    users: Over = 10,
    rps: Over = 20.0,
    median_ms: Over = 100.0,
    sigma: float = 0.5,
    fail_ratio: Over = 0.0,
    memory_mb: Over | None = None,
    cpu_percent: Over = 20.0,
    hub_lag_ms: Over = 0.0,
    name: str = "/items",
    message: str = "HTTP 503 Service Unavailable",
) -> list[Tick]:
    """One request name, second by second; failures take 2 ms."""
    chance = random.Random(seed)
    return [
        _second(
            s,
            chance,
            users=round(_at(users, s)),
            count=poisson(chance, _at(rps, s)),
            median_us=_at(median_ms, s) * 1000,
            sigma=sigma,
            fail_ratio=_at(fail_ratio, s),
            memory_mb=None if memory_mb is None else _at(memory_mb, s) + chance.gauss(0, 0.3),
            health=Health(_at(cpu_percent, s), 60_000_000, 0.1, _at(hub_lag_ms, s), _at(hub_lag_ms, s), 20, 4096),
            key=("GET", name),
            message=message,
        )
        for s in range(seconds)
    ]


def _at(value: Over, s: float) -> float:
    return value(s) if callable(value) else value


def poisson(chance: random.Random, mean: float) -> int:
    """Knuth's method, in parts: exp(-700) is near the smallest float."""
    if mean > 500:
        return poisson(chance, mean / 2) + poisson(chance, mean / 2)
    count, product, bound = 0, chance.random(), math.exp(-mean)
    while product > bound:
        count += 1
        product *= chance.random()
    return count


def lognormal_histogram(
    chance: random.Random, count: int, median_us: float, sigma: float, lag_us: float = 0.0
) -> Histogram:
    """Every tenth meets the generator's lag."""
    histogram = Histogram()
    for number in range(count):
        lag = 0.0 if number % 10 else lag_us
        histogram.record(int(median_us * math.exp(chance.gauss(0, sigma)) + lag))
    return histogram


def _second(
    s: int,
    chance: random.Random,
    *,
    users: int,
    count: int,
    median_us: float,
    sigma: float,
    fail_ratio: float,
    memory_mb: float | None,
    health: Health,
    key: tuple[str, str],
    message: str,
) -> Tick:
    failed = sum(chance.random() < fail_ratio for _ in range(count)) if fail_ratio else 0
    succeeded = count - failed
    statuses = {status: number for status, number in ((200, succeeded), (503, failed)) if number}
    failed_times = Histogram()
    for _ in range(failed):
        failed_times.record(2000)
    ok_times = lognormal_histogram(chance, succeeded, median_us, sigma, health.hub_lag_p99_ms * 1000)
    delta = RequestDelta(*key, succeeded, failed, 0, 100 * succeeded, ok_times, failed_times, statuses)
    in_flight = min(users, round(count * median_us / 1e6))
    return Tick(
        seq=s + 1,
        elapsed_s=s + 1.0,
        interval_s=1.0,
        user_count=users,
        target_user_count=users,
        users_by_class={"Caller": users},
        requests=(delta,) if count else (),
        failures=(FailureDelta(*key, message, failed, s + 0.1, s + 0.9),) if failed else (),
        exceptions=(),
        started=count,
        abandoned=0,
        in_flight=in_flight,
        oldest_in_flight_s=median_us / 1e6 if in_flight else 0.0,
        health=health,
        target=None if memory_mb is None else TargetSample(memory_bytes=int(memory_mb * 1e6)),
    )


def findings_of(ticks: Iterable[Tick], warm_up_s: float = 0.0) -> dict[str, Finding]:
    """What the rules say of a run, by kind; each rule says one thing at most."""
    evidence, measured = Evidence(), RunTotals()
    for tick in ticks:
        is_measured = tick.elapsed_s > warm_up_s
        evidence.add(tick, is_measured)
        if is_measured:
            measured.add(tick)
    findings = find(evidence, measured)
    by_kind = {each.kind: each for each in findings}
    assert len(by_kind) == len(findings)
    return by_kind
