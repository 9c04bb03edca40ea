"""Bodies as they were before the server packed them, however their bytes come."""

from __future__ import annotations

import gzip
import random
import zlib
from itertools import pairwise

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perftui.users import content_encoding
from perftui.users.content_encoding import MAX_LAYERS, MAX_PART_BYTES, MAX_STREAMS, Decoder
from perftui.users.errors import BadContentEncoding, BodyTooLarge

SOME = settings(max_examples=80, deadline=None)


def bare_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


PACKED = {
    "gzip": lambda body: gzip.compress(body, mtime=0),
    "x-gzip": lambda body: gzip.compress(body[:1], mtime=0) + gzip.compress(body[1:], mtime=0),
    "deflate": zlib.compress,
    "Deflate": bare_deflate,
    "br": brotli.compress,
}
if content_encoding._ZSTD is not None:
    PACKED["zstd"] = content_encoding._ZSTD.compress
LAYERS = st.lists(st.sampled_from(sorted(PACKED)), min_size=1, max_size=MAX_LAYERS)


def pack(body: bytes, layers: list[str]) -> bytes:
    for layer in layers:
        body = PACKED[layer](body)
    return body


def decode(decoder: Decoder, parts: list[bytes]) -> bytes:
    body = b"".join(map(decoder.decode, parts))
    decoder.finish()
    return body


@SOME
@given(st.binary(max_size=300), LAYERS, st.data())
def test_a_body_is_the_same_however_it_is_packed_and_cut(body: bytes, layers: list[str], data: st.DataObject) -> None:
    packed = pack(body, layers)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(packed)), max_size=8)))
    parts = [packed[start:end] for start, end in pairwise([0, *cuts, len(packed)])]
    decoder = Decoder(", ".join(layers), len(packed) + 1000)
    assert decode(decoder, parts) == body


@pytest.mark.parametrize("layer", sorted(PACKED))
def test_a_packed_body_that_is_cut_off_at_any_byte_is_no_body(layer: str) -> None:
    body = random.Random(1).randbytes(100)
    packed = PACKED[layer](body)
    # Two streams in a row: after the first one the body may be over.
    whole_at = len(gzip.compress(body[:1], mtime=0)) if layer == "x-gzip" else 0
    for size in range(1, len(packed)):
        if size == whole_at:
            continue
        with pytest.raises(BadContentEncoding, match=r"^bad content encoding: "):
            decode(Decoder(layer, None), [packed[:size]])


@pytest.mark.parametrize("layer", sorted(PACKED))
def test_the_limit_of_an_unpacked_body_is_at_the_byte(layer: str) -> None:
    packed = PACKED[layer](bytes(5000))
    assert decode(Decoder(layer, 5000), [packed]) == bytes(5000)
    for parts in ([packed], [packed[:5], packed[5:]], [bytes([each]) for each in packed]):
        with pytest.raises(BodyTooLarge, match=r"^body too large: more than 4,999 bytes \(max_body_bytes\)$"):
            decode(Decoder(layer, 4999), parts)


@SOME
@given(LAYERS, st.binary(min_size=1, max_size=40), st.data())
def test_garbage_is_one_line(layers: list[str], garbage: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, 30))
    packed = pack(b"some body", layers)
    damaged = data.draw(st.sampled_from([garbage, packed[:at] + garbage + packed[at:]]))
    lines: list[str] = []
    try:
        decode(Decoder(",".join(layers), 1000), [damaged])
    except (BadContentEncoding, BodyTooLarge) as error:
        lines = str(error).splitlines()
    assert len(lines) <= 1


@pytest.mark.parametrize("layers", [*([layer] for layer in sorted(PACKED)), ["gzip", "deflate"]], ids=",".join)
def test_a_bomb_comes_in_parts_that_fit_into_memory(layers: list[str]) -> None:
    body = bytes(10 * MAX_PART_BYTES)
    decoder = Decoder(",".join(layers), None)
    parts = [*decoder.parts(pack(body, layers))]
    decoder.finish()
    assert b"".join(parts) == body
    assert 0 < min(map(len, parts)) <= max(map(len, parts)) <= 2 * MAX_PART_BYTES


def test_a_body_of_very_many_streams_is_an_attack() -> None:
    """Nothing comes out of these, so that the limit of a body does not end it."""
    empty = gzip.compress(b"", mtime=0)
    assert decode(Decoder("gzip", 0), [empty * MAX_STREAMS]) == b""
    with pytest.raises(BadContentEncoding, match=r"^bad content encoding: more than 10,000 streams in one body$"):
        Decoder("gzip", 0).decode(empty * (MAX_STREAMS + 1))


def test_what_is_packed_too_often_is_an_attack() -> None:
    with pytest.raises(BadContentEncoding, match=f"^bad content encoding: more than {MAX_LAYERS} of them$"):
        Decoder("gzip, " * (MAX_LAYERS + 1), None)
