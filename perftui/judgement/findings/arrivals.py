"""Whether tasks that were due had no user, and what that means for the rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from perftui.judgement.arrivals import busy_text, users_for
from perftui.judgement.findings.wording import percent_text, span_text
from perftui.judgement.quantities import format_quantity
from perftui.model.judged import Finding
from perftui.model.tick import PATIENCE_S, Tick
from perftui.model.totals import RunTotals

_NEARLY_ALL = 0.95


# The schedule was on for all of a tick in which so much of what it makes in that time was due.
_WHOLE = 0.9


@dataclass(slots=True)
class DropLog:
    """The measured seconds in which tasks were dropped, added up.

    `due`, `started` and `busy_s` are of the `covered_s` of them in which the schedule was on all the time.
    """

    dropped: int = 0
    covered_s: float = 0.0
    due: float = 0.0
    started: int = 0
    busy_s: float = 0.0
    most_busy: int = 0
    most_users: int = 0
    from_s: float = 0.0
    to_s: float = 0.0

    def add(self, tick: Tick) -> None:
        arrivals = tick.arrivals
        if arrivals is None or not arrivals.dropped:
            return
        if not self.dropped:
            self.from_s = tick.elapsed_s - tick.interval_s
        self.dropped += arrivals.dropped
        self.to_s = tick.elapsed_s
        self.most_busy = max(self.most_busy, arrivals.busy_users)
        self.most_users = max(self.most_users, tick.user_count)
        due = arrivals.rate_per_s * tick.interval_s
        # One more or less is how seconds and tasks fall.
        if 0 < _WHOLE * due <= arrivals.scheduled + 1:
            self.covered_s += tick.interval_s
            self.due += due
            self.started += arrivals.started
            self.busy_s += arrivals.busy_users * tick.interval_s


def find_dropped_arrivals(drops: DropLog, measured: RunTotals) -> Iterator[Finding]:
    """Said wherever one was dropped: a rate that was not kept is not what was asked for."""
    arrivals = measured.arrivals
    if not arrivals.dropped or not drops.dropped:
        return
    # A user between two tasks counts as free at the end of a tick: "all" is what nearly all are.
    is_all = 0 < drops.busy_s >= _NEARLY_ALL * drops.most_users * drops.covered_s
    noun = "user" if drops.most_users == 1 else "users"
    some = f"up to {drops.most_busy:,} of {drops.most_users:,} {noun} busy"
    busy = busy_text(drops.most_users) if is_all else some
    # Where a load worker was lost, so were its users for a moment, and who is busy at the end of a tick says little.
    busy = f", {busy}" if drops.most_busy else ""
    needed = _users_for(drops) if is_all else None
    advice = f"; try {needed:,}" if needed is not None else ""
    # Of what is judged alone more may be dropped than was scheduled: some was due before.
    share = percent_text(min(1.0, arrivals.dropped / arrivals.scheduled)) if arrivals.scheduled else "all"
    yield Finding(
        "arrivals",
        f"{_rate_text(drops)} "
        f"{span_text((drops.from_s, drops.to_s))}{busy}{advice}: {_counted(arrivals.dropped)} ({share}) "
        f"waited {PATIENCE_S:g} s for a user and {'was' if arrivals.dropped == 1 else 'were'} dropped.",
        drops.from_s,
        drops.to_s,
    )


def _counted(tasks: int) -> str:
    return "1 task" if tasks == 1 else f"{tasks:,} tasks"


def _rate_text(drops: DropLog) -> str:
    """What was due before may be begun in a second with drops: that is more than its rate, and not "only"."""
    if not drops.covered_s:
        return "Tasks were dropped"
    rate, started = (format_quantity(each / drops.covered_s, "") for each in (drops.due, drops.started))
    if drops.started >= drops.due:
        return f"Tasks were dropped at {rate} tasks/s"
    return f"Only {started} of {rate} tasks/s started"


def _users_for(drops: DropLog) -> int | None:
    # Where none was begun in these seconds, each busy user was in the one that it had begun before.
    started = drops.started or drops.most_busy
    needed = users_for(drops.due / drops.covered_s, drops.busy_s / drops.covered_s, started / drops.covered_s)
    # What waited is begun too: more of it than was due does not make fewer users do.
    return needed if needed is None else max(needed, users_for(1.0, drops.most_users, 1.0) or 0)
