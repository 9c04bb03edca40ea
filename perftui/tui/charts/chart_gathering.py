"""The columns that the charts of a run draw from, gathered again only where that is needed."""

from __future__ import annotations

import math

from perftui.tui.charts.chart_columns import SHORTEST_BUCKET_S, PointColumns, SpectrumColumns
from perftui.tui.charts.chart_data import Baseline, ChartData
from perftui.tui.charts.chart_view import Frame

# Two points per cell are all that braille can show; a cell of the heatmap is one column wide.
_POINTS_PER_CELL = 2


class ChartGathering:
    """For all charts the same buckets, so that one cursor reads them all."""

    def __init__(self) -> None:
        self.points = PointColumns(1.0, 0.0)
        self.baseline: PointColumns | None = None
        self.spectra = SpectrumColumns(1.0, 0.0)
        self._base: Baseline | None = None

    def take(self, data: ChartData, frame: Frame, cells: int, *, with_spectra: bool) -> None:
        """`cells` is how many the narrowest chart has for the time axis."""
        bucket_s = (frame.to_s - frame.from_s) / max(1, _POINTS_PER_CELL * cells)
        bucket_s = float(math.ceil(bucket_s)) if bucket_s >= SHORTEST_BUCKET_S else 1.0
        if (bucket_s, frame.from_s) != (self.points.bucket_s, self.points.from_s):
            self.points = PointColumns(bucket_s, frame.from_s)
            self.spectra = SpectrumColumns(bucket_s if bucket_s == 1.0 else _POINTS_PER_CELL * bucket_s, frame.from_s)
            self._base = None
        self.points.take(data.points)
        if with_spectra:
            self.spectra.take(data.spectra)
        if data.baseline is None:
            self._base = self.baseline = None
        elif data.baseline is not self._base or self.baseline is None:
            self._base, self.baseline = data.baseline, PointColumns(bucket_s, frame.from_s)
            self.baseline.take(data.baseline.points)
