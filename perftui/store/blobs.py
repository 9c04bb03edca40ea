"""Histograms and foreign text as the columns of samples.db hold them: exact, compact, the same on every machine.

A histogram is little-endian: the width in bytes of a count (1, 2, 4 or 8), the number of buckets (u16), sum, minimum
and maximum in us (u64 each), then each bucket's index (u16, ascending) and then each bucket's count. The index counts
the buckets of `perftui.model.histogram` from 0. An empty histogram is an empty blob.
"""

from __future__ import annotations

import struct
import sys
from array import array

from perftui.model.histogram import LONGEST_US, PRECISION_BITS, Histogram

_HEAD = struct.Struct("<BHQQQ")
# Array type codes by the width of an item in bytes.
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}

_HALF = 1 << (PRECISION_BITS - 1)
_FOREIGN_ORDER = sys.byteorder == "big"


def _index_of(bucket_us: int) -> int:
    shift = bucket_us.bit_length() - PRECISION_BITS
    return shift * _HALF + (bucket_us >> shift) if shift > 0 else bucket_us


def _bucket_at(index: int) -> int:
    octave, rest = divmod(index, _HALF)
    return (_HALF + rest) << (octave - 1) if octave > 1 else index


_BUCKETS = tuple(_bucket_at(index) for index in range(_index_of(LONGEST_US) + 1))


def pack_histogram(histogram: Histogram) -> bytes:
    """Raises ValueError or OverflowError for a histogram that `Histogram.record` cannot make."""
    if histogram.count == 0:
        return b""
    ordered = sorted(histogram.buckets.items())
    if sum(histogram.buckets.values()) != histogram.count or ordered[0][0] < 0:
        raise ValueError("a histogram whose buckets are not its count")
    indexes = array("H", [_index_of(bucket) for bucket, _ in ordered])
    most = max(histogram.buckets.values())
    width = 1 if most < 1 << 8 else 2 if most < 1 << 16 else 4 if most < 1 << 32 else 8
    counts = array(_CODES[width], [count for _, count in ordered])
    try:
        head = _HEAD.pack(width, len(indexes), histogram.sum_us, histogram.min_us, histogram.max_us)
    except struct.error as error:
        raise OverflowError(str(error)) from None
    return head + _bytes_of(indexes) + _bytes_of(counts)


def unpack_histogram(blob: bytes) -> Histogram:
    """The histogram that `pack_histogram` made `blob` of. Raises ValueError where it is none."""
    if not blob:
        return Histogram()
    try:
        width, size, sum_us, min_us, max_us = _HEAD.unpack_from(blob)
        middle = _HEAD.size + 2 * size
        indexes, counts = array("H", blob[_HEAD.size : middle]), array(_CODES[width], blob[middle:])
        if _FOREIGN_ORDER:
            indexes.byteswap()
            counts.byteswap()
        buckets = dict(zip(map(_BUCKETS.__getitem__, indexes), counts, strict=True))
    except (struct.error, KeyError, IndexError, TypeError) as error:
        raise ValueError(f"not a histogram: {error}") from None
    return Histogram(sum(counts), sum_us, min_us, max_us, buckets)


def _bytes_of(items: array[int]) -> bytes:
    if _FOREIGN_ORDER:
        items.byteswap()
    return items.tobytes()


def pack_text(text: str) -> str | bytes:
    """`text` as SQLite can hold it: a lone surrogate has no UTF-8, such text becomes a blob."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def unpack_text(stored: object) -> str:
    """Raises ValueError where `stored` is not what `pack_text` makes."""
    if isinstance(stored, str):
        return stored
    if isinstance(stored, bytes):
        return stored.decode("utf-8", "surrogatepass")
    raise ValueError(f"not a text: {type(stored).__name__}")
