"""What a target allows: asked by plans before a run, by orders while it goes on."""

from __future__ import annotations

from perftui.model.plan import Target

# The limits are Target's: None is no limit. Each answer is a sentence with both numbers; empty where it is allowed.


def users_beyond(target: Target, users: int) -> str:
    if target.max_users is None or users <= target.max_users:
        return ""
    return f"{users:,} users asked, max_users is {target.max_users:,}"


def rate_beyond(target: Target, rate_per_s: float) -> str:
    """A task sends at least one request as a rule, and may send more: a rate above the limit is refused, no other."""
    if target.max_rps is None or rate_per_s <= target.max_rps:
        return ""
    return f"{rate_per_s:,g} tasks/s asked, each of them one request or more, max_rps is {target.max_rps:,g}"


def refusal_of(target: Target, users: int | None = None, rate_per_s: float | None = None) -> str:
    """Why `target` does not allow a running load to become so many users, or so many task starts per second."""
    beyond = users_beyond(target, users) if users is not None else ""
    beyond = beyond or (rate_beyond(target, rate_per_s) if rate_per_s is not None else "")
    return f"target {target.name} does not allow this: {beyond}" if beyond else ""
