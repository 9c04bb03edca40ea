"""The keys of a run's charts, for screens: they work while a table beside the charts has the focus."""

from __future__ import annotations

from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

from perftui.tui.widgets.run_charts import RunCharts


def _binding(
    keys: str,
    act: str,
    name: str,
    tooltip: str,
    *,
    display: str | None = None,
    show: bool = False,
    priority: bool = False,
) -> Binding:
    return Binding(
        keys,
        f"chart('{act}')",
        name,
        show=show,
        key_display=display,
        tooltip=tooltip,
        id=f"charts.{act}",
        priority=priority,
    )


# First in a screen's own list: of two bindings of one key the first that has something to do acts.
RUN_CHART_BINDINGS: list[BindingType] = [
    _binding("v", "next", "Chart", "The next chart: times, rates, failures, how times spread, the target", show=True),
    _binding("V", "previous", "Previous chart", "The chart before"),
    _binding("p", "percentiles", "Percentiles", "Choose the percentiles that are drawn"),
    *(
        _binding(str(number + 1), f"percentile_{number}", f"{name} on or off", "While the percentiles are chosen")
        for number, name in enumerate(("p50", "p75", "p90", "p95", "p99", "p99.9"))
    ),
    _binding("7", "response", "Service or response", "While the percentiles are chosen: service or response times"),
    _binding("l", "log", "Log scale", "Service times on a logarithmic scale, or a linear one"),
    _binding("minus", "longer", "Longer", "A longer part of the run: up to all of it", display="-"),
    _binding("plus,equals_sign", "shorter", "Shorter", "A shorter part: down to the last minute", display="+"),
    _binding("a", "all", "All of the run", "The whole run again"),
    _binding("left", "left", "Cursor left", "The cursor, which reads exact values, to the left", display="←"),
    _binding("right", "right", "Cursor right", "The cursor to the right", display="→"),
    _binding("shift+left", "far_left", "Ten left", "The cursor ten steps to the left", display="shift+←"),
    _binding("shift+right", "far_right", "Ten right", "The cursor ten steps to the right", display="shift+→"),
    _binding(
        "left_square_bracket",
        "previous_note",
        "Note before",
        "The cursor to the note or change of the load before",
        display="[",
    ),
    _binding(
        "right_square_bracket",
        "next_note",
        "Next note",
        "The cursor to the next note or change of the load",
        display="]",
    ),
    _binding("w", "window", "Window", "Begin a window at the cursor, and again: end it", show=True),
    # With priority: what is typed behind it in one burst is the note's text, and would otherwise be keys of the table.
    _binding("m", "note", "Note", "A note on the timeline, at the cursor or now", priority=True),
    _binding("escape", "back", "Cursor and window off", "Close the menu, then the cursor, then the window"),
]


class ChartKeys(Screen[None]):
    """For a screen with one RunCharts: `class LiveScreen(ChartKeys, CockpitScreen)`, and RUN_CHART_BINDINGS at the
    head of its BINDINGS. A key that the charts have no use for now goes on to the next binding.
    """

    def action_chart(self, act: str) -> None:
        if not self.query_one(RunCharts).do(act):
            raise SkipAction

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "chart":
            if isinstance(self.focused, Input):
                return False
            charts = self.query(RunCharts)
            return bool(charts) and charts.first().can(str(parameters[0]))
        return super().check_action(action, parameters)
