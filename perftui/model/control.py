"""What somebody asks of a running load, and what drives it now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks of a running load.

    "set" changes what is not None and takes the load over from its stages or shape; "hand_back" returns it to the
    profile, where its clock is now. "pause" lets no task and no request of an HTTP user begin until "resume"; the run's
    clock stands meanwhile.
    """

    kind: Literal["set", "hand_back", "pause", "resume"]
    users: int | None = None
    spawn_rate: float | None = None
    rate_per_s: float | None = None


@dataclass(frozen=True, slots=True)
class LoadControl:
    """What drives the load now: `users` at `spawn_rate` are asked for, or `rate_per_s` (None: not an open model).

    `follows` is "hand" from the first "set" until "hand_back", else what the profile says. `stage` counts from 1; it is
    0 where there are no `stages`.
    """

    follows: Literal["profile", "stages", "shape", "hand"]
    users: int
    spawn_rate: float
    rate_per_s: float | None = None
    is_paused: bool = False
    stage: int = 0
    stages: int = 0
