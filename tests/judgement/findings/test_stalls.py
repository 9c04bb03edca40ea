from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.called_runs import Call, frozen_run, ticks_of_calls
from tests.fakes.shaped_runs import findings_of, shaped_run
from tests.fakes.ticks import delta, tick


def test_a_freeze_is_said_with_its_seconds_and_the_longest_wait() -> None:
    finding = findings_of(frozen_run(40, [(8.3, 10.3)]))["stall"]
    assert finding.text == ("Nothing was answered from 00:08 to 00:10, with requests in flight; the longest took 2 s.")
    assert finding.from_s == pytest.approx(8.3, abs=0.1)
    assert finding.to_s == pytest.approx(10.3, abs=0.1)


def test_each_freeze_is_named_at_any_number_of_users() -> None:
    for users in (5, 20, 60):
        for offset in (0.0, 0.4, 0.8):
            found = findings_of(frozen_run(40, [(8 + offset, 10.5 + offset), (20, 24)], users=users))
            assert " and from 00:20 to 00:24," in found["stall"].text, (users, offset)
            assert "spike" not in found, "what waited in a stall is not said twice"


def test_a_target_that_never_comes_back_is_still_at_the_end() -> None:
    text = findings_of(frozen_run(30, [(25.3, 99)]))["stall"].text
    assert "from 00:25 to the end, with requests in flight; the longest waited for 4.7 s" in text


def test_a_stall_in_the_warm_up_is_said_too() -> None:
    assert "stall" in findings_of(frozen_run(40, [(3, 6)]), warm_up_s=10)


def test_a_pause_of_the_users_is_no_stall() -> None:
    run = shaped_run(60, rps=lambda s: 100 if s % 5 == 0 else 0.0)
    assert "stall" not in findings_of(run)


def test_users_in_step_with_a_slow_target_are_no_stall() -> None:
    calls = [Call(3.0 * turn + 0.01 * user, 3.0 * turn + 3 + 0.01 * user) for turn in range(20) for user in range(30)]
    assert "stall" not in findings_of(ticks_of_calls(calls, 60, users=30))


def test_a_freeze_of_less_than_a_second_or_so_is_a_spike() -> None:
    finding = findings_of(frozen_run(40, [(8.3, 9.3)], users=30))["spike"]
    assert finding.text.startswith("Response times jumped from 00:09 to 00:10: p95 of up to 938 ms")


def test_a_day_with_a_stall_and_a_burst_of_failures_every_20_s_is_told_in_time() -> None:
    usual, failing, slow = (
        delta(ok_ms=(10.0,) * 20),
        delta(ok_ms=(10.0,), failed_ms=(10.0,) * 9),
        delta(ok_ms=(3500.0,)),
    )
    of_period = [tick(0, usual)] * 20
    of_period[8] = tick(0, failing)
    of_period[12:15] = [replace(tick(0, in_flight=5), oldest_in_flight_s=waited + 0.5) for waited in range(3)]
    of_period[15] = tick(0, slow)
    period = [replace(each, seq=s, elapsed_s=s + 1.0) for s, each in enumerate(of_period)]
    found = findings_of(
        replace(each, seq=start + each.seq, elapsed_s=start + each.elapsed_s)
        for start in range(0, 24 * 3600, 20)
        for each in period
    )
    assert " and 4317 more times, with requests in flight; the longest took 3.5 s." in found["stall"].text
    assert " in 4320 bursts, from 00:08 to 00:09" in found["failures"].text
