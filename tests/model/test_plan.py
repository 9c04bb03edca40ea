"""A plan survives being written and read, and says no more than it knows."""

from __future__ import annotations

import tomllib

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from perftui.model.duration import format_clock, format_duration, parse_duration
from perftui.model.plan import Profile, RunPlan, Scenario, Search, Stage, Target, plan_from_dict, plan_to_dict


def test_a_plan_reads_back_from_toml_as_it_was() -> None:
    plan = RunPlan(
        Profile(
            "light", spawn_rate=1.5, stages=(Stage(users=9, for_s=5.0), Stage(users=0, spawn_rate=2.0, hold_s=1.5))
        ),
        Target("stage", "https://stage.test", "staging", max_users=50),
        Scenario("browse", ("/a/locustfile.py",), tags=("read",), weights={"A": 3}),
        "/a",
        ("--my-argument", "1"),
        origins={"users": "--users"},
        search=Search(most=400.0, hold_s=20.0),
    )
    assert plan_from_dict(tomllib.loads(tomli_w.dumps(plan_to_dict(plan)))) == plan


def test_keys_of_a_newer_perftui_are_ignored() -> None:
    tables = plan_to_dict(RunPlan(Profile("a"), Target("t", "http://x"), Scenario("s", ("f.py",)), "/"))
    tables["profile"]["moon_phase"] = 3
    assert plan_from_dict(tables).profile == Profile("a")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("1h30m", 5400), ("250ms", 0.25), ("1.5s", 1.5), ("0s", 0)],
)
def test_durations_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5s", "1m1h", "5min", "1e3s", "∞"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


@given(st.integers(1, 10**6))
def test_formatted_durations_read_back(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


def test_clocks() -> None:
    assert [format_clock(each) for each in (0, 72.9, 3661)] == ["00:00", "01:12", "1:01:01"]
