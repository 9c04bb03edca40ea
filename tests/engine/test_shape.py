"""A load shape that asks for what cannot be is named, with its line; one that does not answer, too."""

from __future__ import annotations

from typing import Any

import gevent
import pytest

from perftui.engine import shape as shape_module
from perftui.engine.faults import LoadError
from perftui.engine.shape import AskedShape
from perftui.wire.messages import Logged


class ShopUser:
    pass


class StepShape:
    def tick(self) -> Any:
        gevent.sleep(0.1)
        return 5, 1


TICK_LINE = StepShape.tick.__code__.co_firstlineno


def asked_shape(said: list[Any] | None = None) -> AskedShape:
    return AskedShape(StepShape(), [ShopUser], (said if said is not None else []).append)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ((-5, 1), "gave -5 users: they are 0 to 1,000,000"),
        ((10**7, 1), "gave 10,000,000 users: they are 0 to 1,000,000"),
        ((5, 0), "gave a spawn rate of 0: it has to be above 0"),
        ((5, float("nan")), "gave a spawn rate of nan: it has to be above 0"),
        ((5,), "returned (5,), not users, spawn rate and perhaps user classes"),
        ((float("inf"), 1), "returned (inf, 1), not users, spawn rate and perhaps user classes"),
        ((5, 1, None, 4), "returned (5, 1, None, 4), not users, spawn rate and perhaps user classes"),
        ("five", "returned 'five', not users, spawn rate and perhaps user classes"),
        ((5, 1, ["ShopUser"]), "gave the user class 'ShopUser', which is none of the run: ShopUser"),
        ((5, 1, [StepShape]), "gave the user class StepShape, which is none of the run: ShopUser"),
        ((5, 1, ShopUser), f"gave user classes that are no list: {ShopUser!r}"),
    ],
)
def test_nonsense_names_the_shape_and_its_line(asked: Any, why: str) -> None:
    with pytest.raises(LoadError) as refused:
        asked_shape().level_of(asked)
    assert refused.value.fault.kind == "locustfile"
    assert refused.value.fault.text == f"tests/engine/test_shape.py:{TICK_LINE}: StepShape.tick() {why}"


def test_more_users_in_a_second_than_can_be_are_fewer_and_it_is_said_once() -> None:
    said: list[Any] = []
    shape = asked_shape(said)
    assert shape.level_of((10**6, 10**6, [ShopUser])) == (10**6, 10_000.0, [ShopUser])
    assert shape.level_of(("2", float("inf"))) == (2, 10_000.0, None)
    assert said == [
        Logged("WARNING", "perftui", "StepShape.tick() gave a spawn rate of 1e+06: 10,000 users/s is the most")
    ]


def test_a_tick_that_does_not_return_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shape_module, "SLOW_TICK_S", 0.01)
    said: list[Any] = []
    assert asked_shape(said).tick() == (5, 1)
    assert said == [Logged("WARNING", "perftui", "StepShape.tick() has not returned for 0.01 s")]
