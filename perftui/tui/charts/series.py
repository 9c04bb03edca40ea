"""What is kept of a run for its charts: the newest hour whole, what is older ever more coarsely."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar, overload

Item = TypeVar("Item")

# An hour of seconds and the part that is merged at once when it is full.
_NEWEST, _MERGED_AT_ONCE = 3_900, 300
# Of each coarser part: at eight hours the oldest items stand for half a minute each.
_OLDER, _OLDER_MERGED_AT_ONCE = 400, 200
# Each part lasts twice as long as the one after it: these are more than a year.
_MAX_PARTS = 20


class Series(Sequence[Item], Generic[Item]):
    """Oldest first. Bounded: however long a run is, it takes little more than its first hour did."""

    def __init__(self, merge: Callable[[Sequence[Item]], Item]) -> None:
        self._merge = merge
        # The newest part first.
        self._parts: list[list[Item]] = [[]]

    def extend(self, items: Iterable[Item]) -> None:
        newest = self._parts[0]
        for item in items:
            newest.append(item)
            if len(newest) > _NEWEST:
                self._make_room()

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[Item]:
        for part in reversed(self._parts):
            yield from part

    def __reversed__(self) -> Iterator[Item]:
        for part in self._parts:
            yield from reversed(part)

    @overload
    def __getitem__(self, index: int) -> Item: ...

    @overload
    def __getitem__(self, index: slice) -> list[Item]: ...

    def __getitem__(self, index: int | slice) -> Item | list[Item]:
        if isinstance(index, slice):
            return list(self)[index]
        at = index if index >= 0 else len(self) + index
        if at >= 0:
            for part in reversed(self._parts):
                if at < len(part):
                    return part[at]
                at -= len(part)
        raise IndexError(index)

    def _make_room(self) -> None:
        moved = self._cut(self._parts[0], _MERGED_AT_ONCE)
        for number in range(1, _MAX_PARTS):
            if number == len(self._parts):
                self._parts.append([])
            part = self._parts[number]
            part += [self._merge(moved[at : at + 2]) for at in range(0, len(moved), 2)]
            if len(part) <= _OLDER:
                return
            moved = self._cut(part, _OLDER_MERGED_AT_ONCE)

    @staticmethod
    def _cut(part: list[Item], count: int) -> list[Item]:
        moved = part[:count]
        del part[:count]
        return moved
