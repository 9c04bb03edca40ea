from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perftui.demo.rate_limit import FixedWindowLimit

SECOND_NS = 1_000_000_000
WINDOW_NS = 60 * SECOND_NS


@given(started_ns=st.integers(0, 10**18), elapsed_ns=st.integers(0, WINDOW_NS - 1))
def test_who_waits_as_long_as_told_is_admitted_and_who_waits_a_second_less_is_not(
    started_ns: int, elapsed_ns: int
) -> None:
    limit = FixedWindowLimit(3, 60)
    # The window starts with its first request, whenever that is.
    assert [limit.ask(started_ns).admitted for _ in range(3)] == [True, True, True]
    now_ns = started_ns + elapsed_ns
    refused = limit.ask(now_ns)
    assert not refused.admitted
    assert 1 <= refused.resets_in_s <= 60
    assert not limit.ask(now_ns + (refused.resets_in_s - 1) * SECOND_NS).admitted
    assert limit.ask(now_ns + refused.resets_in_s * SECOND_NS).admitted


def test_each_window_admits_the_limit_again() -> None:
    limit = FixedWindowLimit(100, 60)
    for start_s in (0, 60, 500):
        answers = [limit.ask(start_s * SECOND_NS + number) for number in range(150)]
        assert sum(answer.admitted for answer in answers) == 100
        assert [answer.remaining for answer in answers[98:101]] == [1, 0, 0]
