"""TLS as a layer over bytes, which knows no socket."""

from __future__ import annotations

import ssl

from perftui.users.errors import TlsError

_READ_BYTES = 256 * 1024


class Tls:
    """TLS between two memories: what came from the server goes in, what is for it comes out."""

    __slots__ = ("_in", "_object", "_out", "is_over")

    def __init__(self, context: ssl.SSLContext, host: str, session: ssl.SSLSession | None) -> None:
        # Whether the server said that nothing more will come.
        self.is_over = False
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._in, self._out, server_hostname=host, session=session)

    def shake_hands(self) -> bool:
        """Whether it is done; `take` and `put` go on with it."""
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def take(self) -> bytes:
        return self._out.read()

    def put(self, data: memoryview) -> None:
        self._in.write(data)

    def encrypt(self, data: bytes) -> bytes:
        if data:
            self._object.write(data)
        return self._out.read()

    def decrypt(self, data: memoryview) -> list[bytes]:
        """What of it is whole by now. Raises a RequestFailed."""
        self._in.write(data)
        parts: list[bytes] = []
        try:
            while part := self._object.read(_READ_BYTES):
                parts.append(part)
            self.is_over = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.is_over = True
        except ssl.SSLError as error:
            raise TlsError(f"TLS: {words_of(error)}") from error
        return parts

    @property
    def session(self) -> ssl.SSLSession | None:
        return self._object.session


def words_of(error: ssl.SSLError) -> str:
    return (error.reason or str(error)).lower().replace("_", " ")
