from __future__ import annotations

from tests.fakes.shaped_runs import findings_of, shaped_run

CAUSE = "; all GET /items: HTTP 503 Service Unavailable."


def test_steady_failures_are_said_to_be_throughout_the_run() -> None:
    text = findings_of(shaped_run(120, fail_ratio=0.02))["failures"].text
    assert text == f"Of 2,381 requests 49 failed (2.1 %), throughout the run, first at 00:01{CAUSE}"


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
