"""What drives the load, in words: where a run stands in its stages, what its arrivals do, what is asked of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from perftui.judgement.arrivals import users_for
from perftui.model.control import Order
from perftui.model.duration import format_clock
from perftui.model.load_plan import Leg, leg_at
from perftui.model.record import RunEvent
from perftui.model.snapshot import Snapshot, TimelinePoint
from perftui.model.text import clean, mask_secrets
from perftui.tui.charts.load_marks import until_s
from perftui.tui.renderables.line import Piece, width_of
from perftui.tui.texts.figures import count_text, rate_text

# What the arrivals of now are counted over.
ARRIVALS_S = 10
_LARGEST = 1e7
_LEVELS = {
    "users": "users",
    "spawn_rate": "spawn_rate",
    "spawn-rate": "spawn_rate",
    "rate": "rate_per_s",
}
_ASKED = re.compile(r"(?:([a-z_-]+)\s*=\s*)?(\d+(?:\.\d*)?)(?:/s)?", re.IGNORECASE)


def driven_by(snapshot: Snapshot, legs: Sequence[Leg] = ()) -> str:
    """Which part of the load this is, and until when as planned by `legs`; "" where there is only one part."""
    control = snapshot.control
    if control is None:
        # A replay: nobody recorded what drove the load each second, but what was planned for it is known.
        here = leg_at(legs, snapshot.elapsed_s)
        return f"planned: stage {here.stage} of {legs[-1].stage}" if here is not None and here.stage else ""
    if control.follows == "hand":
        return "by hand"
    if control.stages:
        end_s = until_s(legs, control.stage, snapshot.elapsed_s)
        until = f" to {format_clock(end_s)}" if end_s is not None else ""
        return f"stage {control.stage} of {control.stages}{until}"
    return "load shape" if control.follows == "shape" else ""


def paused_pieces(snapshot: Snapshot, events: Sequence[RunEvent]) -> tuple[list[Piece], list[Piece]]:
    """That the load stands still, since when and by whom: the run's clock stands with it."""
    since = next(
        (each for each in reversed(events) if each.kind == "load" and each.text.casefold().startswith("paused")), None
    )
    at_s = snapshot.elapsed_s if since is None else since.elapsed_s
    by = f" by {clean(since.by, 60)}" if since is not None and since.by else ""
    start = [
        Piece(f" ❚❚ LOAD PAUSED since {format_clock(at_s)}{by}", "warn"),
        Piece(" · no request is sent, the run's clock stands", "muted"),
    ]
    return start, [Piece("P", "key"), Piece(" resumes ", "muted")]


def arrival_pieces(snapshot: Snapshot, newest: Sequence[TimelinePoint], width: int) -> tuple[list[Piece], list[Piece]]:
    """How many of the tasks that are due begin, in words, and as much as fits of the counts of the whole run. `newest`
    are the last points; ARRIVALS_S of them count.
    """
    whole = snapshot.arrivals
    if whole is None:
        return [], []
    words = arrival_words(snapshot, newest)
    start = [Piece(f" {words}", "warn" if words.startswith("!") else "")]
    dropped = [Piece(f"{count_text(whole.dropped)} dropped ", "bad" if whole.dropped else "muted")]
    counts = f"{count_text(whole.scheduled)} due · {count_text(whole.started)} started · "
    more = Piece(f"{counts}{count_text(whole.waiting)} waiting · ", "muted")
    fitting = (end for end in ([more, *dropped], dropped) if width_of(start) + width_of(end) + 2 <= width)
    return start, next(fitting, [])


def arrival_words(snapshot: Snapshot, newest: Sequence[TimelinePoint]) -> str:
    """ "! 410 of 500/s, all 80 users busy; try 120", or the rate that is held."""
    whole = snapshot.arrivals
    if whole is None:
        return ""
    recent = [point for point in newest[-ARRIVALS_S:] if point.arrivals is not None]
    covered_s = sum(point.interval_s for point in recent)
    started = sum(point.arrivals.started for point in recent if point.arrivals is not None)
    dropped = sum(point.arrivals.dropped for point in recent if point.arrivals is not None)
    started_per_s = started / covered_s if covered_s > 0 else 0.0
    # What was asked for over the same seconds: a stage may have changed it meanwhile.
    due_per_s = sum(point.arrivals.rate_per_s * point.interval_s for point in recent if point.arrivals is not None) / (
        covered_s or 1.0
    )
    if not dropped:
        return f"arrivals {rate_text(started_per_s)} of {rate_text(whole.rate_per_s)}/s"
    users = snapshot.user_count
    words = f"! {rate_text(started_per_s)} of {rate_text(due_per_s)}/s, "
    if whole.busy_users < users or not users:
        return f"{words}{whole.busy_users:,} of {users:,} users busy"
    words += f"all {users:,} users busy"
    needed = users_for(due_per_s, users, started_per_s)
    return words if needed is None else f"{words}; try {needed:,}"


def local_error_words(snapshot: Snapshot) -> str:
    """What this machine could not send; "" where it could all."""
    if not snapshot.local_errors:
        return ""
    count = sum(number for _, number in snapshot.local_errors)
    message, _ = max(snapshot.local_errors, key=lambda each: each[1])
    what = "local error" if count == 1 else "local errors"
    return f"{count_text(count)} {what} of this machine, no failures: {mask_secrets(message)}"


def asked_text(snapshot: Snapshot) -> str:
    """What is asked for now, as `order_of` reads it."""
    control = snapshot.control
    if control is None:
        return ""
    if control.rate_per_s is not None:
        return f"rate={control.rate_per_s:g}/s"
    return f"users={control.users} spawn_rate={control.spawn_rate:g}"


def order_of(text: str, *, is_open_model: bool) -> Order:
    """The order that somebody typed: a bare number means users, or the rate of an open model.

    Raises ValueError with the reason in one line.
    """
    values: dict[str, float] = {}
    rest = text.strip()
    while rest:
        match = _ASKED.match(rest)
        if match is None or (match.end() < len(rest) and rest[match.end()] not in " ,;"):
            raise ValueError(f"{clean(rest, 40)!r} is no number: users=200 spawn_rate=10, or rate=300/s")
        name = (match[1] or ("rate" if is_open_model else "users")).casefold()
        if name not in _LEVELS:
            raise ValueError(f"{clean(name, 40)!r} cannot be changed: users, spawn_rate and rate can")
        if _LEVELS[name] in values:
            raise ValueError(f"{name} stands there twice")
        values[_LEVELS[name]] = float(match[2])
        rest = rest[match.end() :].lstrip(" ,;")
    if not values:
        raise ValueError("nothing is asked for: users=200 spawn_rate=10, or rate=300/s")
    if is_open_model and values.keys() != {"rate_per_s"}:
        raise ValueError("this load is an arrival rate: only rate can be changed")
    if not is_open_model and "rate_per_s" in values:
        raise ValueError("this load has no arrival rate: users and spawn_rate can be changed")
    for name, value in values.items():
        if not value <= _LARGEST:
            raise ValueError(f"{value:g} is too much")
        if name == "spawn_rate" and value == 0:
            raise ValueError("with a spawn_rate of 0 nothing would change")
    users = values.get("users")
    if users is not None and not users.is_integer():
        raise ValueError("users are whole")
    return Order(
        "set",
        users=None if users is None else int(users),
        spawn_rate=values.get("spawn_rate"),
        rate_per_s=values.get("rate_per_s"),
    )
