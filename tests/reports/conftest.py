"""Records to report on, and the corpus of hostile strings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from perftui.model.judged import Finding, ThresholdResult, ThresholdState
from perftui.model.load_workers import LoadWorkerRow
from perftui.model.marks import NOTE
from perftui.model.plan import RunPlan, Target
from perftui.model.record import Record, RunEvent, Verdict
from perftui.model.tick import ExceptionDelta, FailureDelta, LocalErrorDelta, TargetSample
from tests.fakes.records import PLAN, record_of
from tests.fakes.scheduled_runs import scheduled_record
from tests.fakes.ticks import delta, histogram_of, tick

DATA = Path(__file__).parents[1] / "data"


THRESHOLDS = (
    ThresholdResult(
        "p95(/) < 20ms", "p95(/)", ThresholdState.PASSED, 12.346, "ms", 10, 20.0, None, 0.3827, text="p95(/) 12.3 ms"
    ),
    ThresholdResult(
        "fail_ratio < 1%",
        "fail_ratio",
        ThresholdState.FAILED,
        7.142857,
        "%",
        14,
        1.0,
        5.0,
        -6.142857,
        failed_since_s=1.4,
        text="fail_ratio 7.14 %, wanted < 1 %",
    ),
    ThresholdResult(
        "p95(/gone) < 1s",
        "p95(/gone)",
        ThresholdState.NO_DATA,
        None,
        "ms",
        0,
        1000.0,
        text="p95(/gone) no data: no request matches '/gone'",
    ),
)


@pytest.fixture
def sample_record() -> Record:
    """Three seconds of three requests: a failure, an exception, a request in flight at the end."""
    ticks = [
        tick(
            0,
            delta("/", (0.45, 0.5, 12.3456)),
            delta("/items/[id]", (20.0, 21.5), method="GET"),
            users=2,
            in_flight=1,
            started=6,
        ),
        tick(
            1,
            delta("/", (0.5,) * 7),
            delta("/items", (130.0,), (250.0,), method="POST"),
            users=4,
            failures=(FailureDelta("POST", "/items", "500 Server Error", 1, 1.4, 1.4),),
            exceptions=(
                ExceptionDelta("KeyError: 'id'", "Traceback:\n  File \"shop.py\", line 3\nKeyError: 'id'\n", 2),
            ),
            in_flight=1,
            started=9,
        ),
        replace(tick(2, users=4, in_flight=1, started=0), target=TargetSample(12.5, 48_000_000, 4)),
    ]
    events = (RunEvent(0.0, "state", "running"), RunEvent(1.4, NOTE, "the new release"))
    return record_of(
        ticks, events=events, thresholds=THRESHOLDS, findings=(Finding("few", "Too few requests.", is_doubt=True),)
    )


@pytest.fixture
def hostile_strings() -> dict[str, str]:
    corpus: dict[str, str] = json.loads((DATA / "hostile_strings.json").read_text())
    return corpus


@pytest.fixture
def hostile_record(hostile_strings: dict[str, str]) -> Record:
    """Every hostile string in every place that foreign text can come to."""
    ticks = [
        replace(
            tick(
                seq,
                replace(delta(text, (10.0,), (5.0,), method=text[:20]), response_times=histogram_of(20.0)),
                failures=(FailureDelta(text[:20], text, text, 1, 0.5, 0.5),),
                # The number keeps tracebacks apart that are cleaned to the same.
                exceptions=(ExceptionDelta(text, f"Traceback {seq}\n{text}", 1),) if seq < 40 else (),
            ),
            local_errors=(LocalErrorDelta(text, 1),),
        )
        for seq, text in enumerate(hostile_strings.values())
    ]
    texts = list(hostile_strings.values())
    plan: RunPlan = replace(
        PLAN,
        target=Target(hostile_strings["html image"], hostile_strings["javascript link"]),
        locust_args=tuple(texts),
        origins={"users": texts[0], "run_time": texts[-1]},
        provenance={text[:50] or "empty": text for text in texts},
    )
    record = record_of(
        ticks,
        plan=plan,
        verdict=Verdict.FAILED,
        sentences=tuple(texts),
        warnings=tuple(texts),
        events=tuple(RunEvent(1.0, kind, text, text) for text in texts for kind in (text[:20], NOTE, "load")),
        thresholds=tuple(
            ThresholdResult(text, text, ThresholdState.FAILED, 2.0, "ms", 1, 1.0, text=text) for text in texts
        ),
        findings=tuple(Finding(text[:20], text) for text in texts),
    )
    workers = tuple(LoadWorkerRow(text, text, "remote", "left", 1, 1) for text in texts)
    return replace(record, run_id=texts[0], environment={text[:50]: text for text in texts}, load_workers=workers)


@pytest.fixture
def scheduled() -> Record:
    """An arrival rate with load workers, seconds in which the generator was late, and what could not be sent."""
    return scheduled_record()
