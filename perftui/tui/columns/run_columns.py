"""The list of the runs: its rows, its columns, and what a trend over them is of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType

from perftui.model.duration import format_duration
from perftui.model.record import Verdict
from perftui.model.text import clean
from perftui.store.history import RunListing
from perftui.tui.texts.figures import NO_VALUE, axis_ms_text, axis_text, count_text, ms_text, rate_text, share_text
from perftui.tui.texts.state_words import StateWord, verdict_word, word_of
from perftui.tui.widgets.table import Column, Table


@dataclass(frozen=True, slots=True)
class RunRow:
    """`mark` is A or B where it was marked for a comparison."""

    listing: RunListing
    mark: str = ""

    @property
    def is_live(self) -> bool:
        return not self.listing.state.is_over

    @property
    def word(self) -> StateWord:
        """How it ended, or how it stands."""
        try:
            return verdict_word(Verdict(self.listing.verdict))
        except ValueError:
            return word_of(self.listing.state)

    @property
    def when(self) -> str:
        """`started_at` as month, day and minute; the year too where that is not known to be a time."""
        text = clean(self.listing.started_at)
        return text[5:16].replace("T", " ") if len(text) >= 16 else text or NO_VALUE


class Metric(NamedTuple):
    """What a trend is of, and how its numbers are written."""

    name: str
    value: Callable[[RunListing], float | None]
    text: Callable[[float | None], str]
    axis: Callable[[float], str]


METRICS = (
    Metric("p95", lambda run: run.p95_ms, ms_text, axis_ms_text),
    Metric("p50", lambda run: run.p50_ms, ms_text, axis_ms_text),
    Metric("p99", lambda run: run.p99_ms, ms_text, axis_ms_text),
    Metric("rps", lambda run: run.rps, lambda rps: NO_VALUE if rps is None else rate_text(rps), axis_text),
    Metric("failed", lambda run: run.fail_ratio, share_text, lambda ratio: f"{ratio * 100:g}%"),
)


class RunTable(Table[RunRow]):
    BINDINGS: ClassVar[list[BindingType]] = [
        # The table's own enter says "Detail"; this one opens a run.
        Binding("enter", "choose", "Open", id="history.open", tooltip="Open the run; watch it where it goes on"),
    ]

    def action_sort_next(self) -> None:
        super().action_sort_next()
        self.post_message(self.Moved(self, self.cursor_row))

    def action_sort_reverse(self) -> None:
        super().action_sort_reverse()
        self.post_message(self.Moved(self, self.cursor_row))

    def pin(self) -> None:
        """From now on the cursor stays with its run, at the top too."""
        self.cursor_moved()


def run_table(*, id: str) -> RunTable:
    columns: tuple[Column[RunRow], ...] = (
        Column("", 3, _marks, lambda row: row.listing.is_starred, lambda _row: "accent", is_text=True),
        Column("When", 11, lambda row: row.when, lambda row: (row.is_live, row.listing.started_at)),
        Column(
            "Profile",
            6,
            lambda row: row.listing.profile or NO_VALUE,
            lambda row: row.listing.profile or None,
            is_text=True,
            share=2,
        ),
        Column(
            "Target",
            6,
            lambda row: row.listing.target or NO_VALUE,
            lambda row: row.listing.target or None,
            is_text=True,
            share=1,
            from_width=66,
        ),
        Column(
            "Branch",
            8,
            lambda row: row.listing.branch or NO_VALUE,
            lambda row: row.listing.branch or None,
            is_text=True,
            share=1,
            from_width=130,
        ),
        Column(
            "Verdict",
            13,
            lambda row: row.word.text.lower(),
            lambda row: row.word.word,
            lambda row: row.word.role,
            is_text=True,
        ),
        Column(
            "Lasted",
            6,
            lambda row: _duration(row.listing.duration_s),
            lambda row: row.listing.duration_s,
            from_width=84,
        ),
        Column("Reqs", 6, lambda row: _count(row.listing.requests), lambda row: row.listing.requests, from_width=86),
        Column(
            "Fail%",
            6,
            lambda row: share_text(row.listing.fail_ratio),
            lambda row: row.listing.fail_ratio,
            lambda row: "bad" if row.listing.fail_ratio else "muted",
        ),
        Column("RPS", 6, lambda row: METRICS[3].text(row.listing.rps), lambda row: row.listing.rps, from_width=104),
        Column("p50", 6, lambda row: ms_text(row.listing.p50_ms), lambda row: row.listing.p50_ms, from_width=112),
        Column("p95", 6, lambda row: ms_text(row.listing.p95_ms), lambda row: row.listing.p95_ms),
        Column("p99", 6, lambda row: ms_text(row.listing.p99_ms), lambda row: row.listing.p99_ms, from_width=112),
        Column("Notes", 5, lambda row: str(row.listing.notes or ""), lambda row: row.listing.notes, from_width=120),
        Column(
            "Baseline",
            8,
            lambda row: ", ".join(row.listing.baselines),
            lambda row: row.listing.baselines or None,
            is_text=True,
            share=1,
            from_width=140,
        ),
    )
    return RunTable(
        columns,
        lambda row: str(row.listing.folder),
        sorted_by="When",
        searched=lambda _row: "",
        empty="",
        id=id,
    )


def profile_of(run: RunListing) -> tuple[str, str]:
    """Whose trend a run is part of: runs of one profile against another target are not like it."""
    return run.profile, run.target


def rows_of(listings: Sequence[RunListing], marked: Sequence[RunListing]) -> list[RunRow]:
    """`marked` are at most two; the older is A."""
    ordered = sorted(marked, key=lambda run: (run.started_at, run.run_id))
    letters = {run.folder: letter for run, letter in zip(ordered, "AB", strict=False)}
    return [RunRow(run, letters.get(run.folder, "")) for run in listings]


def _marks(row: RunRow) -> str:
    run = row.listing
    return f"{row.mark or ' '}{'★' if run.is_starred else ' '}{'✎' if run.notes else ' '}"


def _duration(duration_s: float | None) -> str:
    return NO_VALUE if duration_s is None else format_duration(round(duration_s))


def _count(count: int | None) -> str:
    return NO_VALUE if count is None else count_text(count)
