"""Which kind of load applies where several are asked for: users, stages, a rate, or the locustfile's load shape.

Who is asked last decides: an option, then a variable, then the profile, then [defaults]. What the same place says must
fit together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perftui.model.load_plan import stages_s
from perftui.model.plan import Profile
from perftui.profiles.keys import LOAD_SHAPE, MAX_USERS_OF_RATE, PROFILE_KEYS, RATE, STAGES, USERS, named
from perftui.profiles.stage_values import MAX_STAGES_S

# Who says it, from the weakest.
BY_DEFAULTS, BY_PROFILE, BY_VARIABLE, BY_OPTION = 1, 2, 3, 4
_KINDS = (USERS.name, STAGES.name, RATE.name, LOAD_SHAPE.name)
_KEYS = named(PROFILE_KEYS)
# Begins the origin of a key that does not apply.
NOT_USED = "not used"


class LoadKindError(ValueError):
    """What is asked makes no load; `key` is where to put it right."""

    def __init__(self, key: str, why: str, next_step: str) -> None:
        super().__init__(why)
        self.key = key
        self.next_step = next_step


def ranks_of(written: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, int]:
    """Who says each key of a profile's own table and of [defaults]."""
    return {**dict.fromkeys(defaults, BY_DEFAULTS), **dict.fromkeys(written, BY_PROFILE)}


def profile_of(name: str, values: Mapping[str, Any], ranks: Mapping[str, int]) -> Profile:
    """The profile of `values`, as read, by key; `ranks` says who said each. Raises LoadKindError."""
    lost = losing(ranks)
    kept = {key: value for key, value in values.items() if key not in lost}
    profile = Profile(name, **{field: value for key, value in kept.items() if (field := _KEYS[key].field)})
    _check_together(profile, {key: rank for key, rank in ranks.items() if key not in lost})
    return profile


def losing(ranks: Mapping[str, int]) -> dict[str, str]:
    """The keys that do not apply, each with the one that goes before it.

    Raises LoadKindError where nobody can say which does.
    """
    asked = {key: ranks[key] for key in _KINDS if ranks.get(key, 0)}
    if not asked:
        return {}
    highest = max(asked.values())
    winners = [key for key, rank in asked.items() if rank == highest]
    # Users beside a load shape do no harm: Locust lets the shape go first.
    winner = next((key for key in winners if key != USERS.name), USERS.name)
    other = next((key for key in winners if key not in (winner, *_goes_with(winner))), None)
    if other is not None:
        pair = sorted((winner, other), key=_KINDS.index)
        raise LoadKindError(pair[1], f"{pair[0]} and {pair[1]} together", "A run has one kind of load: leave one out")
    lost = {key: winner for key in asked if key != winner and key not in _goes_with(winner)}
    if winner == STAGES.name and 0 < ranks.get("run_time", 0) < highest:
        # Who says stages says how long they are.
        lost["run_time"] = winner
    return lost


def not_used(winner: str) -> str:
    """The origin of a key that does not apply, because of `winner`."""
    return f"{NOT_USED} with {winner}"


def _goes_with(winner: str) -> tuple[str, ...]:
    if winner == USERS.name:
        return (LOAD_SHAPE.name,)
    return (USERS.name,) if winner == LOAD_SHAPE.name else ()


def _check_together(profile: Profile, ranks: Mapping[str, int]) -> None:
    if profile.is_open_model and profile.max_users is None:
        key = RATE.name if profile.rate_per_s is not None else STAGES.name
        why = "a rate needs max_users, the most users that may be busy with it"
        raise LoadKindError(key, why, "Add max_users (--max-users)")
    if stages_s(profile) > MAX_STAGES_S:
        why = f"they take longer than 7 days at the profile's spawn_rate of {profile.spawn_rate:g}/s"
        raise LoadKindError(STAGES.name, why, "Give the stages a spawn_rate of their own")
    kind_rank = max((ranks.get(key, 0) for key in _KINDS), default=0)
    if not profile.is_open_model and ranks.get(MAX_USERS_OF_RATE.name, 0) >= max(kind_rank, BY_PROFILE):
        why = "it is for an arrival rate, and there is none"
        raise LoadKindError(MAX_USERS_OF_RATE.name, why, "Write users for how many users there are, or add a rate")
    if not profile.awaited_workers and ranks.get("max_wait", 0) > max(BY_DEFAULTS, ranks.get("expect_workers", 0)):
        why = "it is how long expected load workers may take to come, and none are expected"
        raise LoadKindError("max_wait", why, "Add expect_workers (--expect-workers)")
