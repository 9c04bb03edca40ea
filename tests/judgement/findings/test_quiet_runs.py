"""Runs in which nothing happened: the rules must hold their tongue."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from hypothesis import given, settings

from perftui.model.text import clean
from perftui.model.tick import Tick
from tests.fakes.random_ticks import runs
from tests.fakes.shaped_runs import between, findings_of, shaped_run

_TRENDS = {"response times rising", "response times jumped", "rps falling", "memory growing"}
_SHAPES: dict[str, Callable[[int], list[Tick]]] = {
    "flat": lambda seed: shaped_run(60, seed, memory_mb=100),
    "ramp, then flat": lambda seed: shaped_run(60, seed, users=between(1, 10, 20), rps=between(2, 20, 20)),
    "wide": lambda seed: shaped_run(60, seed, sigma=1.0),
    "sparse": lambda seed: shaped_run(120, seed, rps=2, memory_mb=100),
    "short": lambda seed: shaped_run(15, seed, rps=40),
}


def test_of_200_quiet_runs_at_most_2_percent_speak_of_anything() -> None:
    loud = []
    for seed in range(40):
        for name, shape in _SHAPES.items():
            found = set(findings_of(shape(seed)))
            assert found <= _TRENDS, (name, seed, found)
            loud += [(name, seed)] if found else []
    assert len(loud) <= 4, loud


def _wandering(seed: int) -> list[Tick]:
    """A median that wanders by 10 %, each second close to the one before (a correlation of 0.9)."""
    chance, level, levels = random.Random(seed), 0.0, []
    for _ in range(120):
        level = 0.9 * level + chance.gauss(0, 0.1 * math.sqrt(1 - 0.81))
        levels.append(100 * math.exp(level))
    return shaped_run(120, seed, median_ms=lambda s: levels[int(s)])


def test_response_times_that_wander_are_seldom_said_to_rise() -> None:
    assert sum(bool(findings_of(_wandering(seed))) for seed in range(40)) <= 3


@settings(max_examples=25, deadline=None)
@given(runs())
def test_whatever_an_engine_sends_each_finding_is_one_clean_sentence(ticks: list[Tick]) -> None:
    for finding in findings_of(ticks).values():
        assert finding.text == clean(finding.text, 400)
        assert finding.text.endswith(".")
        assert finding.text[0].isupper()
