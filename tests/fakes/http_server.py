"""A target that answers what it is told to, byte for byte, and tells what it was sent.

It serves HTTP/1.1 at several places at once: `http` and `other` (two origins), `tls` (a certificate of its own, for the
name shop.test), `ipv6` and a Unix socket; beside them `refused`, where nobody listens, and `full`, where nobody answers
a connect. It is a proxy as well: it forwards CONNECT, and answers a request in absolute form like any other.

``python -m tests.fakes.http_server FOLDER`` prints its places and serves until its stdin is closed. Each line on stdin
is a Python literal: a mapping of paths to answers, with which it forgets all it saw, or None, which asks what it saw.
"""

from __future__ import annotations

import ast
import asyncio
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

# Bytes are sent as they are, with each <place> filled in; a word is done: close, reset, hang until the client leaves.
Step = bytes | str
# What each request of a path gets, in turn; the last one stays.
Answers = Mapping[str, list[tuple[Step, ...]]]

PLAIN_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
PLAIN = PLAIN_HEAD + b"ok"
TLS_NAME = "shop.test"
TLS_HANDSHAKE = b"\x16"
MAX_HEAD_BYTES = 1 << 20
POLL_S = 0.005


class HttpServer:
    """The server's state, since the last answers it was given."""

    def __init__(self, places: dict[str, str]) -> None:
        self.places = places
        self.sni: str | None = None
        self._accepted = 0
        self._open: set[int] = set()
        self.begin({})

    def begin(self, answers: Answers) -> None:
        self._answers = {path: list(each) for path, each in answers.items()}
        self._requests: list[dict[str, Any]] = []
        self._connections_before = self._accepted

    def seen(self) -> dict[str, Any]:
        return {
            "requests": self._requests,
            "connections": self._accepted - self._connections_before,
            "open": sum(each > self._connections_before for each in self._open),
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._accepted += 1
        connection = self._accepted
        self._open.add(connection)
        try:
            while await self._answer_next(reader, writer, connection):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left, or the server's life is over
        finally:
            self._open.discard(connection)
            writer.close()

    async def _answer_next(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> bool:
        first_byte = await reader.readexactly(1)
        if first_byte == TLS_HANDSHAKE:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return False
        head = (first_byte + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")[:-2]
        method, target, version = first.split(" ", 2) if first.count(" ") > 1 else (first, "", "")
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        self._requests.append(
            {
                "method": method,
                "target": target,
                "version": version,
                "headers": headers,
                "body": await _body({name.lower(): value for name, value in headers}, reader),
                "connection": connection - self._connections_before,
                "sni": self.sni if writer.get_extra_info("ssl_object") else None,
            }
        )
        if method == "CONNECT":
            await _tunnel(target, reader, writer)
            return False
        path = target.partition("?")[0]
        in_turn = self._answers.get(path, [(PLAIN_HEAD if method == "HEAD" else PLAIN,)])
        for step in in_turn.pop(0) if len(in_turn) > 1 else in_turn[0]:
            if isinstance(step, bytes):
                for name, place in self.places.items():
                    step = step.replace(f"<{name}>".encode(), place.encode())
                writer.write(step)
                await writer.drain()
            else:
                if step == "reset":
                    linger = struct.pack("ii", 1, 0)
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    writer.transport.abort()
                elif step == "hang":
                    await reader.read()
                return False
        return True


async def _body(headers: Mapping[str, str], reader: asyncio.StreamReader) -> bytes:
    if "chunked" not in headers.get("transfer-encoding", ""):
        return await reader.readexactly(int(headers.get("content-length", 0)))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body


async def _tunnel(target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    port = int(target.rpartition(":")[2])
    there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(1 << 16):
            sink.write(data)
            await sink.drain()
        sink.close()

    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await asyncio.gather(pump(reader, there_writer), pump(there_reader, writer))


def _certificate(folder: Path) -> ssl.SSLContext | None:
    """A new one in the folder's certificate.pem; None where this machine has no openssl to make it."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "5")
    names = ("-subj", f"/CN={TLS_NAME}", "-addext", f"subjectAltName=DNS:{TLS_NAME}")
    use = ("-addext", "keyUsage=critical,digitalSignature,keyCertSign")
    files = ("-keyout", str(key), "-out", str(certificate))
    try:
        subprocess.run(["openssl", "req", *kind, *names, *use, *files], check=True, capture_output=True)
    except FileNotFoundError:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def _main(folder: Path) -> None:
    places: dict[str, str] = {}
    server = HttpServer(places)
    listeners: list[Any] = []

    async def listen(name: str, shown_host: str, host: str, **options: Any) -> None:
        listeners.append(
            await asyncio.start_server(server.serve, host, 0, limit=MAX_HEAD_BYTES, backlog=512, **options)
        )
        places[name] = f"{shown_host}:{listeners[-1].sockets[0].getsockname()[1]}"

    await listen("http", "127.0.0.1", "127.0.0.1")
    await listen("other", "127.0.0.1", "127.0.0.1")
    if context := _certificate(folder):

        def keep_name(_socket: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
            server.sni = name

        context.sni_callback = keep_name
        await listen("tls", TLS_NAME, "127.0.0.1", ssl=context)
    with suppress(OSError):  # a machine without IPv6
        await listen("ipv6", "[::1]", "::1")
    listeners.append(await asyncio.start_unix_server(server.serve, folder / "http.sock"))

    refused, full, filler = socket.socket(), socket.socket(), socket.socket()
    refused.bind(("127.0.0.1", 0))
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    filler.connect(full.getsockname())
    for name, closed in (("refused", refused), ("full", full)):
        places[name] = f"127.0.0.1:{closed.getsockname()[1]}"

    print(repr(places), flush=True)
    commands = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        answers = ast.literal_eval(line.decode())
        if answers is not None:
            server.begin(answers)
        print(repr(server.seen()), flush=True)
    for closed in (refused, full, filler):
        closed.close()


class RunningHttpServer:
    """The server in its own process, as a context manager. `places` holds host and port by name."""

    def __init__(self, folder: Path) -> None:
        self.certificate = str(folder / "certificate.pem")
        self.unix_socket = str(folder / "http.sock")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.http_server", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.places: dict[str, str] = self._read()

    def begin(self, answers: Answers) -> None:
        """Answer so from now on, anything else with PLAIN, and forget what was seen."""
        self._ask(dict(answers))

    def seen(self) -> dict[str, Any]:
        """`requests`, each with method, target, version, headers, body, connection (from 1) and sni; how many
        `connections` there were since `begin`, and how many of them are `open`."""
        seen: dict[str, Any] = self._ask(None)
        return seen

    def all_closed(self, within_s: float = 2.0) -> bool:
        """Whether every connection is over, or is so in time."""
        until = time.monotonic() + within_s
        while self.seen()["open"]:
            if time.monotonic() > until:
                return False
            time.sleep(POLL_S)
        return True

    def fill(self, text: str) -> str:
        """The text with host and port for each <place>."""
        for name, place in self.places.items():
            text = text.replace(f"<{name}>", place)
        return text

    def _ask(self, question: object) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(repr(question) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        return ast.literal_eval(self._process.stdout.readline())

    def __enter__(self) -> RunningHttpServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
