"""Two runs of a shop and what came of comparing them, the same every time."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import replace

from perftui.judgement.comparison import compare, slice_count, sliced
from perftui.judgement.likeness import Difference
from perftui.model.histogram import Histogram
from perftui.model.record import Record
from perftui.model.tick import Health, RequestDelta, Tick
from perftui.reports.comparison_figures import Compared
from tests.fakes.records import PLAN, record_of

RUN_S = 120
# Method, name, requests in a second, median in ms.
_PATHS = (
    ("GET", "/api/v1/products/{id}", 12, 28.0),
    ("GET", "/api/v1/search?q=[term]", 8, 74.0),
    ("POST", "/api/v1/checkout", 6, 95.0),
    ("POST", "/api/v1/cart/items", 5, 47.0),
    ("GET", "/api/v1/users/me", 4, 17.0),
    ("PUT", "/api/v1/cart/items/{id}", 3, 52.0),
    ("POST", "/api/v1/auth/login", 2, 140.0),
)
_HEALTH = Health(5.0, 60_000_000, 0.1, 0.5, 0.5, 20, 4096)


def two_runs(names: Mapping[str, str] | None = None) -> Compared:
    """Checkout became half as slow again and fails more, the search quicker; one name of each is not in the other.

    `names` replaces names, and "run", "profile" and "branch".
    """
    names = names or {}
    old = _ticks(1, {}, {}, 1, names)
    new = _ticks(2, {"/api/v1/checkout": 1.5, "/api/v1/search?q=[term]": 0.7}, {"/api/v1/checkout": 0.08}, 2, names)
    records = (_record(old, "20260304T050607_light_shop", names), _record(new, "20260305T050607_light_shop", names))
    count = slice_count(records[0].totals, records[1].totals)
    comparison = compare(sliced(records[0].totals, old, count), sliced(records[1].totals, new, count))
    remark = f"{names.get('run', 'shop.py')} changed between the runs."
    differences = tuple(Difference(each, each, each) for each in names.values())
    return Compared(*records, names.get("run", "nightly"), comparison, differences, (remark,))


def _record(ticks: list[Tick], run_id: str, names: Mapping[str, str]) -> Record:
    profile = replace(PLAN.profile, name=names.get("profile", "light"))
    provenance = {"git_branch": names.get("branch", "main"), "git_revision": "4f2a9c1d77"}
    plan = replace(PLAN, profile=profile, provenance=provenance)
    return replace(record_of(ticks, plan=plan), run_id=names.get("run", run_id))


def _ticks(
    seed: int,
    factors: Mapping[str, float],
    failing: Mapping[str, float],
    left_out: int,
    names: Mapping[str, str],
) -> list[Tick]:
    chance = random.Random(seed)
    paths = [*_PATHS[:-2], _PATHS[-left_out]]
    return [_tick(second, paths, factors, failing, chance, names) for second in range(RUN_S)]


def _tick(
    second: int,
    paths: list[tuple[str, str, int, float]],
    factors: Mapping[str, float],
    failing: Mapping[str, float],
    chance: random.Random,
    names: Mapping[str, str],
) -> Tick:
    requests = []
    for method, name, per_s, median_ms in paths:
        ok_times, failed_times = Histogram(), Histogram()
        for _ in range(per_s + chance.randrange(-1, 2)):
            times = failed_times if chance.random() < failing.get(name, 0.002) else ok_times
            times.record(int(median_ms * 1000 * factors.get(name, 1.0) * math.exp(chance.gauss(0, 0.4))))
        shown = names.get(name, name)
        requests.append(RequestDelta(method, shown, ok_times.count, failed_times.count, 0, 0, ok_times, failed_times))
    count = sum(each.succeeded + each.failed for each in requests)
    return Tick(second, second + 1.0, 1.0, 20, 20, {}, tuple(requests), (), (), count, 0, 0, 0.0, _HEALTH)
