"""Numbers as people read them."""

from __future__ import annotations

import pytest

from perftui.tui.texts.figures import bytes_text, count_text, ms_text, rate_text, share_text


@pytest.mark.parametrize(
    ("time_ms", "text"),
    [
        (None, "–"),
        (0.42, "0.4ms"),
        (9.94, "9.9ms"),
        (241.2, "241ms"),
        (999.6, "1.00s"),
        (1320, "1.32s"),
        (99_960, "100s"),
    ],
)
def test_a_time_has_its_unit_and_no_more_digits_than_it_is_worth(time_ms: float | None, text: str) -> None:
    assert ms_text(time_ms) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (None, "–"),
        (0.0, "0%"),
        (0.000001, "<0.01%"),
        (0.0022, "0.22%"),
        (0.123, "12.3%"),
        (0.9999, "99.9%"),
        (1.0, "100%"),
    ],
)
def test_only_nothing_is_zero_percent_and_only_all_is_a_hundred(ratio: float | None, text: str) -> None:
    assert share_text(ratio) == text


def test_counts_and_rates_keep_three_digits() -> None:
    assert [count_text(value) for value in (0, 9_999, 40_500, 252_876, 1_320_000)] == [
        "0",
        "9,999",
        "40.5k",
        "253k",
        "1.32M",
    ]
    assert [rate_text(value) for value in (0, 0.42, 87.64, 1_118.2)] == ["0", "0.42", "87.6", "1,118"]
    assert [bytes_text(value) for value in (100, 2_400, 1_500_000)] == ["100B", "2.4kB", "1.5MB"]
