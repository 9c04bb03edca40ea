"""The engine's heartbeat: one JSON line each half second from a native thread, over a pipe of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass

INTERVAL_S = 0.5
# The hub is called stuck when its own loop has not come round for this long.
STUCK_AFTER_S = 1.5
# No beat at all for this long: something holds the interpreter itself.
SILENT_AFTER_S = 3.0
MAX_LINE_BYTES = 4096
# Phases in which a load worker asks for its master: for the locustfiles, and, when they are loaded, to join.
JOINING, READY = "joining", "ready"


@dataclass(frozen=True, slots=True)
class Beat:
    """`hub_age_s` is how long ago gevent's loop came round; `stuck_at` is "file:line in function" when long ago."""

    phase: str
    hub_age_s: float
    stuck_at: str


def encode_beat(beat: Beat) -> bytes:
    return json.dumps([beat.phase, round(beat.hub_age_s, 3), beat.stuck_at[:1000]]).encode() + b"\n"


def decode_beat(line: bytes) -> Beat:
    """Raises ValueError for anything that is not a beat."""
    phase, hub_age_s, stuck_at = json.loads(line)
    return Beat(str(phase), float(hub_age_s), str(stuck_at))
