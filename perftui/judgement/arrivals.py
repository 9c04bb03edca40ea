"""Whether an arrival rate found enough users, and how many it would have needed."""

from __future__ import annotations

import math

# Where exactly as many users are there as are busy on average, tasks wait whenever more than that come at once.
SPARE = 1.2
# More than anybody can start: nothing is said then.
_MOST = 1e7


def users_for(rate_per_s: float, busy_users: float, started_per_s: float) -> int | None:
    """How many users a rate of tasks needs, rounded up to two digits; None where nothing can be said.

    Little's law (Little 1961, "A Proof for the Queuing Formula: L = λW", Operations Research 9, 383-387): the users
    that are busy are the tasks that start in a second times how long each takes. What was seen gives that length,
    `busy_users` / `started_per_s`; the rate times it is what is needed, and SPARE of that leaves some free. Where the
    target gets slower under more load, so many are still too few.
    """
    if busy_users <= 0 or started_per_s <= 0:
        return None
    needed = SPARE * rate_per_s * busy_users / started_per_s
    if not 0 < needed < _MOST:
        return None
    step: int = 10 ** max(0, math.ceil(math.log10(needed)) - 2)
    # A hair less: 120.00000000000001 is 120.
    return math.ceil(needed / step - 1e-9) * step


def busy_text(users: int) -> str:
    """That none of so many is free."""
    return "its 1 user busy" if users == 1 else f"all {users:,} users busy"
