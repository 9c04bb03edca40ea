"""What is asked of the load is read as people write it, and what makes no load says why in a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perftui.model.plan import Stage
from perftui.profiles.stage_values import BindAddress, Rate, Stages, stage_tables

WRONG_STAGES = {
    "users=5": "stage 1: no length: write for",
    "users=5 for=1m hold=2m": "stage 1: for and hold together",
    "for=1m": "stage 1: no level",
    "users=5 rate=3/s for=1m": "stage 1: users and rate together",
    "rate=5/s spawn_rate=1 for=1m": "stage 1: spawn_rate is how fast users start",
    "users=5 for=1m; user=5 for=1m": "stage 2: unknown key 'user', the nearest is users",
    "users=5 for=1m; rate=3/s for=1m": "stage 2: the stages before go to users, this one to a rate",
    "users=0 for=1m; users=0 for=1m": "stage 1: it has no load, and no other has any",
    "users=5 for=1m for=2m": "stage 1: for is given twice",
    "5 for=1m": "stage 1: '5' is not of the form users=200",
    "users=5 for=0s": "stage 1: for: '0s' is not a duration from 1s",
    "users=-5 for=1s": "stage 1: users: '-5' is not a whole number",
    "users=5 for=1m; users=1 hold=168h": "the stages take longer than 7 days together",
    "; ".join(["users=1 for=1s"] * 101): "101 stages",
    " ; ": "no stage",
}


@pytest.mark.parametrize(("text", "said"), WRONG_STAGES.items())
def test_what_is_wrong_with_stages_is_one_line(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        Stages().read_text(text)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [[], {}, "users=1 for=1s", [1], [[]], None, [{"users": True, "for": "1m"}]])
def test_what_toml_may_hold_in_their_place_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a"):
        Stages().read(value)


_TIMES = st.floats(1, 3600).map(lambda seconds: round(seconds, 3))
_USERS = st.integers(1, 10**6)


@given(
    st.one_of(
        st.lists(
            st.one_of(
                st.builds(Stage, users=_USERS, for_s=_TIMES),
                st.builds(Stage, users=_USERS, spawn_rate=st.floats(0.01, 10_000), hold_s=_TIMES),
            ),
            min_size=1,
            max_size=5,
        ),
        st.lists(st.builds(Stage, rate_per_s=st.floats(0.001, 10**6), hold_s=_TIMES), min_size=1, max_size=5),
    ).map(tuple)
)
def test_stages_are_written_so_that_they_read_back(stages: tuple[Stage, ...]) -> None:
    text = Stages().write(stages)
    try:
        assert Stages().read_text(text) == stages
    except ValueError as error:
        assert "longer than 7 days" in str(error)  # noqa: PT017 - so long only by chance
        return
    assert Stages().read(stage_tables(stages)) == stages


@given(st.floats(1e-6, 10**6))
def test_any_rate_is_written_so_that_it_reads_back(rate_per_s: float) -> None:
    assert Rate().read_text(Rate().write(rate_per_s)) == rate_per_s


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1/day", "/s", "1e7/s", "5 per s", ""])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a rate above 0"):
        Rate().read_text(text)


@pytest.mark.parametrize("text", ["", "a b", "5557", "x:99999", "http://x", "x:", "\x1b[31m", "ü", "x" * 300])
def test_where_nobody_can_listen_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"HOST or HOST:PORT"):
        BindAddress().read(text)
