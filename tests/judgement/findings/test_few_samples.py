from __future__ import annotations

from tests.fakes.shaped_runs import between, findings_of, shaped_run


def test_few_requests_say_on_how_many_their_percentiles_rest() -> None:
    finding = findings_of(shaped_run(30, rps=1))["few samples"]
    assert finding.text == "Only 32 requests had a time: p95 rests on the 2 slowest, p99 on the slowest alone."
    assert finding.is_doubt


def test_a_short_run_says_that_it_knows_no_trend() -> None:
    assert findings_of(shaped_run(5, rps=50))["few samples"].text == "Within 5 s no trend can be told."


def test_a_few_requests_in_a_short_run_are_one_sentence() -> None:
    assert findings_of(shaped_run(5, rps=5))["few samples"].text == (
        "Only 16 requests had a time: p95 and p99 rest on the slowest alone; within 5 s no trend can be told."
    )


def test_a_long_run_whose_users_never_held_says_that_it_knows_no_trend() -> None:
    text = findings_of(shaped_run(100, users=between(10, 200, 100)))["few samples"].text
    assert text == "No trend can be told, as the user count never held for 10 s."


def test_a_run_without_requests_is_the_business_of_the_verdict() -> None:
    assert not findings_of([])
    assert not findings_of(shaped_run(5, rps=0))
