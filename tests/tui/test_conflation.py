"""Which snapshots a viewer decodes: about one a second, and no change of state late."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from perftui.model.run_state import RunState
from perftui.model.snapshot import Snapshot
from perftui.tui.following.conflation import LEAST_S, LONGEST_HELD_S, Conflation
from perftui.wire.framing import FrameReader, encode, unpack
from perftui.wire.messages import Shown
from tests.fakes.fake_conductor import FakeConductor


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(autouse=True)
def _every_snapshot_is_taken() -> None:
    """Not here."""


@pytest.fixture
def shown() -> Snapshot:
    return FakeConductor(Path("run"), Path("run.sock")).snapshot()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def fields_of(snapshot: Snapshot) -> Any:
    (body,) = FrameReader().bodies(encode(Shown(snapshot)))
    kind, fields = unpack(body)
    assert kind is Shown
    return fields


def test_of_two_a_second_one_is_decoded(shown: Snapshot, clock: Clock) -> None:
    newest = Conflation(clock)
    decoded: list[Any] = []
    for half_second in range(20):
        newest.hold(fields_of(replace(shown, elapsed_s=half_second / 2)))
        if newest.is_due:
            decoded += newest.taken()
        clock.now_s += 0.5
    assert len(decoded) == 10


@pytest.mark.parametrize(
    "news",
    [{"state": RunState.STOPPING}, {"cause": "a task said so"}, {"warning": "late"}, {"is_warming_up": True}],
    ids=lambda news: next(iter(news)),
)
def test_more_than_numbers_waits_for_nothing(shown: Snapshot, clock: Clock, news: dict[str, Any]) -> None:
    newest = Conflation(clock)
    newest.hold(fields_of(shown))
    newest.taken()
    newest.hold(fields_of(replace(shown, elapsed_s=1.0)))
    assert not newest.is_due
    newest.hold(fields_of(replace(shown, **news)))
    assert newest.is_due


def test_a_change_that_is_taken_back_while_it_is_held_leaves_the_newest(shown: Snapshot, clock: Clock) -> None:
    newest = Conflation(clock)
    newest.hold(fields_of(shown))
    newest.taken()
    newest.hold(fields_of(replace(shown, warning="late")))
    newest.hold(fields_of(replace(shown, seq=7)))
    (fields,) = newest.taken()
    assert fields == fields_of(replace(shown, seq=7))


def test_what_nothing_follows_is_held_for_a_moment_only(shown: Snapshot, clock: Clock) -> None:
    newest = Conflation(clock)
    assert newest.wait_s is None
    newest.hold(fields_of(shown))
    newest.taken()
    newest.hold(fields_of(replace(shown, seq=1)))
    assert 0 < (newest.wait_s or 0) <= LONGEST_HELD_S < LEAST_S
    clock.now_s += LONGEST_HELD_S
    assert newest.is_due
    assert len(newest.taken()) == 1
    assert newest.wait_s is None


@pytest.mark.parametrize("fields", [None, [], [None], [[1, 2]], [{}], "text"])
def test_what_is_no_snapshot_is_left_to_who_decodes_it(fields: object, clock: Clock) -> None:
    newest = Conflation(clock)
    newest.hold(fields)
    assert newest.is_due
    assert list(newest.taken()) == [fields]
