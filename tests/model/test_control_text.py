"""What became of a running load, in one line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perftui.model.control import LoadControl
from perftui.model.control_text import change_text

PLAIN = LoadControl("profile", 100, 10.0)
STAGES = LoadControl("stages", 100, 10.0, stage=2, stages=4)
RATE = LoadControl("profile", 80, 80.0, rate_per_s=100.0)


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (PLAIN, PLAIN, ""),
        (PLAIN, replace(PLAIN, follows="hand", users=2000), "users 100 -> 2,000 at 10/s"),
        (PLAIN, replace(PLAIN, follows="hand", spawn_rate=2.5), "users 100, spawn rate 10 -> 2.5/s"),
        (STAGES, replace(STAGES, follows="hand", users=50), "users 100 -> 50 at 10/s, taken over from the stages"),
        (STAGES, replace(STAGES, follows="hand"), "users 100 at 10/s, taken over from the stages"),
        (replace(STAGES, follows="hand", users=50), STAGES, "handed back to the stages: users 50 -> 100 at 10/s"),
        (RATE, replace(RATE, follows="hand", rate_per_s=1500.0), "rate 100/s -> 1,500/s"),
        (STAGES, replace(STAGES, is_paused=True), "paused"),
        (replace(RATE, is_paused=True), RATE, "resumed"),
    ],
)
def test_a_change_is_one_line(before: LoadControl, after: LoadControl, text: str) -> None:
    assert change_text(before, after) == text
