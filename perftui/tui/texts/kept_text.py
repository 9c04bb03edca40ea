"""A run that is kept, in words: the verdict, what was counted, what happened when, where its files are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from perftui.judgement.quantities import format_beside
from perftui.model.coarse import whole_point
from perftui.model.duration import format_clock, format_duration
from perftui.model.judged import ThresholdResult
from perftui.model.record import Accounting, Record
from perftui.model.snapshot import RequestRow
from perftui.model.text import clean, mask_secrets
from perftui.reports.figures import thresholds_in_order
from perftui.tui.charts.chart_data import Baseline, ChartData
from perftui.tui.charts.load_marks import drawn_legs, marks_of
from perftui.tui.columns.threshold_columns import STATE_ROLES, STATE_SYMBOLS
from perftui.tui.following.recall import FILE_MEANINGS, KeptRun
from perftui.tui.renderables.line import Line, Piece, fit, foreign, line, width_of, wrapped
from perftui.tui.renderables.time_bins import time_bins
from perftui.tui.texts.figures import NO_VALUE, ms_text, rate_text, share_text
from perftui.tui.texts.plan_text import plan_lines, short_path
from perftui.tui.texts.summary import sentences_of, total_row
from perftui.tui.widgets.table import Column, Table

Lines = Callable[[int], Sequence[Line]]
"""The lines for a width in cells."""

# Thresholds beside the charts; all are in their pane.
_MAX_THRESHOLDS = 4
_OBSERVED_WIDTH = 8
_MARGIN_WIDTH = 6


@dataclass(frozen=True, slots=True)
class FileRow:
    path: Path
    meaning: str
    place: int = 0

    @property
    def shown_path(self) -> str:
        """As a person would type it; below both the current folder and home, in the shorter form."""
        texts = [short_path(str(self.path))]
        home = Path.home()
        if home != Path("/") and self.path.is_relative_to(home):
            texts.append(clean(f"~/{self.path.relative_to(home)}"))
        return min(texts, key=len)


def chart_data(kept: KeptRun, baseline: Baseline | None, version: object) -> ChartData:
    record = kept.record
    last = record.timeline[-1] if record.timeline else None
    end_s = last.elapsed_s if last else 0.0
    return ChartData(
        version,
        record.timeline,
        end_s,
        end_s,
        kept.spectra,
        record.notes,
        record.thresholds,
        baseline,
        min(record.window.from_s, end_s),
        is_over=True,
        legs=drawn_legs(record.plan.profile),
        marks=marks_of(record.events),
        whole=whole_point(total_row(record.totals), record.timeline, record.totals.covered_s),
    )


def title_pieces(record: Record) -> tuple[Sequence[Piece], Sequence[Piece]]:
    """What was run, and where its files are."""
    star = (Piece("★ ", "accent"),) if record.marks.is_starred else ()
    start = (
        Piece(" "),
        *star,
        foreign(record.plan.title, "strong"),
        Piece(f"  {format_duration(round(record.whole.elapsed_s, 1))}", "muted"),
        foreign(f"  {record.started_at.replace('T', ' ')[:16]} UTC", "muted"),
    )
    return start, (Piece(FileRow(Path(record.folder), "").shown_path + " ", "muted"),)


def verdict_lines(record: Record) -> Lines:
    """The reason, the thresholds with what was observed and what there was to spare, the figures, then the rest."""
    total = total_row(record.totals)
    sentences = [clean(each, 400) for each in sentences_of(record)]
    thresholds = thresholds_in_order(record.thresholds)

    def lines(width: int) -> Sequence[Line]:
        result: list[Line] = []
        for sentence in sentences[:1]:
            result += wrapped(sentence, width, "strong")
        result += [_threshold_line(each, width) for each in thresholds[:_MAX_THRESHOLDS]]
        if len(thresholds) > _MAX_THRESHOLDS:
            result.append(line((f"  and {len(thresholds) - _MAX_THRESHOLDS} more, under Thresholds", "muted")))
        result += _headline(total, record.outcome.accounting if record.outcome else None, width)
        for sentence in sentences[1:]:
            result += wrapped(sentence, width, "muted")
        result += _findings(record, width)
        for note in record.notes:
            first = Piece(f"{format_clock(note.elapsed_s):>7}  ", "accent")
            result += wrapped(clean(note.text), width, first=first)
        return result

    return lines


def _threshold_line(result: ThresholdResult, width: int) -> Line:
    role = STATE_ROLES[result.state]
    observed = NO_VALUE if result.observed is None else format_beside(result.observed, result.target, result.unit)
    margin = (
        ""
        if result.margin is None
        else f"{result.margin:+.0%}"
        if abs(result.margin) < 10
        else f"{result.margin:+.0f}×"
    )
    end = [Piece(f" {observed:>{_OBSERVED_WIDTH}}", "strong"), Piece(f"{margin:>{_MARGIN_WIDTH}}", role)]
    room = max(0, width - 2 - width_of(end))
    return line((f"{STATE_SYMBOLS[result.state]} ", role), fit(clean(mask_secrets(result.rule)), room), *end)


def _findings(record: Record, width: int) -> list[Line]:
    lines: list[Line] = []
    for finding in record.findings:
        first = Piece("? " if finding.is_doubt else "• ", "warn" if finding.is_doubt else "accent")
        lines += wrapped(clean(finding.text, 400), width, first=first)
    return lines


def _headline(total: RequestRow, accounting: Accounting | None, width: int) -> list[Line]:
    times = total.times
    measured = [
        ("p50", ms_text(times.p50_ms), "p50"),
        ("p95", ms_text(times.p95_ms), "p95"),
        ("p99", ms_text(times.p99_ms), "p99"),
        ("max", ms_text(times.max_ms), "strong"),
    ]
    counted = [
        ("rps", rate_text(total.rps), "rps"),
        ("failed", share_text(total.fail_ratio), "bad" if total.failures else "strong"),
        ("abandoned", f"{accounting.abandoned:,}" if accounting else NO_VALUE, "strong"),
    ]
    return [_figures(measured, width), _figures(counted, width)]


def _figures(entries: Sequence[tuple[str, str, str]], width: int) -> Line:
    """As many of `entries` as fit whole: half a number is a wrong one."""
    pieces: list[Piece] = []
    for place, (label, value, role) in enumerate(entries):
        entry = [Piece(f"{' ' if place else ''}{label} ", "muted"), Piece(value, role)]
        if width_of(pieces) + width_of(entry) > width:
            break
        pieces += entry
    return Line(tuple(pieces))


def run_lines(record: Record) -> Lines:
    """The whole verdict, the accounting, what was found, and what happened when."""
    outcome = record.outcome

    def lines(width: int) -> Sequence[Line]:
        result: list[Line] = []
        for sentence in sentences_of(record):
            result += wrapped(clean(sentence, 400), width)
        if outcome is not None:
            counted = outcome.accounting
            text = (
                f"{counted.started:,} requests started = {counted.succeeded:,} succeeded + {counted.failed:,} failed "
                f"+ {counted.abandoned:,} abandoned"
            )
            result += [Line(), *wrapped(text, width, "muted")]
            for warning in outcome.warnings:
                result += wrapped(clean(warning), width, "warn", first=Piece("! ", "warn"))
        result += _findings(record, width)
        result.append(Line())
        for event in record.events:
            first = Piece(f"{format_clock(event.elapsed_s):>8}  ", "muted")
            said = clean(f"{event.kind}: {event.text}" if event.text else event.kind)
            result += wrapped(said, width, "", first=first)
        return result

    return lines


def spread_of(record: Record) -> Lines:
    """How the service times of all requests spread that the numbers cover."""
    total = record.totals.total
    histogram = total.times()
    marks = dict(zip(("p50", "p95", "p99"), histogram.percentiles_ms((50.0, 95.0, 99.0)), strict=True))

    def lines(width: int) -> Sequence[Line]:
        drawn = time_bins(total.ok_times, total.failed_times, marks, width)
        if not drawn:
            return [line(("no request was timed", "muted"))]
        return [line((f"service times of {histogram.count:,} requests, from the send", "muted")), *drawn]

    return lines


def plan_pane_lines(record: Record) -> Lines:
    environment = [line((f"{clean(key):<13}", "muted"), foreign(value)) for key, value in record.environment.items()]
    return lambda width: [*plan_lines(record.plan, width), Line(), *environment]


def file_rows(kept: KeptRun, exported: Sequence[Path]) -> list[FileRow]:
    """The run's folder, what is in it for people, and what was exported since it was opened."""
    named = [
        (kept.folder, "the run's folder"),
        *((kept.folder / name, FILE_MEANINGS.get(name, "")) for name in kept.files),
        *((path, f"exported, in {short_path(str(path.absolute().parent))}") for path in exported),
    ]
    return [FileRow(path, meaning, place) for place, (path, meaning) in enumerate(named)]


def file_table(*, id: str) -> Table[FileRow]:
    columns: tuple[Column[FileRow], ...] = (
        Column("File", 20, lambda row: row.path.name, lambda row: row.place, is_text=True, share=1),
        Column("What", 24, lambda row: row.meaning, lambda row: row.meaning, is_text=True, share=1),
        Column(
            "Path", 24, lambda row: row.shown_path, lambda row: row.shown_path, is_text=True, share=2, from_width=120
        ),
    )
    return Table(
        columns,
        lambda row: str(row.path),
        sorted_by="File",
        searched=lambda row: f"{row.path} {row.meaning}",
        empty="this run left no files",
        id=id,
    )
