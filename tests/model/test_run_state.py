"""Only legal transitions, and every state leads to an end."""

from __future__ import annotations

import itertools

import pytest

from perftui.model.run_state import RunState, check_transition


def can_follow(old: RunState, new: RunState) -> bool:
    try:
        check_transition(old, new)
    except ValueError:
        return False
    return True


def test_a_run_goes_from_loading_to_its_end() -> None:
    path = (
        RunState.LOADING,
        RunState.RAMPING,
        RunState.RUNNING,
        RunState.STOPPING,
        RunState.SEALING,
    )
    for old, new in itertools.pairwise(path):
        check_transition(old, new)
    for end in (RunState.FINISHED, RunState.STOPPED, RunState.FAILED):
        check_transition(RunState.SEALING, end)


@pytest.mark.parametrize("state", [state for state in RunState if state.is_over])
def test_what_is_over_stays_over(state: RunState) -> None:
    assert not any(can_follow(state, new) for new in RunState)


@pytest.mark.parametrize("state", [state for state in RunState if not state.is_over and state is not RunState.SEALING])
def test_every_state_can_be_sealed(state: RunState) -> None:
    assert can_follow(state, RunState.SEALING)
