"""The timeline of a record as the charts of its report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from perftui.model.judged import WHOLE_RUN, Window
from perftui.model.marks import Note
from perftui.model.record import RunEvent
from perftui.model.snapshot import TimelinePoint
from perftui.model.tick import Arrivals, TargetSample
from perftui.reports.figures import one_line
from perftui.reports.svg import Line, Panel, chart

# More points than this are not seen in a chart and make the file large.
MAX_POINTS = 600
# Ticks come once a second; where the next one ends this much later, nothing is known of the time between.
_GAP_S = 3.0
# Ticks that follow each other have no more than this between them.
_TOUCHING_S = 0.1
LATE_TEXT = "the generator itself was late here: times are too high"
# The kinds of events that are marked: orders and stages, and load workers that came, were lost or returned.
MARKED_KINDS = ("load", "worker")
_MAX_MARKS = 200


@dataclass(frozen=True, slots=True)
class Charts:
    """Each an SVG. `note` says what a point stands for where it is more than a tick.

    `response` is empty where no user kept a schedule, `arrivals` where the load is no arrival rate. `has_late` says
    whether something is hatched in them.
    """

    times: str
    response: str
    arrivals: str
    rate: str
    failures: str
    target_memory: str
    target_cpu: str
    target_connections: str
    target_value: str
    note: str
    has_late: bool


def charts_of(
    timeline: Sequence[TimelinePoint],
    window: Window = WHOLE_RUN,
    notes: Sequence[Note] = (),
    events: Sequence[RunEvent] = (),
) -> Charts:
    """The whole of `timeline` with its `notes`, numbered from 1; what lies outside `window` is shaded.

    Of the `events` what became of the load and of its workers is marked. Without samples, charts of the target are
    empty.
    """
    buckets, breaks, size = _buckets(timeline)
    ends_s = [bucket[-1].elapsed_s for bucket in buckets]
    numbered = [(note.elapsed_s, f"{number}", one_line(note.text)) for number, note in enumerate(notes, 1)]
    late = _late_spans(buckets)
    draw = partial(
        chart,
        elapsed_s=ends_s,
        breaks=breaks,
        covered_s=(window.from_s, window.to_s),
        notes=numbered,
        hatched=late,
        hatched_text=LATE_TEXT,
        marks=[(event.elapsed_s, one_line(event.text)) for event in events if event.kind in MARKED_KINDS][:_MAX_MARKS],
    )

    p50 = [_highest(point.times.p50_ms for point in bucket) for bucket in buckets]
    p95 = [_highest(point.times.p95_ms for point in bucket) for bucket in buckets]
    p99 = [_highest(point.times.p99_ms for point in bucket) for bucket in buckets]
    rps = [_mean_rate(bucket) for bucket in buckets]
    users = [_highest(point.user_count for point in bucket) for bucket in buckets]
    fails_per_s = [_highest(point.fails_per_s for point in bucket) for bucket in buckets]

    def of_target(title: str, unit: str, read: Callable[[TargetSample], float | None]) -> str:
        """Nothing where there is nothing to draw."""
        values = [_highest(read(point.target) for point in bucket if point.target) for bucket in buckets]
        known = any(value is not None for value in values)
        return draw(title, panels=[Panel(unit, (Line("users", values),), 170)]) if known else ""

    return Charts(
        times=draw(
            "Service time (from the send) over the run: p50, p95 and p99 in ms",
            panels=[Panel("ms", (Line("p99", p99), Line("p95", p95), Line("p50", p50)), 170)],
        ),
        response=_response_chart(draw, buckets),
        arrivals=_arrivals_chart(draw, buckets),
        rate=draw(
            "Requests per second and users over the run",
            panels=[
                Panel("requests/s", (Line("rps", rps, is_filled=True),), 94),
                Panel("users", (Line("users", users),), 42),
            ],
        ),
        failures=draw(
            "Failures per second over the run",
            panels=[Panel("failures/s", (Line("fails", fails_per_s, is_filled=True),), 170)],
        ),
        target_memory=of_target("The target's memory over the run", "MB", _memory_mb),
        target_cpu=of_target("The target's CPU over the run, 100 is one core", "%", lambda sample: sample.cpu_percent),
        target_connections=of_target(
            "The target's open connections over the run", "connections", lambda sample: sample.open_connections
        ),
        target_value=of_target(
            "The number of the monitor command over the run", "target_value", lambda sample: sample.value
        ),
        note=f"Each point of a chart covers {size} s: the mean rate of requests, the highest of all else."
        if size > 1
        else "",
        has_late=bool(late),
    )


def _response_chart(draw: Callable[..., str], buckets: Sequence[Sequence[TimelinePoint]]) -> str:
    known = [[point.response for point in bucket if point.response is not None] for bucket in buckets]
    if not any(known):
        return ""
    p50 = [_highest(times.p50_ms for times in bucket) for bucket in known]
    p95 = [_highest(times.p95_ms for times in bucket) for bucket in known]
    p99 = [_highest(times.p99_ms for times in bucket) for bucket in known]
    return draw(
        "Response time (from the intended start) over the run: p50, p95 and p99 in ms",
        panels=[Panel("ms", (Line("p99", p99), Line("p95", p95), Line("p50", p50)), 170)],
    )


def _arrivals_chart(draw: Callable[..., str], buckets: Sequence[Sequence[TimelinePoint]]) -> str:
    known = [[point for point in bucket if point.arrivals is not None] for bucket in buckets]
    if not any(known):
        return ""
    started = [_per_s(bucket, lambda arrivals: arrivals.started) for bucket in known]
    dropped = [_per_s(bucket, lambda arrivals: arrivals.dropped) for bucket in known]
    asked = [_highest(point.arrivals.rate_per_s for point in bucket if point.arrivals) for bucket in known]
    return draw(
        "Tasks per second over the run: asked for, started, and dropped for want of a user",
        panels=[
            Panel("tasks/s", (Line("users", asked), Line("rps", started)), 94),
            Panel("dropped/s", (Line("fails", dropped, is_filled=True),), 42),
        ],
    )


def _per_s(bucket: Sequence[TimelinePoint], read: Callable[[Arrivals], int]) -> float | None:
    seconds = sum(point.interval_s for point in bucket)
    return sum(read(point.arrivals) for point in bucket if point.arrivals) / seconds if seconds > 0 else None


def _late_spans(buckets: Sequence[Sequence[TimelinePoint]]) -> list[tuple[float, float]]:
    """Where the generator was late, those that touch as one."""
    spans: list[tuple[float, float]] = []
    for bucket in buckets:
        if not any(point.is_strained for point in bucket):
            continue
        from_s, to_s = bucket[0].elapsed_s - bucket[0].interval_s, bucket[-1].elapsed_s
        if spans and from_s - spans[-1][1] <= _TOUCHING_S:
            spans[-1] = (spans[-1][0], to_s)
        else:
            spans.append((max(0.0, from_s), to_s))
    return spans


def _memory_mb(sample: TargetSample) -> float | None:
    return None if sample.memory_bytes is None else sample.memory_bytes / 1e6


def _buckets(timeline: Sequence[TimelinePoint]) -> tuple[list[Sequence[TimelinePoint]], frozenset[int], int]:
    """`timeline` in at most about MAX_POINTS pieces that span no gap, where the gaps are, and ticks a piece."""
    size = -(-len(timeline) // MAX_POINTS) or 1
    buckets: list[Sequence[TimelinePoint]] = []
    breaks: set[int] = set()
    begin = 0
    for index in range(1, len(timeline) + 1):
        at_end = index == len(timeline)
        is_gap = not at_end and timeline[index].elapsed_s - timeline[index - 1].elapsed_s > _GAP_S
        if at_end or is_gap or index - begin == size:
            buckets.append(timeline[begin:index])
            begin = index
        if is_gap:
            breaks.add(len(buckets))
    return buckets, frozenset(breaks), size


def _highest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _mean_rate(bucket: Sequence[TimelinePoint]) -> float | None:
    if len(bucket) == 1:
        # The rate of a very short tick was taken together with the one before it.
        return bucket[0].rps
    seconds = sum(point.interval_s for point in bucket)
    return sum(point.requests for point in bucket) / seconds if seconds > 0 else None
