"""The body of an answer as it was before the server packed it."""

from __future__ import annotations

import importlib
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import brotli

from perftui.users.errors import BadContentEncoding
from perftui.users.reading import too_large

# A body may be packed more than once; more than this is an attack.
MAX_LAYERS = 2
# In one body; some files are packed in many. Each costs time, though nothing may come out of it.
MAX_STREAMS = 10_000
# What is unpacked at a time, as much as is read at a time. brotli gives up to twice as much.
MAX_PART_BYTES = 256 * 1024
# What is put in at a time: what is left of it behind a stream is copied.
_SLICE_BYTES = 16 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class Decoder:
    """The layers of one body, from the outermost. Each method raises BadContentEncoding or BodyTooLarge.

    `max_body_bytes` is for what comes out of each layer; None lets any amount pass.
    """

    def __init__(self, encodings: str, max_body_bytes: int | None) -> None:
        self._max_body_bytes = sys.maxsize if max_body_bytes is None else max_body_bytes
        names = [name.strip().lower() for name in encodings.split(",")]
        names = [name for name in reversed(names) if name not in ("", "identity")]
        if len(names) > MAX_LAYERS:
            raise BadContentEncoding(f"bad content encoding: more than {MAX_LAYERS} of them")
        self._layers = [_layer(name) for name in names]

    def decode(self, data: bytes) -> bytes:
        """What of the body is known after `data`, the next part of it."""
        return b"".join(self.parts(data))

    def parts(self, data: bytes) -> Iterator[bytes]:
        """The same in parts of 512 KiB at most, none of them unpacked before it is asked for. All are to be asked for.

        Where nothing is packed `data` is the only one.
        """
        parts: Iterator[bytes] = iter((data,))
        for layer in self._layers:
            parts = self._unpack(layer, parts)
        return parts

    def finish(self) -> None:
        """The body is over."""
        for layer in self._layers:
            if layer.is_open:
                raise BadContentEncoding("bad content encoding: the packed body ends too early")

    def _unpack(self, layer: _Streams | _Brotli, parts: Iterator[bytes]) -> Iterator[bytes]:
        for part in parts:
            for start in range(0, len(part), _SLICE_BYTES):
                for unpacked in layer.unpack(part[start : start + _SLICE_BYTES]):
                    layer.unpacked_bytes += len(unpacked)
                    if layer.unpacked_bytes > self._max_body_bytes:
                        raise too_large(self._max_body_bytes)
                    yield unpacked


class _Streams:
    """Packed streams in a row, as gzip and zstd allow. `begin` makes what unpacks one, by its first byte."""

    def __init__(self, begin: Callable[[int], Any], errors: tuple[type[Exception], ...]) -> None:
        self.unpacked_bytes = 0
        self._begin = begin
        self._errors = errors
        self._streams = 0
        self._stream: Any = None

    @property
    def is_open(self) -> bool:
        return self._stream is not None and not self._stream.eof

    def unpack(self, data: bytes) -> Iterator[bytes]:
        while data:
            if not self.is_open:
                # Zeros may fill up the space after a stream.
                data = data if self._stream is None else data.lstrip(b"\0")
                if not data:
                    return
                self._streams += 1
                if self._streams > MAX_STREAMS:
                    raise BadContentEncoding(f"bad content encoding: more than {MAX_STREAMS:,} streams in one body")
                self._stream = self._begin(data[0])
            while part := self._decompress(data):
                yield part
                if self._stream.eof:
                    break
                # zlib gives back what it did not take in; zstd keeps it.
                data = getattr(self._stream, "unconsumed_tail", b"")
            data = self._stream.unused_data

    def _decompress(self, data: bytes) -> bytes:
        try:
            part: bytes = self._stream.decompress(data, MAX_PART_BYTES)
        except self._errors as error:
            raise BadContentEncoding(f"bad content encoding: {error}") from error
        return part


class _Brotli:
    def __init__(self) -> None:
        self.unpacked_bytes = 0
        self._stream = brotli.Decompressor()
        self._is_begun = False
        # Releases before 1.2 unpack all of what they are given.
        can_limit = hasattr(self._stream, "can_accept_more_data")
        self._limit = {"output_buffer_limit": MAX_PART_BYTES} if can_limit else {}

    @property
    def is_open(self) -> bool:
        return self._is_begun and not self._stream.is_finished()

    def unpack(self, data: bytes) -> Iterator[bytes]:
        self._is_begun = True
        try:
            while part := self._stream.process(data, **self._limit):
                yield bytes(part)
                if self._stream.is_finished():
                    return
                data = b""
        except brotli.error as error:
            raise BadContentEncoding("bad content encoding: the body is not brotli") from error


def _layer(name: str) -> _Streams | _Brotli:
    if name in ("gzip", "x-gzip"):
        return _Streams(lambda _: zlib.decompressobj(_GZIP), (zlib.error,))
    if name == "deflate":
        return _Streams(_begin_deflate, (zlib.error,))
    if name == "br":
        return _Brotli()
    if name == "zstd" and _ZSTD is not None:
        return _Streams(lambda _: _ZSTD.ZstdDecompressor(), (_ZSTD.ZstdError,))
    raise BadContentEncoding(f"bad content encoding: {name[:40]!r} is not known here")


def _begin_deflate(first: int) -> Any:
    """As the standard has it, or bare as some servers send it: RFC 1950 has 8 as the low digit of the first byte."""
    return zlib.decompressobj(zlib.MAX_WBITS if first & 0x0F == 8 else -zlib.MAX_WBITS)


def _find_zstd() -> Any:
    """Where HttpUser finds it too: Python 3.14 has it, for others there is a package."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


_ZSTD = _find_zstd()
ACCEPTED = "gzip, deflate, br" + (", zstd" if _ZSTD is not None else "")
