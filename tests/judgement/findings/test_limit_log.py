from __future__ import annotations

import pytest

from perftui.judgement.findings import limit_log
from perftui.model.tick import Tick
from tests.fakes.called_runs import FixedLimit, limited_run
from tests.fakes.shaped_runs import findings_of
from tests.fakes.ticks import delta, tick


@pytest.fixture(autouse=True)
def _little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit_log, "MAX_ROWS", 1000)
    monkeypatch.setattr(limit_log, "MAX_PASSED_ROWS", 1000)


def _many_names(seconds: int, from_s: int = 0) -> list[Tick]:
    """50 names, each of which passes once a second."""
    return [tick(s, *(delta(f"/{index}") for index in range(50))) for s in range(from_s, from_s + seconds)]


def _limited(from_s: int, seconds: int, name: str = "/1") -> list[Tick]:
    return [tick(s, delta(name, (5.0,) * 10, statuses={429: 10})) for s in range(from_s, from_s + seconds)]


def test_a_429_after_many_names_that_passed_for_long_is_said_with_what_was_forgotten() -> None:
    text = findings_of([*_many_names(100), *_limited(100, 5)])["rate limit"].text
    assert text.startswith("Rate limit on GET /1: ")
    assert "; first 429 at 01:40, not over by the end; " in text
    assert text.endswith("; what passed before 01:30 was not kept.")


def test_what_is_forgotten_is_old_enough_for_a_limit_to_be_told_exactly() -> None:
    limited = limited_run(40, FixedLimit(30, 10), rps=10)
    late = [tick(s, *each.requests) for s, each in enumerate(limited, 100)]
    text = findings_of([*_many_names(100), *late])["rate limit"].text
    assert ": 30 requests per 10 s (180 per minute); first 429 after 2.9 s" in text
    assert "not kept" not in text


def test_once_the_log_is_full_429s_are_counted_and_it_says_so() -> None:
    first, more = _limited(0, 1000, "/a"), _limited(1000, 20, "/b")
    text = findings_of([*first, *more])["rate limit"].text
    assert text.startswith("Rate limit on GET /a: ")
    assert text.endswith("; 1 other name met a limit too; from 16:40 on its 429s were only counted.")
