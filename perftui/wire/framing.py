"""Messages as bytes: four bytes of length, then msgpack of [name, fields]."""

from __future__ import annotations

import struct
import typing
from typing import Any

import msgpack

from perftui.wire import messages
from perftui.wire.codec import WireError, from_plain, to_plain

# A tick of 1,000 names with 300 buckets each is about 3 MB.
MAX_FRAME_BYTES = 16 << 20
HEADER = struct.Struct(">I")

_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in typing.get_args(messages.Message)}


def encode(message: messages.Message) -> bytes:
    """One frame. Text that UTF-8 cannot hold is escaped: a request name may carry a lone surrogate."""
    body: bytes = msgpack.packb([type(message).__name__, to_plain(message)], unicode_errors="backslashreplace")
    if len(body) > MAX_FRAME_BYTES:
        raise WireError(f"a {type(message).__name__} of {len(body)} bytes is over the limit of {MAX_FRAME_BYTES}")
    return HEADER.pack(len(body)) + body


def decode(body: bytes) -> messages.Message:
    """The message in a frame's body. Raises WireError for anything else."""
    return build(*unpack(body))


def unpack(body: bytes) -> tuple[type[Any], Any]:
    """The kind of the message in a frame's body, and its fields unchecked: a tenth of what `decode` takes."""
    try:
        plain = msgpack.unpackb(body, strict_map_key=False)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise WireError(f"not a frame: {type(error).__name__}") from None
    if not isinstance(plain, list) or len(plain) != 2 or not isinstance(plain[0], str):
        raise WireError("not a message")
    kind = _KINDS.get(plain[0])
    if kind is None:
        raise WireError(f"unknown message {plain[0][:40]!r}")
    return kind, plain[1]


def build(kind: type[Any], fields: Any) -> messages.Message:
    """What `unpack` has found, checked. Raises WireError."""
    try:
        return typing.cast(messages.Message, from_plain(kind, fields))
    except (TypeError, OverflowError, RecursionError) as error:
        raise WireError(f"a {kind.__name__} that is none: {type(error).__name__}") from None


class FrameReader:
    """Bytes in, messages out; holds at most one unfinished frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[messages.Message]:
        """The messages that `data` completes. Raises WireError; the stream is then beyond repair."""
        return [decode(body) for body in self.bodies(data)]

    def bodies(self, data: bytes) -> list[bytes]:
        """As `feed`, for who does not want all of them decoded."""
        self._buffer += data
        result: list[bytes] = []
        start = 0
        while len(self._buffer) - start >= HEADER.size:
            (length,) = HEADER.unpack_from(self._buffer, start)
            if length > MAX_FRAME_BYTES:
                raise WireError(f"a frame of {length} bytes is over the limit of {MAX_FRAME_BYTES}")
            end = start + HEADER.size + length
            if len(self._buffer) < end:
                break
            result.append(bytes(self._buffer[start + HEADER.size : end]))
            start = end
        del self._buffer[:start]
        return result
