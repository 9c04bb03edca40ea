"""What became of a running load, in words."""

from __future__ import annotations

from perftui.model.control import LoadControl

# Every order is answered so soon, whatever the engine does.
ANSWER_WITHIN_S = 5.0
NO_ANSWER = f"the engine did not answer within {ANSWER_WITHIN_S:g} s"

_OWN = {"profile": "the profile", "stages": "the stages", "shape": "the load shape"}


def change_text(before: LoadControl, after: LoadControl) -> str:
    """One line, such as "users 100 -> 200 at 10/s"; empty where the two are alike."""
    if before == after:
        return ""
    if after.is_paused is not before.is_paused:
        return "paused" if after.is_paused else "resumed"
    if before.follows == "hand" != after.follows:
        return f"handed back to {_OWN[after.follows]}: {_level_text(before, after)}"
    taken = before.follows in ("stages", "shape") and after.follows == "hand"
    return _level_text(before, after) + (f", taken over from {_OWN[before.follows]}" if taken else "")


def _level_text(before: LoadControl, after: LoadControl) -> str:
    if after.rate_per_s is not None:
        change = f"{before.rate_per_s:,g}/s -> " if before.rate_per_s not in (None, after.rate_per_s) else ""
        return f"rate {change}{after.rate_per_s:,g}/s"
    if before.users == after.users and before.spawn_rate != after.spawn_rate:
        return f"users {after.users:,}, spawn rate {before.spawn_rate:,g} -> {after.spawn_rate:,g}/s"
    change = f"{before.users:,} -> " if before.users != after.users else ""
    return f"users {change}{after.users:,} at {after.spawn_rate:,g}/s"
