"""The body of an answer that is read while it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from perftui.users.connection import Connection
from perftui.users.content_encoding import Decoder


class BodyStream(Iterator[bytes]):
    """The parts of one body, of 1 byte to 512 KiB. Raises a RequestFailed where it does not come to its end.

    `encodings` is what its Content-Encoding says. `give_back` gets the connection at the end, and whether its body was
    read to its own.
    """

    def __init__(self, connection: Connection, encodings: str, give_back: Callable[[Connection, bool], None]) -> None:
        # How long it may take is for the code that reads it.
        connection.deadline_s = None
        self._connection: Connection | None = connection
        self._encodings = encodings
        self._decoder: Decoder | None = None
        # What is known of the body, unpacked as it is asked for.
        self._parts: Iterator[bytes] = iter(())
        self._give_back = give_back

    def __next__(self) -> bytes:
        connection = self._connection
        if connection is None:
            raise StopIteration
        try:
            part = self._next_part(connection)
        except BaseException:
            self.close()
            raise
        if not part:
            self._connection = None
            self._give_back(connection, True)
            raise StopIteration
        return part

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._give_back(connection, False)

    def __del__(self) -> None:
        self.close()

    def _next_part(self, connection: Connection) -> bytes:
        """Empty at the end."""
        if self._decoder is None:
            self._decoder = Decoder(self._encodings, None)
        reader = connection.reader
        while True:
            if part := next(self._parts, b""):
                return part
            if reader.chunks:
                data = b"".join(reader.chunks)
                reader.chunks.clear()
                self._parts = self._decoder.parts(data)
            elif reader.is_complete:
                self._decoder.finish()
                return b""
            else:
                connection.receive()
