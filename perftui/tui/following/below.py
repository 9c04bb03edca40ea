"""The run that the charts of another draw dim below it."""

from __future__ import annotations

from pathlib import Path

from perftui.tui.charts.chart_data import Baseline
from perftui.tui.services import Services


def baseline_below(services: Services, folder: Path) -> Baseline | None:
    """What the run in `folder` is compared with; None where that is nothing, or itself.

    Takes a while: call it on a thread. Raises PerftuiError; what is wrong with a baseline is worth saying only where
    somebody compares with it.
    """
    found = services.library.baseline_of(services.reader(folder).plan())
    if found is None or found[1].name == folder.name:
        return None
    return Baseline(found[0], tuple(services.reader(found[1]).points()))
