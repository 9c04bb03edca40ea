from __future__ import annotations

from dataclasses import replace

from tests.fakes.shaped_runs import findings_of, shaped_run

CAUSE = "; all GET /items: HTTP 503 Service Unavailable."


def test_steady_failures_are_said_to_be_throughout_the_run() -> None:
    text = findings_of(shaped_run(120, fail_ratio=0.02))["failures"].text
    assert text == f"Of 2,381 requests 49 failed (2.1 %), throughout the run, first at 00:01{CAUSE}"


def test_one_message_of_several_requests_is_one_cause() -> None:
    both = [
        replace(items, requests=items.requests + cart.requests, failures=items.failures + cart.failures)
        for items, cart in zip(
            shaped_run(60, fail_ratio=0.1), shaped_run(60, 2, name="/cart", fail_ratio=0.05), strict=True
        )
    ]
    assert "; all 2 requests, GET /items first of them: HTTP 503" in findings_of(both)["failures"].text


def test_steady_failures_are_seldom_taken_for_a_burst() -> None:
    bursts = sum(
        "burst" in findings_of(shaped_run(40, seed, fail_ratio=ratio))["failures"].text
        for seed in range(20)
        for ratio in (0.05, 0.3)
    )
    assert bursts == 0


def test_a_burst_is_said_with_its_seconds() -> None:
    finding = findings_of(shaped_run(120, fail_ratio=lambda s: 0.6 if 42 <= s < 47 else 0.0))["failures"]
    assert finding.text == f"Of 2,333 requests 62 failed (2.7 %), all of them in a burst, from 00:42 to 00:47{CAUSE}"
    assert (finding.from_s, finding.to_s) == (42.1, 47)


def test_bursts_are_told_from_the_failures_between_them() -> None:
    run = shaped_run(120, fail_ratio=lambda s: 0.6 if 42 <= s < 47 or 80 <= s < 82 else 0.01)
    text = findings_of(run)["failures"].text
    assert "75 % of them in 2 bursts, from 00:42 to 00:47 and from 01:20 to 01:22;" in text


def test_failures_that_began_and_went_on_say_so() -> None:
    text = findings_of(shaped_run(90, fail_ratio=lambda s: 0.6 if s >= 42 else 0.0))["failures"].text
    assert ", from 00:42 to the end; all GET /items" in text


def test_many_bursts_are_counted_and_not_listed() -> None:
    run = shaped_run(200, fail_ratio=lambda s: 0.9 if s % 20 == 10 else 0.0)
    assert "in 10 bursts, from 00:10 to 00:11, from 00:30 to 00:31, from 00:50 to 00:51 and 7 more times" in (
        findings_of(run)["failures"].text
    )


def test_a_name_and_a_message_from_outside_are_cleaned_and_cut() -> None:
    run = shaped_run(20, fail_ratio=0.5, name="/a\x1b[31m", message="token=abcdef123456\n" + "x" * 500)
    text = findings_of(run)["failures"].text
    assert "\x1b" not in text
    assert "\n" not in text
    assert "abcdef123456" not in text
    assert len(text) < 240


def test_failures_of_the_warm_up_are_not_counted() -> None:
    assert "failures" not in findings_of(shaped_run(60, fail_ratio=lambda s: 0.5 if s < 10 else 0.0), warm_up_s=10)


def test_failures_of_a_third_of_the_run_are_no_burst() -> None:
    text = findings_of(shaped_run(90, fail_ratio=lambda s: 0.6 if s >= 58 else 0.0))["failures"].text
    assert ", from 00:58 to the end; all GET /items" in text


def test_a_target_that_died_after_earlier_failures_is_said_first() -> None:
    run = shaped_run(20, rps=40, fail_ratio=lambda s: 1.0 if s >= 8 else 0.5 if s >= 2 else 0.0)
    finding = findings_of(run)["failures"]
    assert finding.text == (
        "Nothing succeeded from 00:08 to the end: of 788 requests 590 failed (75 %), 478 of them then, "
        f"the others from 00:02 on{CAUSE}"
    )
    assert finding.to_s == 20


def test_a_target_that_hangs_until_the_clients_give_up_is_dead_since_its_last_success() -> None:
    run = shaped_run(20, rps=lambda s: 40 if s < 8 or s >= 13 else 0.0, fail_ratio=lambda s: 0.0 if s < 8 else 1.0)
    hanging = [replace(each, in_flight=10) if 8 <= s < 13 else each for s, each in enumerate(run)]
    text = findings_of(hanging)["failures"].text
    assert text.startswith("Nothing succeeded from 00:08 to the end: of ")
    assert ", all of them then; " in text


def test_a_target_that_failed_and_then_hangs_is_dead_too() -> None:
    run = shaped_run(20, rps=lambda s: 40 if s < 14 else 0.0, fail_ratio=lambda s: 0.2 if 2 <= s < 12 else 0.0)
    hanging = [
        replace(each, in_flight=10, oldest_in_flight_s=s - 13.5) if s >= 14 else each for s, each in enumerate(run)
    ]
    assert findings_of(hanging)["failures"].text.startswith("Nothing succeeded from 00:14 to the end: ")


def test_the_seconds_in_which_users_stop_do_not_hide_that_nothing_succeeded() -> None:
    run = shaped_run(20, rps=40, fail_ratio=lambda s: 1.0 if s >= 8 else 0.0)
    stopping = [replace(each, target_user_count=0, requests=(), failures=()) for each in run[18:]]
    assert findings_of(run[:18] + stopping)["failures"].text.startswith("Nothing succeeded from 00:08 to the end: ")


def test_a_few_failures_at_the_end_are_not_said_to_be_all_that_there_was() -> None:
    for seed in range(20):
        text = findings_of(shaped_run(30, seed, rps=1, fail_ratio=0.6))["failures"].text
        assert text.startswith("Of "), (seed, text)
    assert findings_of(shaped_run(20, fail_ratio=1.0))["failures"].text.startswith("Of 414 requests 414 failed (100 %)")


def test_spells_of_failures_in_a_short_run_are_told_apart_and_do_not_reach_the_end() -> None:
    for seed in range(5):
        run = shaped_run(14, seed, rps=40, fail_ratio=lambda s: 0.8 if 3 <= s < 6 or 9 <= s < 12 else 0.0)
        assert ", from 00:03 to 00:06 and from 00:09 to 00:12; " in findings_of(run)["failures"].text
        run = shaped_run(14, seed, rps=40, fail_ratio=lambda s: 0.8 if s < 4 or s >= 9 else 0.0)
        assert ", from 00:00 to 00:04 and from 00:09 to the end; " in findings_of(run)["failures"].text
