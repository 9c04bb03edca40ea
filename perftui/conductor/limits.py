"""What a target allows, held against what really happens: a load shape or fast answers may exceed what a plan asked."""

from __future__ import annotations

from perftui.model.plan import Target
from perftui.model.tick import Tick

# A run that was planned to the last allowed minute needs a moment to end.
_MINUTES_GRACE_S = 5.0


def exceeded_limit(target: Target, tick: Tick, paused_s: float = 0.0) -> str:
    """Which limit of `target` the tick exceeds, in words with both numbers; empty where it exceeds none.

    The load was paused for `paused_s` before the tick, which has what landed meanwhile. Orders get around none of the
    limits: users and requests are those that there really were, and minutes those with load.
    """
    requests = sum(delta.requests for delta in tick.requests)
    covered_s = max(tick.interval_s + paused_s, 1.0)
    if target.max_rps is not None and requests > target.max_rps * covered_s:
        return f"{requests / covered_s:,.1f} rps, and target {target.name} allows {target.max_rps:g}"
    if target.max_users is not None and tick.user_count > target.max_users:
        return f"{tick.user_count:,} users, and target {target.name} allows {target.max_users:,}"
    if target.max_minutes is not None and tick.elapsed_s > target.max_minutes * 60 + _MINUTES_GRACE_S:
        return f"target {target.name} allows {target.max_minutes:g} minutes"
    return ""
