"""What a master did not take of whoever reaches its port: said once for each cause, and then counted."""

from __future__ import annotations

from dataclasses import dataclass

# Whoever sends it may never stop: after the first time, a cause is said again when so long has passed.
AGAIN_AFTER_S = 60.0
# As anybody may join under any name; of those behind, there is one cause.
MAX_CAUSES = 20
_OTHERS = "of other load workers"


@dataclass(slots=True)
class _Cause:
    what: str
    why: str
    count: int = 0
    told: int = 0
    again_s: float = 0.0

    @property
    def text(self) -> str:
        many = f"{self.count:,} {self.what.replace(' ', 's ', 1)}" if self.count > 1 else f"1 {self.what}"
        return f"refused {many}: {self.why}"


class Refusals:
    """`note` counts; `due` are the lines to say now, at most one of each cause, with its count in the whole run."""

    def __init__(self) -> None:
        self._causes: dict[str, _Cause] = {}

    def note(self, what: str, why: str, count: int = 1) -> None:
        """`what` begins with a noun, whose plural ends in s: "message on the port". `why` is of the last one."""
        if what not in self._causes and len(self._causes) >= MAX_CAUSES:
            what = f"{what.partition(' ')[0]} {_OTHERS}"
        cause = self._causes.setdefault(what, _Cause(what, why))
        cause.count += count
        cause.why = why

    def due(self, now_s: float, *, is_last: bool = False) -> list[str]:
        """`now_s` is of a monotonic clock; `is_last`: nothing is said later."""
        lines = []
        for cause in self._causes.values():
            if cause.count > cause.told and (is_last or now_s >= cause.again_s):
                lines.append(cause.text)
                cause.told, cause.again_s = cause.count, now_s + AGAIN_AFTER_S
        return lines
