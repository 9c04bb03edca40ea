"""The state of a run as a symbol and a word: never by colour alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from perftui.model.run_state import RunState
from perftui.tui.model import CockpitModel, Connection

if TYPE_CHECKING:
    from perftui.model.record import Verdict


class StateWord(NamedTuple):
    symbol: str
    word: str
    role: str

    @property
    def text(self) -> str:
        return f"{self.symbol} {self.word}"


_WORDS = {
    RunState.LOADING: StateWord("◌", "LOADING", "accent"),
    RunState.RAMPING: StateWord("▲", "RAMPING", "accent"),
    RunState.RUNNING: StateWord("●", "RUNNING", "good"),
    RunState.STOPPING: StateWord("◐", "STOPPING", "warn"),
    RunState.SEALING: StateWord("◐", "SEALING", "warn"),
    RunState.FINISHED: StateWord("✓", "FINISHED", "good"),
    RunState.STOPPED: StateWord("■", "STOPPED", "warn"),
    RunState.FAILED: StateWord("✗", "FAILED", "bad"),
    RunState.INTERRUPTED: StateWord("✗", "INTERRUPTED", "bad"),
}

# By their values: the first screen knows of no verdict yet, and is not to wait for the import.
_VERDICTS = {
    "passed": StateWord("✓", "PASSED", "good"),
    "acceptable": StateWord("~", "ACCEPTABLE", "warn"),
    "failed": StateWord("✗", "FAILED", "bad"),
    "no data": StateWord("✗", "NO RESULT", "bad"),
    "aborted": StateWord("■", "ABORTED", "warn"),
}


def word_of(state: RunState) -> StateWord:
    return _WORDS[state]


def verdict_word(verdict: Verdict) -> StateWord:
    return _VERDICTS[verdict.value]


def state_of(model: CockpitModel) -> StateWord:
    """What the header says. Bad news of the connection goes before the run's own state, which may be old."""
    if model.replay is not None:
        pace = model.replay
        return StateWord(
            "❚❚" if pace.is_paused else "▶", f"REPLAY {pace.speed}x", "warn" if pace.is_paused else "accent"
        )
    if model.connection is Connection.NONE:
        return StateWord("○", "no run", "muted")
    if model.connection is Connection.ENDED:
        if model.record is None:
            return StateWord("⌁", "DETACHED", "muted")
        outcome = model.record.outcome
        return verdict_word(outcome.verdict) if outcome else word_of(model.record.state)
    if model.connection is Connection.LOST:
        return StateWord("!", "NO ANSWER", "bad")
    if model.stale_s is not None:
        return StateWord("!", f"STALE {model.stale_s}s", "bad")
    if model.snapshot is None:
        return StateWord("◌", "CONNECTING", "accent")
    control = model.snapshot.control
    if control is not None and control.is_paused and not model.snapshot.state.is_over:
        return StateWord("❚❚", "LOAD PAUSED", "warn")
    if model.snapshot.is_warming_up and model.snapshot.state is RunState.RUNNING:
        return StateWord("◔", "WARMING UP", "accent")
    return word_of(model.snapshot.state)
