"""The line under the header of Live: what runs where, how far its load is, and how its thresholds stand."""

from __future__ import annotations

from collections.abc import Sequence

from perftui.model.duration import format_clock
from perftui.model.judged import ThresholdResult, ThresholdState
from perftui.model.load_plan import Leg
from perftui.model.run_state import RunState
from perftui.model.snapshot import Snapshot
from perftui.model.text import clean, mask_secrets
from perftui.reports.figures import thresholds_in_order
from perftui.tui.columns.threshold_columns import STATE_ROLES, STATE_SYMBOLS
from perftui.tui.renderables.line import Piece, foreign
from perftui.tui.texts.figures import rate_text
from perftui.tui.texts.load_text import driven_by

# Of the name of what fails so many letters are shown, where the line is long and where it is not.
_LONG_MEASURE, _SHORT_MEASURE = 40, 14


def title_start(snapshot: Snapshot) -> list[Piece]:
    url = foreign(mask_secrets(snapshot.target_url), "muted")
    return [Piece(" "), foreign(snapshot.title, "strong"), Piece("  "), url]


def nowhere_pieces(*, is_live: bool) -> Sequence[Piece]:
    """Before the first snapshot."""
    where = "connecting to the run…" if is_live else "no run is watched: 1 sets one up"
    return (Piece(f" {where}", "muted"),)


def held_pieces(held_s: float, snapshot: Snapshot | None) -> tuple[Sequence[Piece], Sequence[Piece]]:
    """That the view stands at `held_s`, and not the run."""
    now = f" · the run is at {format_clock(snapshot.elapsed_s)} and goes on" if snapshot else ""
    held = f" ❚❚ the view is held at {format_clock(held_s)}"
    return (Piece(held, "warn"), Piece(now, "muted")), (Piece("space", "key"), Piece(" lets go ", "muted"))


def stop_pieces(requests: int) -> Sequence[Piece]:
    """What becomes of so many wishes to stop."""
    if not requests:
        return ()
    return (Piece(" stopping; x again stops now " if requests == 1 else " stopping now ", "warn"),)


def title_end(snapshot: Snapshot, width: int, legs: Sequence[Leg] = ()) -> list[Piece]:
    """What matters most stands last: where there is less room, what is before it is left out."""
    judged = threshold_pieces(snapshot.thresholds, _LONG_MEASURE if width >= 120 else _SHORT_MEASURE)
    stage = stage_text(snapshot, legs)
    pieces: list[Piece] = []
    if stage:
        pieces += [Piece(f" {stage} ", "users"), Piece(" ")]
    pieces += judged
    # While the load is paused no tick comes, and what is in flight ends unseen.
    if width >= 100 and not (snapshot.control is not None and snapshot.control.is_paused):
        pieces.append(Piece(f" {snapshot.in_flight:,} in flight ", "muted"))
    return pieces


def stage_text(snapshot: Snapshot, legs: Sequence[Leg] = ()) -> str:
    """What the load does now, in which of its stages, and when that is over as planned by `legs`."""
    users, wanted = snapshot.user_count, snapshot.target_user_count
    if snapshot.state not in (RunState.RAMPING, RunState.RUNNING) or not wanted:
        return ""
    if snapshot.control is not None and snapshot.control.is_paused:
        return "load paused"
    if snapshot.is_warming_up and snapshot.warm_up_s:
        return f"warm-up until {format_clock(snapshot.warm_up_s)}"
    part = driven_by(snapshot, legs)
    does = f"hold {users:,}"
    if snapshot.arrivals is not None:
        does = f"{rate_text(snapshot.arrivals.rate_per_s)}/s asked"
    elif users != wanted:
        does = f"ramping {'down ' if users > wanted else ''}{users:,}/{wanted:,}"
    return f"{part} · {does}" if part else does


def threshold_pieces(thresholds: Sequence[ThresholdResult], measure_length: int) -> list[Piece]:
    """How many are in which state, and what the worst of the failed ones measures, in so many letters."""
    pieces: list[Piece] = []
    for state in ThresholdState:
        count = sum(each.state is state for each in thresholds)
        if count:
            pieces += [Piece(f"{STATE_SYMBOLS[state]} {count}", STATE_ROLES[state]), Piece(" ")]
    worst = next(iter(thresholds_in_order(thresholds)), None)
    if worst is not None and worst.state is ThresholdState.FAILED:
        pieces += [Piece(clean(mask_secrets(worst.measure), measure_length), "bad"), Piece(" ")]
    return pieces
