"""What a master refuses is said once, and then counted."""

from __future__ import annotations

from perftui.engine.refusals import AGAIN_AFTER_S, MAX_CAUSES, Refusals


def test_a_cause_is_said_at_once_and_then_with_its_count() -> None:
    refusals = Refusals()
    lines = []
    for second in range(int(AGAIN_AFTER_S) + 1):
        refusals.note("report of load worker box-1", "it has users that cannot be")
        lines += refusals.due(float(second))
    assert lines == [
        "refused 1 report of load worker box-1: it has users that cannot be",
        "refused 61 reports of load worker box-1: it has users that cannot be",
    ]
    refusals.note("report of load worker box-1", "it is none", 2)
    assert refusals.due(61.0) == []
    assert refusals.due(61.0, is_last=True) == ["refused 63 reports of load worker box-1: it is none"]


def test_whoever_comes_under_many_names_is_said_a_few_times() -> None:
    refusals = Refusals()
    for number in range(1000):
        refusals.note(f"report of load worker box-{number}", "it is none")
    lines = refusals.due(0.0)
    assert len(lines) == MAX_CAUSES + 1
    assert lines[-1] == f"refused {1000 - MAX_CAUSES} reports of other load workers: it is none"
