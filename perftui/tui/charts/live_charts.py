"""What the charts of a run that goes on are drawn from."""

from __future__ import annotations

from perftui.model.snapshot import Snapshot
from perftui.tui.charts.chart_data import ChartData
from perftui.tui.charts.load_marks import marks_of
from perftui.tui.model import CockpitModel


def live_chart_data(model: CockpitModel, snapshot: Snapshot) -> ChartData:
    marks = marks_of(model.events)
    return ChartData(
        # Points and notes come apart from each other; both make another picture.
        (model.address, model.last_seq, len(snapshot.notes), len(model.points), len(marks), len(model.legs)),
        model.points,
        snapshot.elapsed_s,
        snapshot.run_time_s,
        model.spectra,
        snapshot.notes,
        snapshot.thresholds,
        model.baseline,
        snapshot.warm_up_s,
        legs=model.legs,
        marks=marks,
    )
