"""Values as people read them."""

from __future__ import annotations

import pytest

from perftui.judgement.quantities import format_beside, format_bound, format_quantity, format_span
from perftui.judgement.rules import Unit


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (612.4, "ms", "612 ms"),
        (0.12345, "ms", "0.123 ms"),
        (999.4, "ms", "999 ms"),
        (999.7, "ms", "1 s"),
        (1234.5, "ms", "1.23 s"),
        (61_000, "ms", "61 s"),
        (1_234_567, "ms", "1,235 s"),
        (0, "ms", "0 ms"),
        (97.25, "%", "97.2 %"),
        (100, "%", "100 %"),
        (97.53, "/s", "97.5/s"),
        (512_300_000, "bytes", "512 MB"),
        (-3_210_000, "bytes", "-3.21 MB"),
        (12_345, "", "12,345"),
        (0.00012, "", "0.00012"),
    ],
)
def test_three_digits_and_the_unit_that_people_read(value: float, unit: Unit, shown: str) -> None:
    assert format_quantity(value, unit) == shown


def test_a_bound_is_not_rounded() -> None:
    assert format_bound(1512.5, "ms") == "1.5125 s"
    assert format_bound(500, "ms") == "500 ms"


def test_a_value_close_to_its_bound_is_seen_apart_from_it() -> None:
    assert format_beside(499.96, 500, "ms") == "499.96 ms"
    assert format_beside(999.96, 1000, "ms") == "999.96 ms"
    assert format_beside(500, 500, "ms") == "500 ms"
    assert format_beside(612.4, 500, "ms") == "612 ms"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.52, "0.5 s"), (5.0, "5 s"), (30.4, "30 s"), (59.9, "1m"), (72.3, "1m 12s"), (3661, "1h 1m 1s")],
)
def test_spans_are_said_to_the_second(seconds: float, shown: str) -> None:
    assert format_span(seconds) == shown
