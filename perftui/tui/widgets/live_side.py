"""What a wide screen has room for beside the panes: failures, thresholds and the log."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from textual.app import ComposeResult
from textual.containers import Vertical

from perftui.model.snapshot import Snapshot
from perftui.model.text import clean, mask_secrets
from perftui.reports.figures import thresholds_in_order
from perftui.tui.columns.threshold_columns import STATE_ROLES, STATE_SYMBOLS, observed_text
from perftui.tui.renderables.line import Line, Piece, fit, foreign, line, spread
from perftui.tui.texts.figures import count_text, rate_text, share_text
from perftui.tui.widgets.log_pane import entry_line, entry_of
from perftui.tui.widgets.text import Block

_MOST_THRESHOLDS = 8


class LiveSide(Vertical):
    def compose(self) -> ComposeResult:
        yield Block("Thresholds", id="side-thresholds")
        yield Block("Failures", id="side-failures")
        yield Block("Log", id="side-log")

    def show(self, snapshot: Snapshot, log: Sequence[str]) -> None:
        thresholds = self.query_one("#side-thresholds", Block)
        thresholds.display = bool(snapshot.thresholds)
        if snapshot.thresholds:
            thresholds.show(lambda width: _threshold_lines(snapshot, width))
        failures, said = self.query_one("#side-failures", Block), self.query_one("#side-log", Block)
        failures.show(lambda width: _failure_lines(snapshot, failures.inside_height // 2 + 1, width))
        newest = list(islice(reversed(log), max(1, said.inside_height)))[::-1]
        lines = [entry_line(entry_of(each)) for each in newest] or [line(("nothing was logged", "muted"))]
        said.show(lambda _width: lines)


def _threshold_lines(snapshot: Snapshot, width: int) -> Sequence[Line]:
    lines = []
    for result in thresholds_in_order(snapshot.thresholds)[:_MOST_THRESHOLDS]:
        role = STATE_ROLES[result.state]
        start = (Piece(f"{STATE_SYMBOLS[result.state]} ", role), foreign(mask_secrets(result.rule)))
        lines.append(Line(spread(start, (Piece(f" {observed_text(result)}", role),), width)))
    return lines


def _failure_lines(snapshot: Snapshot, count: int, width: int) -> Sequence[Line]:
    if not snapshot.failures:
        return [line(("✓ no request failed", "good"))]
    lines: list[Line] = []
    for row in snapshot.failures[:count]:
        rate = f" {rate_text(row.fails_per_s)}/s now" if row.fails_per_s else ""
        start = (Piece(fit(count_text(row.count), 6, right=True), "bad"), Piece("  "), Piece(clean(row.message)))
        lines.append(Line(spread(start, (Piece(rate, "bad"),) if rate else (), width)))
        share = f"{share_text(row.share)} of all" if row.share is not None else ""
        whose = Piece("        " + clean(f"{row.method} {row.name}"), "muted")
        lines.append(Line(spread((whose,), (Piece(share, "muted"),) if share else (), width)))
    return lines
