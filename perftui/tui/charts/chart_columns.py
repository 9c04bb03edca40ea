"""Points and spectra of a run gathered into fixed buckets of time: what its charts draw and their cursor reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Generic, NamedTuple, Protocol, TypeVar

from perftui.model.coarse import merged_points, merged_spectra
from perftui.model.snapshot import TimelinePoint
from perftui.model.spectrum import Spectrum

# Below this each tick keeps its own time: ticks are a second apart, and a bucket without one would look like a gap.
SHORTEST_BUCKET_S = 2.0
# So long without a tick is a gap.
_GAP_S = 2.0
# No item covers more of a chart than this; no clock of a damaged record does either.
_MOST_BUCKETS = 1000


class Column(NamedTuple):
    """What is drawn at `at_s`, and covers the time from `from_s` to `to_s`."""

    at_s: float
    from_s: float
    to_s: float
    point: TimelinePoint
    is_after_gap: bool


class _Ticked(Protocol):
    @property
    def seq(self) -> int: ...
    @property
    def elapsed_s(self) -> float: ...
    @property
    def interval_s(self) -> float: ...


Item = TypeVar("Item", bound=_Ticked)


class _Buckets(Generic[Item]):
    """One item for each bucket of `bucket_s` from `from_s` on, by its number. Only what is new is gathered."""

    def __init__(self, merge: Callable[[Sequence[Item]], Item], bucket_s: float, from_s: float) -> None:
        self.bucket_s, self.from_s = bucket_s, from_s
        self.merged: dict[int, Item] = {}
        self._merge = merge
        self._last: Item | None = None

    def take(self, items: Sequence[Item]) -> bool:
        """Whether anything changed. `items` are those of the times before and new ones at the end; where they are
        not, all is gathered from the beginning.
        """
        newest = self._newest(items)
        known = len(newest) < len(items) and items[len(items) - 1 - len(newest)] is self._last
        had_any = bool(self.merged)
        if not known:
            self.merged.clear()
        grouped: dict[int, list[Item]] = {}
        for item in filter(_is_timed, reversed(newest)):
            for bucket in self._buckets_of(item):
                grouped.setdefault(bucket, []).append(item)
        for bucket, group in grouped.items():
            before = self.merged.get(bucket)
            self.merged[bucket] = self._merge(group if before is None else [before, *group])
        self._last = items[-1] if items else None
        return bool(newest) or (had_any and not known)

    def _newest(self, items: Sequence[Item]) -> list[Item]:
        newest = takewhile(lambda item: item is not self._last and not item.elapsed_s < self.from_s, reversed(items))
        return list(newest)

    def _buckets_of(self, item: Item) -> Iterable[int]:
        """That of its middle; all that it covers where it stands for longer than a bucket."""
        if item.interval_s <= self.bucket_s:
            return (int((item.elapsed_s - item.interval_s / 2) // self.bucket_s),)
        first = round((item.elapsed_s - item.interval_s) / self.bucket_s)
        return range(first, min(first + _MOST_BUCKETS, max(first + 1, round(item.elapsed_s / self.bucket_s))))


class PointColumns:
    """The columns of the points from `from_s` on: of buckets of `bucket_s`, or of each point where these are short."""

    def __init__(self, bucket_s: float, from_s: float) -> None:
        self.bucket_s, self.from_s = bucket_s, from_s
        self.columns: Sequence[Column] = ()
        self._buckets: _Buckets[TimelinePoint] = _Buckets(merged_points, bucket_s, from_s)
        self._drawn: TimelinePoint | None = None

    def take(self, points: Sequence[TimelinePoint]) -> None:
        if self.bucket_s >= SHORTEST_BUCKET_S:
            if self._buckets.take(points):
                self.columns = list(self._bucketed())
        elif not points or points[-1] is not self._drawn:
            self._drawn = points[-1] if points else None
            self.columns = list(_as_they_are(points, self.from_s))

    def at(self, at_s: float) -> Column | None:
        """The column that covers `at_s`, or the nearest within a bucket."""
        near = min(self.columns, key=lambda column: abs(column.at_s - at_s), default=None)
        if near is None or abs(near.at_s - at_s) > max(self.bucket_s, _GAP_S):
            return None
        return near

    def _bucketed(self) -> Iterator[Column]:
        width, merged = self.bucket_s, self._buckets.merged
        for bucket in sorted(merged):
            from_s = bucket * width
            yield Column(from_s + width / 2, from_s, from_s + width, merged[bucket], bucket - 1 not in merged)


def _as_they_are(points: Sequence[TimelinePoint], from_s: float) -> Iterator[Column]:
    shown = list(takewhile(lambda point: not point.elapsed_s < from_s, reversed(points)))
    end_s: float | None = None
    for point in filter(_is_timed, reversed(shown)):
        start_s = point.elapsed_s - point.interval_s
        is_after_gap = end_s is None or start_s - end_s > _GAP_S
        if point.interval_s > _GAP_S:
            # What stands for several seconds is a level line, not a point.
            yield Column(start_s, start_s, point.elapsed_s, point, is_after_gap)
            is_after_gap = False
        yield Column(point.elapsed_s, start_s, point.elapsed_s, point, is_after_gap)
        end_s = point.elapsed_s


def _is_timed(item: _Ticked) -> bool:
    return math.isfinite(item.elapsed_s) and math.isfinite(item.interval_s)


class SpectrumColumns:
    """Requests by bin, by number of the bucket of `bucket_s`."""

    def __init__(self, bucket_s: float, from_s: float) -> None:
        self.bucket_s, self.from_s = bucket_s, from_s
        self._buckets: _Buckets[Spectrum] = _Buckets(merged_spectra, bucket_s, from_s)

    def take(self, spectra: Sequence[Spectrum]) -> bool:
        return self._buckets.take(spectra)

    @property
    def counts(self) -> dict[int, tuple[int, ...]]:
        return {bucket: spectrum.counts for bucket, spectrum in self._buckets.merged.items()}
