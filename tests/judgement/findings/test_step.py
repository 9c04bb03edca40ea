from __future__ import annotations

import random

import pytest

from perftui.judgement.findings.step import step_of


def test_a_step_is_found_where_it_is_however_near_to_the_ends() -> None:
    for at in (6, 15, 30, 34):
        chance = random.Random(at)
        step = step_of([(10 if index < at else 20) + chance.gauss(0, 1) for index in range(40)])
        assert step is not None
        assert step.index == at


def test_a_step_down_is_one_too() -> None:
    step = step_of([20.0] * 10 + [10.0] * 12)
    assert step is not None
    assert step.index == 10


@pytest.mark.parametrize(
    "values",
    [
        [7.0] * 30,
        [float(index) for index in range(30)],
        [1.0] * 10 + [9.0] * 10 + [1.0] * 10,
        [1.0] * 4 + [9.0] * 5,
    ],
    ids=["constant", "a line", "there and back", "too few"],
)
def test_what_is_no_step_is_not_said_to_be_one(values: list[float]) -> None:
    assert step_of(values) is None


@pytest.mark.parametrize("phi", [0.0, 0.6, 0.9])
def test_noise_is_seldom_taken_for_a_step_however_much_each_point_depends_on_the_one_before(phi: float) -> None:
    found = 0
    for seed in range(200):
        chance, value, values = random.Random(seed), 0.0, []
        for _ in range(30):
            value = phi * value + chance.gauss(0, 1)
            values.append(10 + value)
        found += step_of(values) is not None
    assert found <= 4
