"""The lines above the tiles of Live that are there while they have something to say."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from textual.app import ComposeResult
from textual.containers import Vertical

from perftui.model.judged import Trust
from perftui.model.snapshot import Snapshot
from perftui.tui.model import CockpitModel
from perftui.tui.renderables.line import Piece, foreign
from perftui.tui.texts.load_text import ARRIVALS_S, arrival_pieces, local_error_words, paused_pieces
from perftui.tui.widgets.text import Bar

_TRUST = {Trust.LIMITED: ("! LIMITED TRUST", "warn"), Trust.BAD: ("✗ NOT TO BE TRUSTED", "bad")}
_NO_REASON = "the generator was late"


class LiveBars(Vertical):
    """As high as what it says."""

    def compose(self) -> ComposeResult:
        yield Bar(id="warning")
        yield Bar(id="load-paused")
        yield Bar(id="trust")
        yield Bar(id="local-errors")
        yield Bar(id="arrivals")

    def on_mount(self) -> None:
        for bar in self.query(Bar):
            bar.display = False

    def show(self, model: CockpitModel, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            for bar in self.query(Bar):
                bar.display = False
            return
        warning = (Piece(" ! ", "warn"), foreign(snapshot.warning, "warn")) if snapshot.warning else ()
        self._put("warning", warning)
        is_paused = snapshot.control is not None and snapshot.control.is_paused and not snapshot.state.is_over
        self._put("load-paused", *(paused_pieces(snapshot, model.events) if is_paused else ()))
        self._put("trust", trust_pieces(snapshot))
        # Where rows are few, what is bad of them stands in the reason above.
        local = "" if self.screen.has_class("-brief") else local_error_words(snapshot)
        self._put("local-errors", (Piece(" ! ", "warn"), foreign(local, "warn")) if local else ())
        newest = list(islice(reversed(model.points), ARRIVALS_S))[::-1]
        self._put("arrivals", *arrival_pieces(snapshot, newest, self.screen.size.width))

    def _put(self, name: str, start: Sequence[Piece] = (), end: Sequence[Piece] = ()) -> None:
        bar = self.query_one(f"#{name}", Bar)
        bar.display = bool(start)
        if start:
            bar.show(start, end)


def trust_pieces(snapshot: Snapshot) -> Sequence[Piece]:
    """Nothing for a generator that is believed."""
    if snapshot.trust not in _TRUST:
        return ()
    word, role = _TRUST[snapshot.trust]
    return (Piece(f" {word}: ", role), foreign(snapshot.trust_reason or _NO_REASON, role))
