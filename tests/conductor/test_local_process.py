"""The process behind a local port: the right one, with its children, also after a restart."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from perftui.conductor import local_process
from perftui.conductor.local_process import LocalProcess
from perftui.conductor.target_source import UnreadableError
from tests.fakes.waiting import wait_until

# Listens on an address and accepts in a forked child, as prefork servers do; the child takes memory and works.
PREFORK = """
import os, socket, sys
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
child = os.fork()
if child == 0:
    ballast = bytearray(b"x") * (64 << 20)
    print(listener.getsockname()[1], flush=True)
    listener.settimeout(0.001)
    accepted = []
    while os.getppid() != 1:
        try:
            accepted.append(listener.accept()[0])
        except TimeoutError:
            sum(range(200_000))
else:
    sys.stdin.read()
    os.kill(child, 9)
"""


@contextmanager
def talking(program: str, *arguments: object) -> Iterator[tuple[int, int]]:
    """A Python `program` that says a number and goes on until its stdin ends; its process id and that number."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield process.pid, int(process.stdout.readline())
        finally:
            process.communicate()


def behind(port: int, host: str = "127.0.0.1") -> LocalProcess:
    found = LocalProcess.behind(f"http://{host}:{port}/api")
    assert found is not None
    return found


async def wait_until_read(process: LocalProcess, connections: int) -> None:
    async with asyncio.timeout(10):
        while (await process.read()).open_connections != connections:
            pass


@pytest.mark.parametrize(("address", "host"), [("127.0.0.1", "localhost"), ("0.0.0.0", "127.0.0.1")])
async def test_a_server_and_its_workers_are_one_target(address: str, host: str) -> None:
    with talking(PREFORK, address, 0) as (pid, port), ExitStack() as clients:
        process = behind(port, host)
        first = await process.read()
        assert first.cpu_percent is None
        assert first.memory_bytes is not None
        assert first.memory_bytes > 64 << 20
        (worker,) = psutil.Process(pid).children()
        used_s = worker.cpu_times().user
        await wait_until(lambda: worker.cpu_times().user > used_s + 0.1, "some work")
        later = await process.read()
        assert later.cpu_percent is not None
        assert 0 < later.cpu_percent < 100 * (psutil.cpu_count() or 1)
        for _ in range(5):
            clients.enter_context(socket.create_connection(("127.0.0.1", port)))
        await wait_until_read(process, connections=5)


async def test_another_server_on_the_same_port_of_another_address_is_not_the_target() -> None:
    with talking(PREFORK, "127.0.0.1", 0) as (pid, port), socket.create_server(("127.0.0.2", port)):
        forked, own = await behind(port).read(), await behind(port, "127.0.0.2").read()
        family = [psutil.Process(pid), *psutil.Process(pid).children()]
        memory_bytes = sum(process.memory_info().rss for process in family)
    assert forked.memory_bytes == pytest.approx(memory_bytes, rel=0.1)
    assert own.memory_bytes == pytest.approx(psutil.Process().memory_info().rss, rel=0.1)


async def test_a_restart_costs_no_more_than_the_reading_in_between() -> None:
    with talking(PREFORK, "127.0.0.1", 0) as (_, port):
        process = behind(port)
        assert (await process.read()).memory_bytes
    with pytest.raises(UnreadableError, match="nothing on this machine listens on"):
        await process.read()
    with talking(PREFORK, "127.0.0.1", port):
        again = await process.read()
        # What the old process had used is no part of it.
        assert (again.cpu_percent, bool(again.memory_bytes)) == (None, True)


async def test_a_target_that_starts_perftui_itself_is_measured_without_it() -> None:
    """As in a test suite whose own process serves: the load is a child of the target then."""
    load = "import sys; x = bytearray(b'x') * (200 << 20); print(1, flush=True); sys.stdin.read()"
    with socket.create_server(("127.0.0.1", 0)) as listener, talking(load):
        sample = await behind(listener.getsockname()[1]).read()
    assert sample.memory_bytes is not None
    assert abs(sample.memory_bytes - psutil.Process().memory_info().rss) < 100 << 20


def listening(pid: int | None) -> list[Any]:
    address = SimpleNamespace(ip="127.0.0.1", port=80)
    return [SimpleNamespace(laddr=address, raddr=(), status=psutil.CONN_LISTEN, pid=pid)]


async def test_a_process_of_another_user_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "net_connections", lambda kind: listening(None))
    with pytest.raises(UnreadableError, match=r"what listens on 127\.0\.0\.1:80 belongs to another user"):
        await behind(80).read()


async def test_what_only_passes_on_is_not_taken_for_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_process, "FORWARDERS", {psutil.Process().name()})
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.raises(UnreadableError, match="which only passes on to the target"),
    ):
        await behind(listener.getsockname()[1]).read()


async def test_a_system_that_shows_only_ones_own_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(kind: str) -> Any:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", denied)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert (await behind(listener.getsockname()[1]).read()).memory_bytes


@pytest.mark.parametrize(
    ("url", "is_local"),
    [
        ("http://localhost", True),
        ("http://user:secret@127.8.8.8:9/x", True),
        ("https://[::1]:9", True),
        ("http://shop.localhost:9", True),
        ("http://shop.test:9", False),
        ("http://192.168.0.1:9", False),
        ("http://localhost:99999", False),
        ("http://[", False),
    ],
)
def test_which_targets_are_on_this_machine(url: str, is_local: bool) -> None:
    assert (LocalProcess.behind(url) is not None) == is_local
