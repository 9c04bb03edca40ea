"""A target that misbehaves: one thread-free asyncio server on loopback, in a process of its own, one mode each.

``python -m tests.fakes.fault_server MODE`` prints its port and serves until its stdin is closed.
Each line on stdin is a mode to change to, so that a test can freeze and thaw it.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from types import TracebackType
from typing import Any

OK_BODY = b"ok"
# Stops by itself: a forgotten server must not outlive a test run.
MAX_LIFE_S = 300
KNEE_S = 0.1


class FaultServer:
    """The server's state. `requests` counts what arrived, whatever was answered."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.requests = 0
        self.under_way = 0
        self.hold_ms: list[float] = []
        self.changed_at_s = self.last_request_at_s = time.perf_counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await self._head(reader):
                path = head.split(b" ")[1].decode()
                if path == "/__counts__":
                    counts = {
                        "requests": self.requests,
                        "hold_ms": self.hold_ms,
                        "last_request_s": self.last_request_at_s - self.changed_at_s,
                    }
                    document = json.dumps(counts).encode()
                    writer.write(answer(200, document))
                    await writer.drain()
                    continue
                self.requests += 1
                self.last_request_at_s = time.perf_counter()
                self.under_way += 1
                try:
                    if not await self._misbehave(writer, path, head):
                        break
                finally:
                    self.under_way -= 1
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left, or the server's life is over
        finally:
            writer.close()

    async def _head(self, reader: asyncio.StreamReader) -> bytes:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                head += await reader.readexactly(int(line.split(b":")[1]))
        return head

    async def _misbehave(self, writer: asyncio.StreamWriter, path: str, request: bytes) -> bool:
        """Answer one request in the present mode; whether the connection goes on."""
        mode, _, argument = self.mode.partition("=")
        while mode == "freeze":
            await asyncio.sleep(0.02)
            mode, _, argument = self.mode.partition("=")
        if mode == "frozen":
            # For so many seconds from the change of mode, exactly; after that it answers.
            await asyncio.sleep(self.changed_at_s + float(argument) - time.perf_counter())
            writer.write(answer(200, OK_BODY))
        elif mode == "hang":
            await asyncio.sleep(MAX_LIFE_S)
        elif mode == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return False
        elif mode == "garbage":
            writer.write(b"\x00\xff this is not HTTP \x1b]0;PWNED\x07\r\n\r\n")
            await writer.drain()
            return False
        elif mode == "truncate":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
            await writer.drain()
            return False
        elif mode == "redirect":
            writer.write(answer(302, b"", f"Location: {argument}{path}\r\n"))
        elif mode == "status":
            writer.write(answer(int(argument), b"no"))
        elif mode == "echo":
            writer.write(answer(400, request))
        elif mode == "reason":
            writer.write(b"HTTP/1.1 500 \x1b]0;PWNED\x1b\\ [/x] [@click=app.quit]x[/]\r\nContent-Length: 0\r\n\r\n")
        elif mode == "knee":
            # It bears so many requests at a time; with more, each takes four times as long.
            is_beyond = self.under_way > int(argument)
            await asyncio.sleep(KNEE_S * (4 if is_beyond else 1))
            writer.write(answer(200, OK_BODY))
        elif mode == "hold":
            started = time.perf_counter()
            await asyncio.sleep(float(argument) / 1000)
            self.hold_ms.append((time.perf_counter() - started) * 1000)
            writer.write(answer(200, OK_BODY))
        else:
            writer.write(answer(200, OK_BODY))
        await writer.drain()
        return True


def answer(status: int, body: bytes, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


async def _main(mode: str) -> None:
    state = FaultServer(mode)
    server = await asyncio.start_server(state.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    async with server:
        try:
            async with asyncio.timeout(MAX_LIFE_S):
                while line := await commands.readline():
                    state.mode = line.decode().strip()
                    state.changed_at_s = time.perf_counter()
        except TimeoutError:
            pass


class RunningFaultServer:
    """The server in its own process, as a context manager."""

    def __init__(self, mode: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.fault_server", mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def change(self, mode: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(mode + "\n")
        self._process.stdin.flush()

    def requests(self) -> int:
        """How many arrived, by the server's own count."""
        return int(self._counts()["requests"])

    def hold_ms(self) -> list[float]:
        """How long each request was held, by the server's own clock."""
        return list(self._counts()["hold_ms"])

    def last_request_s(self) -> float:
        """When the last request arrived, in seconds after the last change of the mode."""
        return float(self._counts()["last_request_s"])

    def _counts(self) -> Any:
        with urllib.request.urlopen(f"{self.url}/__counts__", timeout=10) as response:
            return json.load(response)

    def __enter__(self) -> RunningFaultServer:
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
    asyncio.run(_main(sys.argv[1]))
