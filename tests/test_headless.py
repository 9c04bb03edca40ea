"""What is said while a run goes on."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from perftui.headless import Progress, progress_text
from perftui.model.control import LoadControl
from perftui.model.judged import ThresholdResult, ThresholdState
from perftui.model.run_state import RunState
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.ticks import delta, tick


def result(measure: str, state: ThresholdState, margin: float | None) -> ThresholdResult:
    observed = None if state is ThresholdState.NO_DATA else 1.0
    return ThresholdResult(f"{measure} < 1", measure, state, observed, "ms", 1, 1.0, None, margin)


EASY = result("p50", ThresholdState.PASSED, 0.9)
CLOSE = result("p95", ThresholdState.PASSED, 0.1)
# A target of 0 has no margin.
BROKEN = result("status[500]", ThresholdState.FAILED, None)
UNKNOWN = result("p95(/x)", ThresholdState.NO_DATA, None)
ALMOST = result("rps", ThresholdState.ACCEPTABLE, -0.2)


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ((EASY, CLOSE), "✓ p95 10% to spare"),
        ((EASY, BROKEN, UNKNOWN), "✗ status[500] failed"),
        ((EASY, UNKNOWN, ALMOST), "∅ p95(/x) no data"),
        ((EASY, ALMOST), "~ rps 20% beyond"),
        ((), "0 failed"),
    ],
)
def test_the_progress_line_ends_with_the_threshold_that_stands_worst(
    results: tuple[ThresholdResult, ...], said: str
) -> None:
    conductor = FakeConductor(Path("runs/a"), Path("a.sock"))
    conductor.feed(tick(0, delta()))
    snapshot = replace(conductor.snapshot(), thresholds=results)
    assert progress_text(snapshot).endswith(said)
    assert progress_text(replace(snapshot, is_warming_up=True)).endswith("warming up")


def test_while_a_search_changes_its_level_the_level_is_said() -> None:
    conductor = FakeConductor(Path("runs/a"), Path("a.sock"), title="find → shop · search: level 3")
    conductor.feed(tick(0, delta()))
    conductor.control = LoadControl("hand", 40, 10.0)
    snapshot = replace(conductor.snapshot(), thresholds=(UNKNOWN,))
    assert progress_text(snapshot).endswith("0 failed  level 3: 40 users")
    assert progress_text(replace(snapshot, thresholds=(CLOSE,))).endswith("✓ p95 10% to spare")


def test_the_clock_of_the_progress_line_never_goes_back() -> None:
    conductor = FakeConductor(Path("runs/a"), Path("a.sock"))
    conductor.feed(tick(0, delta()))
    said = StringIO()
    progress = Progress(said)
    for elapsed_s, state in ((22.0, RunState.RUNNING), (2.0, RunState.SEALING)):
        progress.show(replace(conductor.snapshot(), elapsed_s=elapsed_s, state=state))
    assert [line.split()[0] for line in said.getvalue().splitlines()] == ["00:22", "00:22"]
