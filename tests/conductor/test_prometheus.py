"""What is read of a target's metrics, and what is said of an endpoint that has none."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from perftui.conductor import prometheus
from perftui.conductor.prometheus import MAX_BYTES, PrometheusEndpoint, metrics_address
from perftui.conductor.target_source import UnreadableError
from perftui.model.tick import TargetSample

TEXT = """\
# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total {cpu_s}
process_resident_memory_bytes 3.5e+07
process_start_time_seconds {started}
process_open_fds 99
http_request_duration_seconds_bucket{{path="/a b",le="0.1"}} 7
go_sql_open_connections 25
demo_open_connections{{listener="a"}} 3
demo_open_connections{{listener="b"}} 4
"""


class Server:
    """Answers each GET with what `respond` makes of its path, keeping the connection; None: with silence."""

    def __init__(self, respond: Callable[[str], bytes | None]) -> None:
        self.respond = respond
        self.paths: list[str] = []
        self.heads: list[str] = []
        self.connections = 0
        self.url = ""
        self.tasks: list[asyncio.Task[None]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.tasks.append(task)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.heads.append(head)
                self.paths.append(head.split(" ")[1])
                response = self.respond(self.paths[-1])
                if response is not None:
                    writer.write(response)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client left, or the test is over
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


def answer(body: str | bytes = "", status: int = 200, headers: str = "") -> bytes:
    data = body.encode() if isinstance(body, str) else body
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\n{headers}\r\n".encode() + data


@asynccontextmanager
async def serving(respond: Callable[[str], bytes | None]) -> AsyncIterator[Server]:
    state = Server(respond)
    server = await asyncio.start_server(state.serve, "127.0.0.1", 0)
    state.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield state
    finally:
        server.close()
        for task in state.tasks:
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)


@asynccontextmanager
async def endpoint(url: str, metrics_url: str = "/metrics") -> AsyncIterator[PrometheusEndpoint]:
    source = PrometheusEndpoint(metrics_address(url, metrics_url))
    try:
        yield source
    finally:
        await source.close()


def set_clock(monkeypatch: pytest.MonkeyPatch, server: Server, *times_s: float) -> None:
    """It is so late for the arithmetic when the server has answered once, twice and so on."""
    clock = SimpleNamespace(monotonic=lambda: times_s[max(0, len(server.paths) - 1)])
    monkeypatch.setattr(prometheus, "time", clock)


async def test_processor_memory_and_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = [TEXT.format(cpu_s=cpu_s, started=started) for cpu_s, started in ((5, 1), (5.5, 1), (0.25, 2), (0.5, 2))]
    async with serving(lambda _: answer(bodies.pop(0))) as server, endpoint(server.url) as source:
        set_clock(monkeypatch, server, 10, 12, 13, 14)
        read = [await source.read() for _ in range(4)]
    assert read[0] == TargetSample(None, 35_000_000, 7)
    # Half a second of processor time in two; then a restart, after which nothing can be said at first.
    assert [sample.cpu_percent for sample in read] == [None, 25.0, None, 25.0]
    assert (server.paths, server.connections) == (["/metrics"] * 4, 1)


@pytest.mark.parametrize(
    ("started", "percents"),
    [("", [None, None, None, 10_000]), ("process_start_time_seconds 1", [None, 40_000, None, 10_000])],
)
async def test_two_processes_that_answer_in_turn_are_no_load(
    started: str, percents: list[float | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [f"process_cpu_seconds_total {cpu_s}\n{started}" for cpu_s in (100, 500, 100, 200)]
    async with serving(lambda _: answer(bodies.pop(0))) as server, endpoint(server.url) as source:
        set_clock(monkeypatch, server, 10, 11, 12, 13)
        assert [(await source.read()).cpu_percent for _ in range(4)] == percents


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("process_resident_memory_bytes 5", TargetSample(memory_bytes=5)),
        ("process_cpu_seconds_total 5", TargetSample()),
        ("nginx_connections_active 5\nx_open_connections 6", TargetSample(open_connections=5)),
        ("a_open_connections 5\nb_open_connections 6\nprocess_cpu_seconds_total 1", TargetSample()),
        ("process_resident_memory_bytes 1e300\nhttp_open_connections 2", TargetSample(open_connections=2)),
        ("process_resident_memory_bytes NaN\nhttp_open_connections 2", TargetSample(open_connections=2)),
        ("process_resident_memory_bytes -1\nhttp_open_connections 2", TargetSample(open_connections=2)),
        ("  process_resident_memory_bytes 5 1395066363000\r\n\x00\xff<garbage>", TargetSample(memory_bytes=5)),
    ],
)
async def test_what_a_target_may_leave_out(text: str, expected: TargetSample) -> None:
    async with serving(lambda _: answer(text)) as server, endpoint(server.url) as source:
        assert await source.read() == expected


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (answer("<!DOCTYPE html><p>Sign in"), "answered HTML, not Prometheus text"),
        (answer("nothing", 404), "answered 404"),
        (answer("", 401), "answered 401"),
        (answer('{"status": "ok"}'), "has neither process_cpu_seconds_total nor process_resident_memory_bytes nor"),
        (answer("go_sql_open_connections 4"), "has neither"),
        (answer(b"\x1f\x8b\x08\x00 compressed", 200, "Content-Encoding: gzip\r\n"), "has neither"),
        (answer("process_cpu_seconds_total \x1b]0;PWNED\x07"), "answered no Prometheus text"),
        (answer("x 1\n" * (MAX_BYTES // 4 + 1)), "answered more than 1 MB"),
        (answer("", 302, "Location: http://127.0.0.2:9/metrics\r\n"), "redirects to http://127.0.0.2:9/metrics; make"),
        (answer("", 302, "Location: /metrics\r\n"), "redirects more than 3 times"),
        (answer("", 302, "Location: http://[\r\n"), "redirects to http://%5b"),
        (b"\x00\xff no HTTP \x1b]0;PWNED\x07\r\n\r\n", "does not answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx", "does not answer within 0.3 s"),
        (None, "does not answer within 0.3 s"),
    ],
)
async def test_what_is_said_of_an_endpoint_that_is_none(
    response: bytes | None, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prometheus, "READ_TIMEOUT_S", 0.3)
    async with serving(lambda _: response) as server, endpoint(server.url) as source:
        with pytest.raises(UnreadableError) as caught:
            await source.read()
        said = str(caught.value)
        assert said.startswith(f"{server.url}/metrics {why}"), said
        assert said.isprintable()


async def test_nobody_listens() -> None:
    async with endpoint("http://127.0.0.1:1") as source:
        with pytest.raises(UnreadableError, match=r"does not answer: .*Connection refused"):
            await source.read()


def test_a_name_that_is_not_looked_up_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    lookups: list[str] = []
    given_up: list[str] = []

    def hang(host: str, *_: Any, **__: Any) -> None:
        lookups.append(host)
        if not over.wait(5):
            given_up.append(host)
        raise socket.gaierror("no such name")

    async def read() -> str:
        # With one thread whoever takes it is missed.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        async with endpoint("http://metrics.test") as source:
            for _ in range(3):
                with pytest.raises(UnreadableError, match="does not answer within"):
                    await source.read()
            return await asyncio.to_thread(lambda: "exported")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setattr(prometheus, "READ_TIMEOUT_S", 0.05)
    exported = asyncio.run(read())
    over.set()
    assert (exported, lookups, given_up) == ("exported", ["metrics.test"], [])


async def test_a_reading_that_comes_late_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    is_late = threading.Event()
    look_up = socket.getaddrinfo

    def look_up_late(*args: Any, **kwargs: Any) -> Any:
        is_late.wait(5)
        return look_up(*args, **kwargs)

    async with serving(lambda _: answer("process_resident_memory_bytes 5")) as server, endpoint(server.url) as source:
        monkeypatch.setattr(socket, "getaddrinfo", look_up_late)
        monkeypatch.setattr(prometheus, "READ_TIMEOUT_S", 0.05)
        with pytest.raises(UnreadableError):
            await source.read()
        is_late.set()
        monkeypatch.setattr(prometheus, "READ_TIMEOUT_S", 5)
        assert (await source.read()).memory_bytes == 5
    assert server.connections == 1


async def test_an_answer_that_trickles_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for its thread: it has to end by itself."""
    pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b"x"] * 1000]
    left = asyncio.Event()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.02)
        left.set()
        writer.close()

    monkeypatch.setattr(prometheus, "READ_TIMEOUT_S", 0.2)
    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    async with server, endpoint(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as source:
        with pytest.raises(UnreadableError, match=r"does not answer within 0\.2 s"):
            await source.read()
        await asyncio.wait_for(left.wait(), 5)


async def test_the_loop_does_not_wait_for_what_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsers: list[threading.Thread] = []
    parse = text_string_to_metric_families

    def parse_somewhere(text: str) -> Any:
        parsers.append(threading.current_thread())
        return parse(text)

    monkeypatch.setattr(prometheus, "text_string_to_metric_families", parse_somewhere)
    async with serving(lambda _: answer("process_resident_memory_bytes 5")) as server, endpoint(server.url) as source:
        assert (await source.read()).memory_bytes == 5
    assert len(parsers) == 1
    assert threading.current_thread() not in parsers


async def test_a_redirect_on_the_same_server_is_followed_once_and_then_remembered() -> None:
    def respond(path: str) -> bytes:
        if path == "/metrics":
            return answer("", 307, "Location: /metrics/\r\n")
        return answer("process_resident_memory_bytes 5")

    async with serving(respond) as server, endpoint(server.url) as source:
        for _ in range(3):
            assert (await source.read()).memory_bytes == 5
    assert server.paths == ["/metrics", "/metrics/", "/metrics/", "/metrics/"]


async def test_name_and_password_of_the_address_are_sent_and_never_shown() -> None:
    responses = [answer("process_resident_memory_bytes 5"), answer("", 403)]
    async with serving(lambda _: responses.pop(0)) as server:
        url = server.url.replace("//", "//user:CAN%40RY@")
        async with endpoint(url, "/metrics?token=CANARY2") as source:
            await source.read()
            with pytest.raises(UnreadableError) as caught:
                await source.read()
    expected = base64.b64encode(b"user:CAN@RY").decode()
    assert all(f"authorization: basic {expected}".lower() in head.lower() for head in server.heads)
    assert str(caught.value) == f"{server.url}/metrics?token=*** answered 403"


@pytest.mark.parametrize(
    ("metrics_url", "expected"),
    [
        ("/metrics", "http://u:p@shop.test:8000/metrics"),
        ("actuator/prometheus", "http://u:p@shop.test:8000/api/actuator/prometheus"),
        ("http://shop.test:9100/metrics", "http://shop.test:9100/metrics"),
    ],
)
def test_where_the_metrics_are(metrics_url: str, expected: str) -> None:
    assert metrics_address("http://u:p@shop.test:8000/api/", metrics_url) == httpx.URL(expected)


@pytest.mark.parametrize("metrics_url", ["ftp://shop.test/metrics", "http://[", "http://shop.test:99999/m"])
def test_what_is_no_address(metrics_url: str) -> None:
    with pytest.raises(ValueError):
        metrics_address("http://shop.test", metrics_url)
