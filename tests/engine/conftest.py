"""An engine started as the conductor starts it, and a target on loopback that counts for itself."""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial, wraps
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import pytest

import perftui
from perftui.wire.framing import FrameReader, encode
from perftui.wire.heartbeat import Beat, decode_beat
from perftui.wire.messages import Configure, Ended, Fault, Loaded, Logged, Message, Start, Stop, Ticked
from tests.fakes.at_once import at_once

BOOTSTRAP = Path(perftui.__file__).parent / "engine" / "bootstrap.py"
DEADLINE_S = 30.0
# To close a socket resets its connection, once the client has what came before and waits for more.
RESET = struct.pack("ii", 1, 0)
RESET_AFTER_S = 0.05

M = TypeVar("M")


def configure(*locustfiles: str | Path, **changes: Any) -> Configure:
    asked = Configure(
        mode="run",
        locustfiles=tuple(map(str, locustfiles)),
        host=None,
        users=1,
        spawn_rate=100.0,
        run_time_s=None,
        stop_timeout_s=0.0,
        connect_timeout_s=60.0,
        read_timeout_s=60.0,
    )
    return replace(asked, **changes)


class EngineProcess:
    """A real engine; what it says is kept in `messages` and `beats`, what it prints in `output`."""

    def __init__(self, folder: Path, python: list[str], environment: dict[str, str], buffer_bytes: int | None) -> None:
        self.messages: list[Message] = []
        self.beats: list[Beat] = []
        self.output = ""
        self._frames = FrameReader()
        self._beat_rest = b""
        self.socket, theirs = socket.socketpair()
        if buffer_bytes is not None:
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
        self.beats_fd, beats_write = os.pipe()
        self.process = subprocess.Popen(
            [*python, str(BOOTSTRAP), str(theirs.fileno()), str(beats_write)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(theirs.fileno(), beats_write),
            start_new_session=True,
        )
        theirs.close()
        os.close(beats_write)
        assert self.process.stdout is not None
        self._output_fd = self.process.stdout.fileno()
        self._open = {self.socket.fileno(), self.beats_fd, self._output_fd}

    def send(self, message: Message) -> None:
        self.socket.sendall(encode(message))

    def pump(self, timeout_s: float) -> None:
        """Read what there is, waiting at most `timeout_s` for some of it."""
        ready, _, _ = select.select(list(self._open), [], [], timeout_s)
        for fd in ready:
            try:
                data = os.read(fd, 1 << 16)
            except ConnectionError:
                data = b""
            if not data:
                self._open.discard(fd)
            elif fd == self.socket.fileno():
                self.messages += self._frames.feed(data)
            elif fd == self.beats_fd:
                *lines, self._beat_rest = (self._beat_rest + data).split(b"\n")
                self.beats += map(decode_beat, lines)
            else:
                self.output += data.decode(errors="replace")

    def wait_for(self, found: Callable[[], Any], deadline_s: float = DEADLINE_S) -> Any:
        """The first true value of `found`. Fails with all that was said where there is none in time."""
        until = time.monotonic() + deadline_s
        while not (value := found()):
            if time.monotonic() > until or not self._open:
                pytest.fail(f"waited in vain; {self.messages[-5:]}\n{self.output}")
            self.pump(0.1)
        return value

    def wait_message(self, kind: type[M], deadline_s: float = DEADLINE_S) -> M:
        def found() -> M | None:
            return next((each for each in self.messages if isinstance(each, kind)), None)

        value: M = self.wait_for(found, deadline_s)
        return value

    def wait_end(self, deadline_s: float = DEADLINE_S) -> int:
        """Read to the end of the process; its return code."""
        until = time.monotonic() + deadline_s
        while self._open and time.monotonic() < until:
            self.pump(0.1)
            if self.process.poll() is not None and not select.select(list(self._open), [], [], 0)[0]:
                break
        return self.process.wait(max(0.1, until - time.monotonic()))

    def run(self, asked: Configure, *, until: Callable[[EngineProcess], Any] | None = None) -> EngineProcess:
        """Load, start, and read to the end; with `until`, stop when it is true."""
        self.send(asked)
        self.wait_for(lambda: any(isinstance(each, (Loaded, Fault)) for each in self.messages))
        # One that only looks leaves by itself, and may be gone.
        if not self.faults and asked.mode != "inspect":
            self.send(Start())
            if until is not None:
                self.wait_for(lambda: until(self))
                self.send(Stop())
        self.wait_end()
        return self

    def all(self, kind: type[M]) -> list[M]:
        return [each for each in self.messages if isinstance(each, kind)]

    @property
    def faults(self) -> list[Fault]:
        return self.all(Fault)

    @property
    def fault(self) -> str:
        assert len(self.faults) == 1, (self.messages[-3:], self.output)
        return self.faults[0].text

    @property
    def ended(self) -> Ended:
        assert isinstance(self.messages[-1], Ended), (self.messages[-3:], self.output)
        return self.messages[-1]

    @property
    def logged(self) -> str:
        return "\n".join(each.text for each in self.all(Logged))

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """Succeeded and failed by request name."""
        counts: dict[str, tuple[int, int]] = {}
        for ticked in self.all(Ticked):
            for delta in ticked.tick.requests:
                ok, failed = counts.get(delta.name, (0, 0))
                counts[delta.name] = ok + delta.succeeded, failed + delta.failed
        return counts

    def check_accounting(self) -> None:
        """started == succeeded + failed + abandoned + local errors + in flight, at every tick."""
        started = over = 0
        for ticked in self.all(Ticked):
            tick = ticked.tick
            started += tick.started
            over += tick.abandoned + sum(delta.requests for delta in tick.requests)
            over += sum(error.count for error in tick.local_errors)
            assert started == over + tick.in_flight, tick

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.socket.close()
        os.close(self.beats_fd)
        assert self.process.stdout is not None
        self.process.stdout.close()


class StartEngine(Protocol):
    def __call__(
        self, *, python: list[str] | None = None, buffer_bytes: int | None = None, **environment: str
    ) -> EngineProcess: ...


@contextmanager
def engines_in(folder: Path) -> Iterator[StartEngine]:
    engines: list[EngineProcess] = []

    def start(*, python: list[str] | None = None, buffer_bytes: int | None = None, **environment: str) -> EngineProcess:
        engine = EngineProcess(folder, python or [sys.executable], {**os.environ, **environment}, buffer_bytes)
        engines.append(engine)
        return engine

    try:
        yield start
    finally:
        for engine in engines:
            engine.close()


@pytest.fixture
def start_engine(tmp_path: Path) -> Iterator[StartEngine]:
    with engines_in(tmp_path) as start:
        yield start


@pytest.fixture
def engine(start_engine: StartEngine) -> EngineProcess:
    return start_engine()


class Target:
    """A small HTTP server in threads of the test process, which counts requests by path and connections.

    /hang never answers; /status/N answers N; /slow/MS waits so long; /cut closes without an answer; /reset-in-body
    does so in the middle of a body that ends with the connection; /redirect goes to /; /lines is a body of three
    lines; anything else answers "ok".
    """

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.connections = 0
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        buffered = b""
        with connection:
            while not self._over.is_set():
                while b"\r\n\r\n" not in buffered:
                    try:
                        data = connection.recv(1 << 16)
                    except OSError:
                        return
                    if not data:
                        return
                    buffered += data
                head, _, buffered = buffered.partition(b"\r\n\r\n")
                path = head.split(b" ")[1].decode()
                self.requests[path] += 1
                lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-l")]
                body_bytes = int(lengths[0]) if lengths else 0
                while len(buffered) < body_bytes:
                    if not (data := connection.recv(1 << 16)):
                        return
                    buffered += data
                buffered = buffered[body_bytes:]
                answer = self._answer(path.partition("?")[0])
                if answer is None:
                    return
                try:
                    connection.sendall(answer)
                except OSError:
                    return
                if path == "/reset-in-body":
                    self._over.wait(RESET_AFTER_S)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    return

    def _answer(self, path: str) -> bytes | None:
        status, headers, body = "200 OK", "", b"ok"
        if path == "/hang":
            self._over.wait()
            return None
        if path == "/cut":
            return None
        if path == "/reset-in-body":
            return b"HTTP/1.1 200 OK\r\n\r\nhalf a bo"
        if path == "/redirect":
            status, headers = "302 Found", "Location: /\r\n"
        elif path == "/lines":
            body = b"one\ntwo\nthree"
        elif path.startswith("/status/"):
            status = f"{path.rpartition('/')[2]} Whatever"
        elif path.startswith("/slow/"):
            self._over.wait(int(path.rpartition("/")[2]) / 1000)
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        return head.encode() + body

    def close(self) -> None:
        self._over.set()
        self._listener.close()


@pytest.fixture
def target() -> Iterator[Target]:
    server = Target()
    yield server
    server.close()


def locustfile_writer(folder: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = folder / "locustfile.py"
        path.write_text("from locust import *\n" + text)
        return path

    return write


@pytest.fixture
def locustfile(tmp_path: Path) -> Callable[[str], Path]:
    """Write a locustfile, and return its path."""
    return locustfile_writer(tmp_path)


class Place(NamedTuple):
    """What a test gets as fixtures, for one of several checks side by side."""

    folder: Path
    start_engine: StartEngine
    target: Target
    locustfile: Callable[[str], Path]


def check_in_places(folder: Path, *checks: Callable[[Place], None], at_a_time: int = 2) -> None:
    """Do all `checks` side by side, each in a place of its own: most of a run is waiting."""

    def do(check: Callable[[Place], None]) -> None:
        place = folder / check.__name__
        place.mkdir()
        target = Target()
        try:
            with engines_in(place) as start:
                check(Place(place, start, target, locustfile_writer(place)))
        finally:
            target.close()

    at_once({check.__name__: partial(do, check) for check in checks}, at_a_time)


EngineCheck = Callable[[Any, Any, Any, Any], None]


def check_engines(folder: Path, *checks: EngineCheck) -> None:
    """As `check_in_places`, for checks that take what the fixtures engine, target, locustfile and configure are."""

    def in_place(check: EngineCheck) -> Callable[[Place], None]:
        @wraps(check)
        def do(place: Place) -> None:
            check(place.start_engine(), place.target, place.locustfile, configure)

        return do

    check_in_places(folder, *map(in_place, checks))


@pytest.fixture(name="configure")
def configure_fixture() -> Callable[..., Configure]:
    return configure
