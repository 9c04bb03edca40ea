"""The numbers that matter while a run goes on, each with its last minute and a half."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from perftui.model.control import Order
from perftui.model.snapshot import Snapshot, TimelinePoint
from perftui.model.tick import TargetSample
from perftui.tui.renderables.buckets import Gather, Sample, grouped
from perftui.tui.texts.figures import NO_VALUE, bytes_text, count_text, ms_text, rate_text, share_text
from perftui.tui.texts.load_text import driven_by
from perftui.tui.widgets.tile import Reading, Tile

# The bars of a tile: this many, of so many seconds each. They change once in that time.
_SPARK_BARS = 30
_SPARK_S = 3
SPARK_POINTS = _SPARK_BARS * _SPARK_S
_Value = Callable[[TimelinePoint], float | None]


def live_tiles() -> tuple[Tile, ...]:
    return (
        Tile(("Requests/s", "RPS"), "rps", id="rps"),
        Tile(("p95 of 10 s", "p95"), "p95", id="p95"),
        Tile(("Failures", "Fails"), "bad", id="failures"),
        Tile(("Users",), "users", id="users"),
        Tile(("Generator CPU", "Gen CPU", "Gen"), "muted", id="generator"),
        Tile(("Target CPU", "Target"), "muted", id="target"),
    )


def readings_of(snapshot: Snapshot, newest: Sequence[TimelinePoint], wanted: Order | None = None) -> dict[str, Reading]:
    """By the id of the tile. `newest` are at most SPARK_POINTS; that of a target that is not measured is left out.

    `wanted` was asked of the load here, and is not yet what the engine says.
    """
    now, total = snapshot.now, snapshot.total

    def bars(value: _Value, how: Gather) -> list[float | None]:
        return grouped((Sample(point.elapsed_s, value(point)) for point in newest), _SPARK_S, how)

    fails_role = "bad" if total.fails_per_s else ""
    readings = {
        "rps": Reading(
            rate_text(now.rps) if now else NO_VALUE,
            f"Σ {count_text(total.requests)}",
            history=bars(lambda point: point.rps, "mean"),
        ),
        "p95": _p95(snapshot, bars),
        "failures": Reading(
            share_text(total.fail_ratio),
            f"✗ {count_text(total.failures)}" if total.failures else "none",
            fails_role,
            fails_role or "muted",
            history=bars(lambda point: point.fails_per_s, "worst"),
        ),
        "users": _users(snapshot, wanted, bars(lambda point: point.user_count, "last")),
        "generator": _generator(snapshot, bars(lambda point: point.cpu_percent, "worst")),
    }
    sample = next((point.target for point in reversed(newest) if point.target is not None), None)
    if sample is not None:
        readings["target"] = _target(sample, bars(lambda point: _cpu(point.target), "worst"))
    return readings


def _p95(snapshot: Snapshot, bars: Callable[[_Value, Gather], list[float | None]]) -> Reading:
    """Of a run that keeps a schedule the response time, with the service time beside it; each by its name."""
    service, response = snapshot.recent_times, snapshot.recent_response
    if response is None:
        most = ms_text(service.max_ms)
        return Reading(
            ms_text(service.p95_ms),
            f"max {most}",
            brief=f"≤ {most}",
            history=bars(lambda point: point.times.p95_ms, "worst"),
        )
    return Reading(
        ms_text(response.p95_ms),
        f"service {ms_text(service.p95_ms)}",
        brief=f"svc {ms_text(service.p95_ms)}",
        history=bars(lambda point: point.response.p95_ms if point.response else None, "worst"),
        names=("Response p95, 10 s", "Response p95", "resp p95", "resp"),
    )


def _users(snapshot: Snapshot, wanted: Order | None, history: Sequence[float | None]) -> Reading:
    users = f"{snapshot.user_count:,}"
    if wanted is not None:
        asked = _wanted_text(wanted)
        return Reading(users, f"→ {asked} wanted", "", "accent", history, f"→ {asked}", f"→{asked}")
    part, control = driven_by(snapshot), snapshot.control
    of = f"of {count_text(snapshot.target_user_count)}" if snapshot.target_user_count else "of …"
    if control is not None and control.stages and part:
        brief = "hand" if control.follows == "hand" else f"{control.stage}/{control.stages}"
        return Reading(users, f"{of} · {part}", history=history, brief=f"{of} · {brief}", mark=brief)
    return Reading(users, f"{of} · {part}" if part else of, history=history, brief=of)


def _wanted_text(wanted: Order) -> str:
    if wanted.rate_per_s is not None:
        return f"{wanted.rate_per_s:g}/s"
    if wanted.users is not None:
        return f"{wanted.users:,}"
    return f"{wanted.spawn_rate or 0:g} users/s"


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
