"""Histograms and texts come back from their stored form exactly."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perftui.model.histogram import Histogram
from perftui.store.blobs import pack_histogram, pack_text, unpack_histogram, unpack_text
from tests.fakes.random_ticks import histograms


@given(histograms())
def test_a_histogram_comes_back_exactly(histogram: Histogram) -> None:
    assert unpack_histogram(pack_histogram(histogram)) == histogram


@pytest.mark.parametrize("count", [255, 256, 1 << 16, 1 << 32])
def test_counts_of_every_width_come_back(count: int) -> None:
    histogram = Histogram(count + 1, 7, 1, 5, {1: count, 5: 1})
    assert unpack_histogram(pack_histogram(histogram)) == histogram


def test_the_form_on_disk_is_the_same_everywhere() -> None:
    histogram = Histogram()
    histogram.record(3)
    histogram.record(1000)
    assert pack_histogram(histogram).hex() == (
        "01" "0200" "eb03000000000000" "0300000000000000" "e803000000000000" "0300" "3d01" "01" "01"
    )  # fmt: skip


def test_a_histogram_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError):
        pack_histogram(Histogram(3, 7, 1, 5, {1: 1}))


@given(st.binary(max_size=80))
def test_bytes_that_are_no_histogram_raise_and_do_nothing_else(blob: bytes) -> None:
    with contextlib.suppress(ValueError):
        unpack_histogram(blob)


@given(st.text(st.characters()))
def test_any_text_comes_back(text: str) -> None:
    assert unpack_text(pack_text(text)) == text
