"""The body of an answer as it was before the server packed it."""

from __future__ import annotations

import importlib
import sys
import zlib
from collections.abc import Callable
from typing import Any

import brotli

from perftui.users.errors import BadContentEncoding
from perftui.users.reading import too_large

# A body may be packed more than once; more than this is an attack.
MAX_LAYERS = 5
_GZIP = 16 + zlib.MAX_WBITS


class Decoder:
    """The layers of one body, from the outermost. Each method raises BadContentEncoding or BodyTooLarge."""

    def __init__(self, encodings: str, max_body_bytes: int | None) -> None:
        names = [name.strip().lower() for name in encodings.split(",")]
        names = [name for name in reversed(names) if name not in ("", "identity")]
        if len(names) > MAX_LAYERS:
            raise BadContentEncoding(f"bad content encoding: more than {MAX_LAYERS} of them")
        self._layers = [_layer(name, max_body_bytes) for name in names]

    def decode(self, data: bytes) -> bytes:
        """What of the body is known after `data`, the next part of it."""
        for layer in self._layers:
            data = layer.decode(data)
        return data

    def finish(self) -> None:
        """The body is over."""
        for layer in self._layers:
            if layer.is_open:
                raise BadContentEncoding("bad content encoding: the packed body ends too early")


class _Streams:
    """Packed streams in a row, as gzip and zstd allow. `begin` makes what unpacks one, by its first byte."""

    def __init__(self, begin: Callable[[int], Any], errors: tuple[type[Exception], ...], max_bytes: int | None) -> None:
        self._begin = begin
        self._errors = errors
        self._max_bytes = max_bytes
        self._left_bytes = sys.maxsize - 1 if max_bytes is None else max_bytes
        self._stream: Any = None

    @property
    def is_open(self) -> bool:
        return self._stream is not None and not self._stream.eof

    def decode(self, data: bytes) -> bytes:
        parts: list[bytes] = []
        while data:
            if not self.is_open:
                # Zeros may fill up the space after a stream.
                data = data if self._stream is None else data.lstrip(b"\0")
                if not data:
                    break
                self._stream = self._begin(data[0])
            try:
                # One more than may be: so that what is too large is seen, and no more of it is unpacked.
                part = self._stream.decompress(data, self._left_bytes + 1)
            except self._errors as error:
                raise BadContentEncoding(f"bad content encoding: {error}") from error
            self._left_bytes -= len(part)
            if self._left_bytes < 0:
                raise too_large(self._max_bytes or 0)
            parts.append(part)
            data = self._stream.unused_data if self._stream.eof else b""
        return parts[0] if len(parts) == 1 else b"".join(parts)


class _Brotli:
    def __init__(self, max_bytes: int | None) -> None:
        self._max_bytes = max_bytes
        self._left_bytes = sys.maxsize - 1 if max_bytes is None else max_bytes
        self._stream = brotli.Decompressor()
        self._is_begun = False
        # Releases before 1.2 unpack all of what they are given.
        self._can_limit = hasattr(self._stream, "can_accept_more_data")

    @property
    def is_open(self) -> bool:
        return self._is_begun and not self._stream.is_finished()

    def decode(self, data: bytes) -> bytes:
        self._is_begun = self._is_begun or bool(data)
        limit = {"output_buffer_limit": min(self._left_bytes + 1, 1 << 30)} if self._can_limit else {}
        try:
            unpacked = self._stream.process(data, **limit)
        except brotli.error as error:
            raise BadContentEncoding("bad content encoding: the body is not brotli") from error
        self._left_bytes -= len(unpacked)
        if self._left_bytes < 0:
            raise too_large(self._max_bytes or 0)
        return bytes(unpacked)


def _layer(name: str, max_bytes: int | None) -> _Streams | _Brotli:
    if name in ("gzip", "x-gzip"):
        return _Streams(lambda _: zlib.decompressobj(_GZIP), (zlib.error,), max_bytes)
    if name == "deflate":
        return _Streams(_begin_deflate, (zlib.error,), max_bytes)
    if name == "br":
        return _Brotli(max_bytes)
    if name == "zstd" and _ZSTD is not None:
        return _Streams(lambda _: _ZSTD.ZstdDecompressor(), (_ZSTD.ZstdError,), max_bytes)
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
