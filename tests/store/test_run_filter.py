"""A filter fits what its words say, and says in one line what it cannot read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from perftui.model.errors import PerftuiError
from perftui.model.run_state import RunState
from perftui.store.history import RunListing
from perftui.store.run_filter import parse_filter

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=timezone(timedelta(hours=2)))


def listing(
    profile: str = "steady",
    target: str = "staging",
    started_at: str = "2026-11-19T12:00:00+00:00",
    verdict: str | None = "passed",
    state: RunState = RunState.FINISHED,
    *,
    is_starred: bool = False,
    branch: str = "main",
    baselines: tuple[str, ...] = (),
) -> RunListing:
    run_id = f"20261119T120000_{profile}_{target}"
    return RunListing(
        run_id,
        Path(run_id),
        profile,
        target,
        started_at,
        state,
        verdict,
        60.0,
        100,
        0.0,
        12.0,
        is_starred=is_starred,
        branch=branch,
        baselines=baselines,
    )


@pytest.mark.parametrize(
    ("text", "run", "fits"),
    [
        ("", listing(), True),
        ("STEADY stag", listing(), True),
        ("steady shop", listing(), False),
        ("main", listing(branch="main"), True),
        ("release", listing(baselines=("release-4",)), True),
        ("profile:stea target:STAGING", listing(), True),
        ("profile:spike", listing(), False),
        ("branch:feature", listing(), False),
        ("verdict:failed", listing(verdict="failed"), True),
        ("verdict:fail", listing(), False),
        ("verdict:no-data", listing(verdict="no data"), True),
        ("verdict:running", listing(verdict=None, state=RunState.RUNNING), True),
        ("verdict:interrupted", listing(), False),
        ("starred", listing(is_starred=True), True),
        ("starred", listing(), False),
        ("since:12h", listing(started_at="2026-11-19T12:00:00+00:00"), True),
        ("since:11h", listing(started_at="2026-11-19T12:00:00+00:00"), False),
        # At half past one here, 23:30 UTC of the day before was today.
        ("since:today", listing(started_at="2026-11-19T22:30:00+00:00"), True),
        ("since:today", listing(started_at="2026-11-19T21:30:00+00:00"), False),
        ("since:yesterday", listing(started_at="2026-11-18T22:30:00+00:00"), True),
        ("since:2026-11-19 until:2026-11-19", listing(started_at="2026-11-19T21:59:00+00:00"), True),
        ("until:2026-11-18", listing(started_at="2026-11-19T12:00:00+00:00"), False),
        ("since:9999w", listing(), True),
        ("since:7d", listing(started_at=""), False),
    ],
)
def test_a_filter_fits(text: str, run: RunListing, fits: bool) -> None:
    assert parse_filter(text, date(2026, 11, 20)).matches(run, NOW) is fits


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("profil:steady", "there is no filter profil:. Did you mean profile:."),
        ("when:today", "A filter is words, profile:NAME"),
        ("target:", "target: says nothing"),
        ("verdict:good", "is no verdict. There are passed, acceptable, failed, no-data"),
        ("since:tuesday", "tuesday is no time: such as 12h, 7d"),
        ("since:2026-13-01", "is no time"),
        ("since:\x1b[2J", "\\x1b"),
    ],
)
def test_what_no_filter_says_is_one_line(text: str, says: str) -> None:
    with pytest.raises(PerftuiError) as error:
        parse_filter(text)
    assert says in str(error.value)
    assert "\x1b" not in str(error.value)


def test_a_time_zone_is_that_of_who_asks() -> None:
    run = listing(started_at="2026-11-19T22:30:00+00:00")
    assert not parse_filter("since:today", date(2026, 11, 20)).matches(run, NOW.astimezone(UTC).replace(day=20))
