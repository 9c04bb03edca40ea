"""The numbers that matter while a run goes on, each with its last minute and a half."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from perftui.model.snapshot import Snapshot, TimelinePoint
from perftui.model.tick import TargetSample
from perftui.tui.renderables.buckets import Gather, Sample, grouped
from perftui.tui.texts.figures import NO_VALUE, bytes_text, count_text, ms_text, rate_text, share_text
from perftui.tui.widgets.tile import Reading, Tile

# The bars of a tile: this many, of so many seconds each. They change once in that time.
_SPARK_BARS = 30
_SPARK_S = 3
SPARK_POINTS = _SPARK_BARS * _SPARK_S


def live_tiles() -> tuple[Tile, ...]:
    return (
        Tile(("Requests/s", "RPS"), "rps", id="rps"),
        Tile(("p95 of 10 s", "p95"), "p95", id="p95"),
        Tile(("Failures", "Fails"), "bad", id="failures"),
        Tile(("Users",), "users", id="users"),
        Tile(("Generator CPU", "Gen CPU", "Gen"), "muted", id="generator"),
        Tile(("Target CPU", "Target"), "muted", id="target"),
    )


def readings_of(snapshot: Snapshot, newest: Sequence[TimelinePoint]) -> dict[str, Reading]:
    """By the id of the tile. `newest` are at most SPARK_POINTS; that of a target that is not measured is left out."""
    now, total = snapshot.now, snapshot.total

    def bars(value: Callable[[TimelinePoint], float | None], how: Gather) -> list[float | None]:
        return grouped((Sample(point.elapsed_s, value(point)) for point in newest), _SPARK_S, how)

    fails_role = "bad" if total.fails_per_s else ""
    readings = {
        "rps": Reading(
            rate_text(now.rps) if now else NO_VALUE,
            f"Σ {count_text(total.requests)}",
            history=bars(lambda point: point.rps, "mean"),
        ),
        "p95": Reading(
            ms_text(snapshot.recent_times.p95_ms),
            f"max {ms_text(snapshot.recent_times.max_ms)}",
            brief=f"≤ {ms_text(snapshot.recent_times.max_ms)}",
            history=bars(lambda point: point.times.p95_ms, "worst"),
        ),
        "failures": Reading(
            share_text(total.fail_ratio),
            f"✗ {count_text(total.failures)}" if total.failures else "none",
            fails_role,
            fails_role or "muted",
            history=bars(lambda point: point.fails_per_s, "worst"),
        ),
        "users": Reading(
            f"{snapshot.user_count:,}",
            f"of {count_text(snapshot.target_user_count)}" if snapshot.target_user_count else "of …",
            history=bars(lambda point: point.user_count, "last"),
        ),
        "generator": _generator(snapshot, bars(lambda point: point.cpu_percent, "worst")),
    }
    sample = next((point.target for point in reversed(newest) if point.target is not None), None)
    if sample is not None:
        readings["target"] = _target(sample, bars(lambda point: _cpu(point.target), "worst"))
    return readings


def _generator(snapshot: Snapshot, history: Sequence[float | None]) -> Reading:
    """Whether what is measured can be believed stands beside how busy the generator is."""
    health = snapshot.health
    if health is None:
        return Reading(NO_VALUE, history=history)
    cpu, lag = f"{health.cpu_percent:.0f}%", ms_text(health.hub_lag_p99_ms)
    if snapshot.is_strained:
        return Reading(cpu, f"! late, lag {lag}", "warn", "warn", history, f"! {lag}", "!")
    if snapshot.strained_ticks:
        late = f"{snapshot.strained_ticks:,}×"
        return Reading(cpu, f"! was late {late}", "", "warn", history, f"! late {late}", "!")
    return Reading(cpu, f"✓ lag {lag}", history=history, brief=f"✓ {lag}")


def _target(sample: TargetSample, history: Sequence[float | None]) -> Reading:
    memory = bytes_text(sample.memory_bytes) if sample.memory_bytes is not None else ""
    if sample.cpu_percent is not None:
        return Reading(f"{sample.cpu_percent:.0f}%", memory, history=history)
    if memory:
        return Reading(memory, "memory", history=history)
    value = f"{sample.value:g}" if sample.value is not None else NO_VALUE
    return Reading(value, "measured", history=history)


def _cpu(sample: TargetSample | None) -> float | None:
    return sample.cpu_percent if sample else None
