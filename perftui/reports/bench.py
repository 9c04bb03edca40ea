"""A bench as text: pytest-benchmark's columns, names and units, and what changed since an earlier one."""

from __future__ import annotations

from collections.abc import Sequence

from perftui.judgement.bench import Statistics, TaskComparison, is_cut_short, statistics_of
from perftui.model.bench import Bench, TaskRounds
from perftui.model.text import clean
from perftui.reports.text import fit, time_text

MAX_NAME_WIDTH = 60
_TIMES = {"Min": "min", "Max": "max", "Mean": "mean", "StdDev": "stddev", "Median": "median", "IQR": "iqr"}
# The largest value in s for which a unit is right, the unit, and how many of it are a second.
_UNITS = ((1e-6, "ns", 1e9), (1e-3, "us", 1e6), (1.0, "ms", 1e3), (float("inf"), "s", 1.0))
_OPS_UNITS = ((1e6, "Mops/s", 1e-6), (1e3, "Kops/s", 1e-3))
_LEGEND = """Each task alone: one user, no wait, after a warm-up.
Outliers: rounds beyond 1 standard deviation from the mean; beyond 1.5 IQR from the quartiles.
OPS: rounds per second, 1 / mean."""


def bench_text(bench: Bench) -> str:
    """A table of what was measured, then a line for each task that failed or was given up."""
    head = clean(f"{bench.scenario} on {bench.target}")
    measured = [(task, found) for task in bench.tasks if (found := statistics_of(task.times_s)) is not None]
    parts = [head]
    if measured:
        parts += [_table(measured), _LEGEND]
    remarks = [remark for task in bench.tasks for remark in _remarks(task)]
    if remarks:
        parts.append("\n".join(remarks))
    return "\n\n".join(parts)


def _table(measured: Sequence[tuple[TaskRounds, Statistics]]) -> str:
    unit, scale = next(
        (unit, scale) for limit, unit, scale in _UNITS if min(found.min for _, found in measured) < limit
    )
    slowest = min(found.ops for _, found in measured)
    ops_unit, ops_scale = next(((f" ({unit})", scale) for limit, unit, scale in _OPS_UNITS if slowest > limit), ("", 1))
    with_failed = any(task.failed for task, _ in measured)
    heads = [*_TIMES, "Outliers", f"OPS{ops_unit}", "Rounds", *(["Failed"] if with_failed else [])]
    rows = [
        [
            *(f"{getattr(found, name) * scale:,.4f}" for name in _TIMES.values()),
            found.outliers,
            f"{found.ops * ops_scale:,.4f}",
            str(found.rounds),
            *([str(task.failed)] if with_failed else []),
        ]
        for task, found in measured
    ]
    names = [clean(task.name) for task, _ in measured]
    return _aligned(f"Name (time in {unit})", names, heads, rows)


def _aligned(label: str, names: Sequence[str], heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    name_width = min(MAX_NAME_WIDTH, max(len(label), *map(len, names)))
    widths = [max(len(head), *(len(row[index]) for row in rows)) + 2 for index, head in enumerate(heads)]
    lines = [
        fit(name, name_width) + "".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for name, row in zip([label, *names], [heads, *rows], strict=True)
    ]
    rule = "-" * len(lines[0])
    return "\n".join([lines[0], rule, *lines[1:], rule])


def _remarks(task: TaskRounds) -> list[str]:
    name = clean(task.name)
    remarks = []
    if task.failed:
        rounds = "1 round" if task.failed == 1 else f"{task.failed:,} rounds"
        remarks.append(f"{name}: {rounds} failed, and are in no statistics: {clean(task.failure)}")
    if is_cut_short(task):
        what = "given up after its first rounds" if task.times_s else "not measured"
        remarks.append(f"{name}: {what}: {clean(task.given_up or 'no round succeeded', 500)}")
    return remarks


def comparison_text(name: str, comparisons: Sequence[TaskComparison], gone: Sequence[str], allowed: float) -> str:
    """The medians before (of the bench called `name`) and now; `gone` are tasks that only that one has."""
    rows = [
        [
            time_text(None if each.before_s is None else each.before_s * 1000),
            time_text(None if each.now_s is None else each.now_s * 1000),
            "-" if each.change is None else f"{each.change:+.1%}",
            each.verdict,
        ]
        for each in comparisons
    ]
    names = [clean(each.name) for each in comparisons]
    lines = [_aligned(f"Compared with {clean(name, 64)}", names, ("Before", "Now", "Change", "Verdict"), rows)]
    lines += [f"{clean(each.name)}: {each.verdict}: {each.reason}" for each in comparisons if each.reason]
    if gone:
        lines.append(f"Only in {clean(name, 64)}, not compared: {', '.join(map(clean, gone))}")
    beyond = f"beyond {allowed * 100:g} %, and beyond the noise of the rounds"
    lines.append(f"Medians. Worse and better are {beyond}; so many more failed rounds are worse, too.")
    return "\n".join(lines)
