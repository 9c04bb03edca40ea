"""The grammar of rules: what is understood, and what a wrong rule is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perftui.judgement.metrics import METRICS
from perftui.judgement.rules import (
    MAX_RULE_LENGTH,
    AbortRule,
    Measure,
    RuleError,
    Threshold,
    parse_abort_rule,
    parse_threshold,
)
from perftui.model.text import clean


def percentile(percent: float, text: str, scope: str = "", window_s: float | None = None) -> Measure:
    return Measure(text, "percentile", "ms", scope, percent=percent, window_s=window_s)


AUTH = percentile(95, "p95(auth)", "auth")
STATUS = Measure("status[429]", "status", "", status=429)

UNDERSTOOD = {
    "p95 < 500ms": (percentile(95, "p95"), "<", 500, None),
    "p50<=250us": (percentile(50, "p50"), "<=", 0.25, None),
    "p0.1 > 0.5 ms": (percentile(0.1, "p0.1"), ">", 0.5, None),
    "p100 >= 1m": (percentile(100, "p100"), ">=", 60_000, None),
    "p99.9(GET /health) <= 1s": (percentile(99.9, "p99.9(GET /health)", "GET /health"), "<=", 1000, None),
    "p95(GET /v1/[ab]*) < 1s": (percentile(95, "p95(GET /v1/[ab]*)", "GET /v1/[ab]*"), "<", 1000, None),
    "p95( GET /items(id=1) ) < 1s": (percentile(95, "p95( GET /items(id=1) )", "GET /items(id=1)"), "<", 1000, None),
    "p95(auth) < 500ms, acceptable 1s": (AUTH, "<", 500, 1000),
    "p95(auth) < 500ms acceptable 1.5s": (AUTH, "<", 500, 1500),
    "p95[30s](auth) < 500ms": (percentile(95, "p95[30s](auth)", "auth", 30), "<", 500, None),
    "p95 [1m30s] (auth) < 1s": (percentile(95, "p95 [1m30s] (auth)", "auth", 90), "<", 1000, None),
    "avg[run] < 200ms": (Measure("avg[run]", "avg", "ms", is_whole_run=True), "<", 200, None),
    "max < 2s": (Measure("max", "max", "ms"), "<", 2000, None),
    "min > 1ms": (Measure("min", "min", "ms"), ">", 1, None),
    "rps > 100, acceptable 50": (Measure("rps", "rps", "/s"), ">", 100, 50),
    "rps > 0.5/s": (Measure("rps", "rps", "/s"), ">", 0.5, None),
    "fail_ratio < 1%": (Measure("fail_ratio", "fail_ratio", "%"), "<", 1, None),
    "fail_ratio < 0.07": (Measure("fail_ratio", "fail_ratio", "%"), "<", 7, None),
    "fail_ratio(auth) <= 0": (Measure("fail_ratio(auth)", "fail_ratio", "%", "auth"), "<=", 0, None),
    "failures < 1": (Measure("failures", "failures", ""), "<", 1, None),
    "requests >= 1000": (Measure("requests", "requests", ""), ">=", 1000, None),
    "status[429] <= 0": (STATUS, "<=", 0, None),
    "status[0] < 1": (Measure("status[0]", "status", "", status=0), "<", 1, None),
    "status[429] < 5 %, acceptable 10%": (Measure("status[429]", "status", "%", status=429), "<", 5, 10),
    "status[429][10s](GET /a) < 5%": (
        Measure("status[429][10s](GET /a)", "status", "%", "GET /a", status=429, window_s=10),
        "<",
        5,
        None,
    ),
    "users >= 100, acceptable 50": (Measure("users", "users", ""), ">=", 100, 50),
    "target_memory < 500MB": (Measure("target_memory", "target_memory", "bytes"), "<", 500e6, None),
    "target_memory < 1.5GiB": (Measure("target_memory", "target_memory", "bytes"), "<", 1.5 * 2**30, None),
    "target_memory_growth < 64 KiB": (
        Measure("target_memory_growth", "target_memory_growth", "bytes"),
        "<",
        65_536,
        None,
    ),
    "target_cpu < 150%": (Measure("target_cpu", "target_cpu", "%"), "<", 150, None),
    "target_connections <= 200": (Measure("target_connections", "target_connections", ""), "<=", 200, None),
    "target_value[1m] < 10.5": (Measure("target_value[1m]", "target_value", "", window_s=60), "<", 10.5, None),
}


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_a_threshold_is_understood(text: str) -> None:
    measure, operator, target, acceptable = UNDERSTOOD[text]
    threshold = parse_threshold(text)
    assert threshold.measure == measure
    assert (threshold.text, threshold.operator, threshold.target, threshold.acceptable) == (
        text,
        operator,
        target,
        acceptable,
    )


def test_the_least_requests_and_what_is_acceptable_come_in_any_order() -> None:
    for text in (
        " p95(auth) < 300ms, min_requests 50, acceptable 600ms ",
        "p95(auth) < 300ms acceptable 600ms min_requests 50",
    ):
        threshold = parse_threshold(text)
        assert threshold.text == text.strip()
        assert (threshold.target, threshold.acceptable, threshold.min_requests) == (300, 600, 50)


@pytest.mark.parametrize(
    ("text", "for_s", "after_s", "min_requests"),
    [
        ("fail_ratio[10s] >= 50%", 0, 0, 1),
        ("fail_ratio[10s] >= 50% for 5s after 30s", 5, 30, 1),
        ("fail_ratio[10s] >= 50%, after 1m30s, for 500ms, min_requests 20", 0.5, 90, 20),
    ],
)
def test_an_abort_rule_is_understood(text: str, for_s: float, after_s: float, min_requests: int) -> None:
    measure = Measure("fail_ratio[10s]", "fail_ratio", "%", window_s=10)
    assert parse_abort_rule(text) == AbortRule(text, measure, ">=", 50.0, for_s, after_s, min_requests)


# rule -> column, and a part of what is said
REFUSED_THRESHOLDS = {
    "": (1, "expected a metric: p50, p95,"),
    "< 500ms": (1, "expected a metric"),
    "faliures < 1": (1, "no metric is called 'faliures', the nearest is failures"),
    "  fail_rate < 1%": (3, "no metric is called 'fail_rate', the nearest is fail_ratio"),
    "RPS > 1": (1, "the nearest is rps"),
    "xyzzy < 5ms": (1, "no metric is called 'xyzzy', known are p50,"),
    "p0 < 1s": (1, "percentiles go from p0.1 to p99.99, and p100"),
    "p99.999 < 1s": (1, "percentiles go from"),
    "p101 < 1s": (1, "percentiles go from"),
    "p95": (4, "expected <, <=, > or >="),
    "p95 500ms": (5, "expected <, <=, > or >="),
    "failures = 0": (10, "expected <, <=, > or >="),
    "p95 <": (6, "expected a time, such as 500ms"),
    "p95 << 500ms": (6, "expected a time, such as 500ms"),
    "p95 < -5ms": (7, "expected a time, such as 500ms"),
    "p95 < 500": (7, "a time needs its unit; write 500ms"),
    "p95 < 1e3ms": (8, "'e' is no unit of a time: expected us, ms, s or m"),
    "rps > 100ms": (10, "'ms' is no unit of a number of requests in a second: expected /s or no unit"),
    "rps > 1.5.2": (7, "expected a number of requests in a second"),
    "fail_ratio < 5": (14, "a share without % is below 1; write 5%"),
    "fail_ratio < 1": (14, "a share without % is below 1; write 1%"),
    "fail_ratio < 101%": (14, "expected at most 100%"),
    "failures < 5%": (13, "'%' is no unit of a whole number: expected no unit"),
    "failures < 0.5": (12, "expected a whole number"),
    "status < 1": (8, "expected a status code in brackets, such as status[429]"),
    "status[30s] < 1": (8, "expected a status code, such as 429"),
    "status[429 < 1": (12, "expected ]"),
    "status[x] < 1": (8, "expected a status code, such as 429"),
    "status[4291] < 1": (8, "expected a status code, such as 429"),
    "status[429] < 5%, acceptable 10": (30, "a share such as 5% needs its unit; write 10%"),
    "response_rps < 3": (1, "no metric is called 'response_rps'"),
    "response_p101 < 1s": (1, "percentiles go from p0.1 to p99.99, and p100"),
    "response_p99 < 800": (16, "a time needs its unit; write 800ms"),
    "dropped_ratio < 1": (17, "a share without % is below 1; write 1%"),
    "dropped_ratio(/a) < 1%": (14, "dropped_ratio is not measured on requests, and takes no name"),
    "target_memory < 500": (17, "an amount of memory needs its unit; write 500MB"),
    "target_memory < 500mb": (20, "'mb' is no unit of an amount of memory: expected B, kB, MB,"),
    "target_cpu < 80": (14, "needs its unit; write 80%"),
    "p95[30] < 1s": (5, "expected a duration from 1s to 10m, such as 30s, or run"),
    "p95[500ms] < 1s": (5, "expected a duration from 1s to 10m"),
    "p95[11m] < 1s": (5, "expected a duration from 1s to 10m"),
    "p95[run < 1s": (9, "expected ]"),
    "p95(health < 100ms": (19, "expected ) at the end of the name"),
    "p95() < 1s": (5, "expected a group, a request name or a glob"),
    "users(auth) > 1": (6, "users is not measured on requests, and takes no name"),
    "users > 1, min_requests 4": (12, "min_requests is for what is measured on requests"),
    "p95 < 1s, min_requests 0": (24, "expected a number of requests from 1"),
    "p95 < 500ms, acceptable 400ms": (25, "what is acceptable lies above the target"),
    "p95 < 500ms, acceptable 0.5s": (25, "what is acceptable lies above the target"),
    "rps > 100, acceptable 150": (23, "what is acceptable lies below the target"),
    "p95 < 1s, acceptable 2s, acceptable 3s": (26, "expected min_requests"),
    "p95 < 1s,": (10, "expected acceptable or min_requests"),
    "p95 < 1s for 5s": (10, "expected acceptable or min_requests"),
    "p95 < 1s, acceptable 2s, min_requests 3 4": (41, "nothing more is expected here"),
    "p95 < 1s " + "x" * MAX_RULE_LENGTH: (MAX_RULE_LENGTH + 1, "a rule has at most 400 characters"),
}


@pytest.mark.parametrize("text", REFUSED_THRESHOLDS)
def test_a_wrong_threshold_says_at_which_column_what_is_expected(text: str) -> None:
    column, said = REFUSED_THRESHOLDS[text]
    with pytest.raises(RuleError) as caught:
        parse_threshold(text)
    assert (caught.value.column, caught.value.text) == (column, text)
    assert said in str(caught.value)
    assert f", column {column}: " in str(caught.value)


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("rps < 1, acceptable 2", 10, "expected for, after or min_requests"),
        ("p95 > 1s for soon", 14, "expected a duration from 0s to 24h, such as 30s"),
        ("p95 > 1s for 5s for 6s", 17, "expected after or min_requests"),
        ("p95 > 1s after 48h", 16, "expected a duration from 0s to 24h"),
    ],
)
def test_a_wrong_abort_rule_says_at_which_column_what_is_expected(text: str, column: int, said: str) -> None:
    with pytest.raises(RuleError, match=said) as caught:
        parse_abort_rule(text)
    assert caught.value.column == column


def test_a_wrong_rule_is_shown_without_secrets_and_without_doing_anything_to_a_terminal() -> None:
    with pytest.raises(RuleError) as caught:
        parse_threshold("p95(GET /\x1b[2J?token=hunter2) <")
    assert str(caught.value).startswith("'p95(GET /\\x1b[2J?token=*** <', column ")


RULE_WORDS = (
    "p95 p99.9 status[429] [30s] [run] (auth) (a* ) < >= 500ms 5% 0.01 10 1GB , acceptable "
    "min_requests for after 5s ( [ ] 99999999999999999999999999999999999 ٣ é"
)
WORDS = st.sampled_from([*METRICS, *RULE_WORDS.split()])


@given(st.text(max_size=2 * MAX_RULE_LENGTH) | st.lists(WORDS, max_size=30).map(" ".join))
# Each takes well below a millisecond: the deadline is for what grows without end.
@settings(max_examples=300, deadline=2000)
def test_any_text_is_understood_or_refused_at_once(text: str) -> None:
    for parse in (parse_threshold, parse_abort_rule):
        try:
            rule: Threshold | AbortRule = parse(text)
        except RuleError:
            with pytest.raises(RuleError) as caught:
                parse(text)
            assert 1 <= caught.value.column <= len(text) + 1
            assert clean(str(caught.value), 1000) == str(caught.value)
        else:
            # What was understood is understood in the same way again.
            assert parse(rule.text) == rule


def test_every_rule_of_the_users_page_is_understood() -> None:
    page = (Path(__file__).parents[2] / "docs" / "thresholds.md").read_text(encoding="utf-8")
    rules = [text for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for text in re.findall("`(.*?)`", row)]
    thresholds = [text for text in rules if "<" in text or ">" in text]
    assert len(thresholds) > 15
    for text in thresholds:
        parse_threshold(text)
