"""What the charts of a run are drawn from, wherever it comes from: live, kept, replayed, or one request of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perftui.model.judged import ThresholdResult
from perftui.model.load_plan import Leg
from perftui.model.marks import Note
from perftui.model.record import RunEvent
from perftui.model.snapshot import TimelinePoint
from perftui.model.spectrum import Spectrum


@dataclass(frozen=True, slots=True)
class Baseline:
    """An earlier run that is drawn dim below: its name and its timeline."""

    name: str
    points: Sequence[TimelinePoint]


@dataclass(frozen=True, slots=True)
class ChartData:
    """`version` changes with the data: what was drawn of it need not be drawn again.

    `run_time_s` is None where the end is not known. `warm_up_s` is the part at the start that is not judged.
    `is_over` says that no more comes. `label` says what it is of where that is not the whole run: a request's name.
    """

    version: object
    points: Sequence[TimelinePoint]
    elapsed_s: float
    run_time_s: float | None
    spectra: Sequence[Spectrum] = ()
    notes: Sequence[Note] = ()
    thresholds: Sequence[ThresholdResult] = ()
    baseline: Baseline | None = None
    warm_up_s: float = 0.0
    label: str = ""
    is_over: bool = False
    legs: Sequence[Leg] = ()
    """The load as it was planned, where that is worth a curve."""
    marks: Sequence[RunEvent] = ()
    """What happened to the load, as lines over time."""
    has_response: bool = False
    """Whether users kept a schedule: there are response times then."""
    whole: TimelinePoint | None = None
    """Of a run that is over: all of it as one point, which the titles read while no cursor stands anywhere."""


NO_DATA = ChartData(None, (), 0.0, None)


def is_same_picture(one: ChartData, other: ChartData) -> bool:
    """What is added to a run that is over, notes and a baseline, is another picture too."""
    return (one.version, one.label, one.elapsed_s, one.notes, one.warm_up_s) == (
        other.version,
        other.label,
        other.elapsed_s,
        other.notes,
        other.warm_up_s,
    ) and one.baseline is other.baseline
