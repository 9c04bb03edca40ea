"""The table of the processes that make the load."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from perftui.model.text import clean
from perftui.model.tick import Health, LoadWorkerSample
from perftui.tui.columns.row_filter import RowFilter
from perftui.tui.texts.figures import NO_VALUE, bytes_text, ms_text, rate_text
from perftui.tui.widgets.table import Column, Table

_ROLES = {
    "master": "master",
    "local": "local",
    "remote": "remote",
    "stock": "stock: less exact",
}
# One that reports every second is late after so many.
_LATE_S = 3.0
_LATE_MS = 10.0


@dataclass(frozen=True, slots=True)
class LoadWorkerRow:
    """`rps` is that of the newest tick."""

    sample: LoadWorkerSample
    rps: float


def load_worker_rows(samples: Iterable[LoadWorkerSample], interval_s: float) -> list[LoadWorkerRow]:
    return [LoadWorkerRow(each, each.requests / interval_s if interval_s > 0 else 0.0) for each in samples]


def load_worker_note(rows: Sequence[LoadWorkerRow]) -> str:
    """How many are lost, or how many there are where none is; "" where the run has none."""
    lost = sum(row.sample.state == "missing" for row in rows)
    makers = sum(row.sample.role != "master" for row in rows)
    return f"✗{lost} lost" if lost else str(makers or len(rows) or "")


def load_worker_table(*, id: str) -> Table[LoadWorkerRow]:
    columns: tuple[Column[LoadWorkerRow], ...] = (
        Column("Load worker", 12, lambda row: row.sample.name, lambda row: row.sample.name, _role, True, share=2),
        Column(
            "Host", 9, lambda row: row.sample.host, lambda row: row.sample.host, is_text=True, share=1, from_width=84
        ),
        Column("Role", 17, lambda row: _ROLES[row.sample.role], lambda row: row.sample.role, _kind_role, True),
        Column("State", 9, lambda row: state_text(row.sample), lambda row: row.sample.state, _role, True),
        Column("Users", 6, lambda row: f"{row.sample.user_count:,}", lambda row: row.sample.user_count),
        Column("RPS", 6, lambda row: _rps_text(row), lambda row: row.rps),
        Column("CPU", 5, lambda row: _of(row, _cpu_text), lambda row: _value(row, lambda each: each.cpu_percent)),
        Column(
            "Lag p99",
            7,
            lambda row: _of(row, lambda each: ms_text(each.hub_lag_p99_ms)),
            lambda row: _value(row, lambda each: each.hub_lag_p99_ms),
            lambda row: "warn" if (_value(row, lambda each: each.hub_lag_p99_ms) or 0.0) > _LATE_MS else "",
            from_width=88,
        ),
        Column("Seen", 8, _seen_text, lambda row: row.sample.last_seen_s, _seen_role, from_width=98),
    )
    return Table(
        columns,
        lambda row: (row.sample.host, row.sample.name),
        sorted_by="Load worker",
        searched=RowFilter(
            lambda row: f"{row.sample.name} {row.sample.host} {_ROLES[row.sample.role]} {state_text(row.sample)}",
            {"host": lambda row: row.sample.host, "role": lambda row: row.sample.role},
            {"users": lambda row: float(row.sample.user_count), "rps": lambda row: row.rps},
        ),
        empty="the engine makes the load itself",
        id=id,
    )


def state_text(sample: LoadWorkerSample) -> str:
    """Of one that is gone for good, that it is."""
    return {"missing": "✗ lost", "left": "left", "ready": "ready", "running": "running"}[sample.state]


def load_worker_facts(row: LoadWorkerRow) -> Sequence[tuple[str, str]]:
    sample, health = row.sample, row.sample.health
    facts = [
        ("load worker", clean(sample.name)),
        ("host", clean(sample.host)),
        ("role", _ROLES[sample.role]),
        ("state", f"{state_text(sample)}, heard of {_seen_text(row)}" + (" ago" if sample.last_seen_s >= 1 else "")),
        ("users", f"{sample.user_count:,}"),
        ("requests/s", _rps_text(row)),
    ]
    if health is not None:
        files = f"{health.open_files:,}" + (f" of {health.open_files_limit:,}" if health.open_files_limit else "")
        facts += [
            ("CPU", _cpu_text(health)),
            ("memory", bytes_text(health.rss_bytes)),
            ("lag p50 · p99 · max", " · ".join(map(ms_text, _lags(health)))),
            ("open files", files),
        ]
    return facts


def _lags(health: Health) -> tuple[float, float, float]:
    return health.hub_lag_p50_ms, health.hub_lag_p99_ms, health.hub_lag_max_ms


def _of(row: LoadWorkerRow, text: Callable[[Health], str]) -> str:
    return NO_VALUE if row.sample.health is None else text(row.sample.health)


def _value(row: LoadWorkerRow, value: Callable[[Health], float]) -> float | None:
    return None if row.sample.health is None else value(row.sample.health)


def _cpu_text(health: Health) -> str:
    return f"{health.cpu_percent:.0f}%"


def _rps_text(row: LoadWorkerRow) -> str:
    return NO_VALUE if row.sample.role == "master" else rate_text(row.rps)


def _seen_text(row: LoadWorkerRow) -> str:
    return f"{row.sample.last_seen_s:.0f}s" if row.sample.last_seen_s >= 1 else "now"


def _seen_role(row: LoadWorkerRow) -> str:
    return "warn" if row.sample.last_seen_s > _LATE_S else "muted"


def _role(row: LoadWorkerRow) -> str:
    return {"missing": "warn", "left": "muted"}.get(row.sample.state, "")


def _kind_role(row: LoadWorkerRow) -> str:
    return "warn" if row.sample.role == "stock" else "muted"
