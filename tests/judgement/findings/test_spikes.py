from __future__ import annotations

from tests.fakes.shaped_runs import between, findings_of, shaped_run


def test_a_spike_is_said_with_its_seconds_and_both_p95s() -> None:
    run = shaped_run(120, rps=50, median_ms=lambda s: 1500 if 62 <= s < 65 else 60)
    text = findings_of(run)["spike"].text
    assert text == "Response times jumped from 01:02 to 01:05: p95 of up to 3.75 s in a second, usually 134 ms."


def test_a_few_slow_requests_are_no_spike() -> None:
    for seed in range(10):
        assert "spike" not in findings_of(shaped_run(60, seed, rps=20, sigma=1.0))


def test_response_times_that_grow_with_the_load_are_no_spike() -> None:
    run = shaped_run(120, rps=40, users=between(10, 100, 120), median_ms=lambda s: 20 * 1.05**s)
    assert "spike" not in findings_of(run)


def test_a_spike_of_milliseconds_is_not_worth_a_sentence() -> None:
    assert "spike" not in findings_of(shaped_run(60, rps=50, median_ms=lambda s: 12 if s == 30 else 1))
