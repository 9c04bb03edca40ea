"""When a response says to come back, in every way in which servers say it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from perftui.engine.retry_after import retry_after_s

NOON = "Wed, 01 Jul 2026 12:00:00 GMT"
NOON_S = 1_782_907_200.0


def answer(retry_after: Any, date: str | None = None) -> Any:
    return SimpleNamespace(headers={"Retry-After": retry_after, "Date": date})


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("30", 30.0),
        (" 0 ", 0.0),
        ("1.5", 1.5),
        ("Wed, 01 Jul 2026 12:01:30 GMT", 90.0),
        ("Wednesday, 01-Jul-26 12:00:10 GMT", 10.0),
        ("Wed Jul  1 12:00:10 2026", 10.0),
        ("Wed, 01 Jul 2026 11:00:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("1e3", None),
        ("٣", None),
        ("9" * 400, None),
        ("999999999", None),
        ("Wed, 01 Jul 9026 12:00:00 GMT", None),
        ("Wed, 99 Jul 2026 12:00:00 GMT", None),
        (None, None),
        (30, None),
        (["30", "60"], None),
    ],
)
def test_what_a_server_may_say(said: Any, seconds: float | None) -> None:
    assert retry_after_s(answer(said, date=NOON)) == seconds


@pytest.mark.parametrize("date", [None, "nonsense"])
def test_without_the_servers_clock_a_date_is_held_against_our_own(
    date: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: NOON_S - 20)
    assert retry_after_s(answer(NOON, date)) == 20.0


@pytest.mark.parametrize("response", [None, object(), SimpleNamespace(headers=None)])
def test_a_response_without_headers_says_nothing(response: Any) -> None:
    assert retry_after_s(response) is None
