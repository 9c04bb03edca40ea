"""The target's process, where it runs on this machine: found by the port on which it listens."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psutil

from perftui.conductor.target_source import UnreadableError
from perftui.model.tick import TargetSample

# They hold a port for somebody else: what they use says nothing of the target.
FORWARDERS = frozenset(
    (
        "com.docker.backend",
        "docker-proxy",
        "kubectl",
        "launchd",
        "pasta",
        "rootlessport",
        "slirp4netns",
        "socat",
        "ssh",
        "sshd",
        "systemd",
    )
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Process id and start time: an id alone may be given again.
_CpuTimes = dict[tuple[int, float], float]


@dataclass(frozen=True, slots=True)
class _Socket:
    """On the port of the target. `pid` None: of a process that this user may not see."""

    address: Address
    remote: tuple[str, int] | None
    status: str
    pid: int | None


@dataclass(frozen=True, slots=True)
class _Used:
    cpu_s: _CpuTimes
    memory_bytes: int
    read_s: float


class LocalProcess:
    """All processes that listen on one port of `addresses`, and their children: a server may fork its workers.

    They are found anew for each reading, so that a restart costs no more than the reading in between.
    """

    failing = "the target's process cannot be read"

    def __init__(self, addresses: frozenset[Address], port: int, shown: str) -> None:
        """`shown` is the address as people know it."""
        self._addresses = addresses
        self._port = port
        self._shown = shown
        self._before: _Used | None = None
        self._roots: set[int] = set()

    @classmethod
    def behind(cls, url: str) -> LocalProcess | None:
        """None where `url` leads away from this machine, or nowhere."""
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            addresses = _loopback_addresses(parts.hostname or "")
        except ValueError:
            return None
        return cls(addresses, port, f"{parts.hostname}:{port}") if addresses else None

    async def read(self) -> TargetSample:
        return await asyncio.to_thread(self._read)

    async def close(self) -> None:
        """Nothing is held open."""

    def _read(self) -> TargetSample:
        sockets = _sockets(self._port)
        pids = self._family(self._listeners(sockets))
        used = self._used(pids)
        before, self._before = self._before, used
        # A socket that processes share is one connection.
        connections = {
            (each.address, each.remote)
            for each in sockets
            if each.status == psutil.CONN_ESTABLISHED and each.pid in pids
        }
        return TargetSample(_percent(before, used), used.memory_bytes, len(connections))

    def _listeners(self, sockets: Iterable[_Socket]) -> set[int]:
        listening = [each for each in sockets if each.status == psutil.CONN_LISTEN]
        found = [each.pid for each in listening if each.address in self._addresses]
        # The system prefers who listens on the very address.
        found = found or [each.pid for each in listening if each.address.is_unspecified]
        if not found:
            raise UnreadableError(f"nothing on this machine listens on {self._shown}, as far as can be seen from here")
        pids = {pid for pid in found if pid is not None}
        if not pids:
            raise UnreadableError(f"what listens on {self._shown} belongs to another user")
        return pids

    def _family(self, listeners: set[int]) -> set[int]:
        """`listeners` with all that they forked, and were forked from.

        Of processes that share a listening socket the system's list names one.
        """
        family = _with_children(self._roots)
        if not listeners <= family:
            self._roots = {self._root_of(pid) for pid in listeners}
            family = _with_children(self._roots)
        # A test suite may serve the target itself, and perftui be its child: then the load is no part of the target.
        ours = _with_children({os.getpid()})
        return listeners | self._roots | (family - ours)

    def _root_of(self, pid: int) -> int:
        """The oldest ancestor of `pid` up to which all hold the port. Raises UnreadableError for a forwarder."""
        root = pid
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if process.name() in FORWARDERS:
                raise UnreadableError(f"on {self._shown} listens {process.name()}, which only passes on to the target")
            while (parent := process.parent()) and parent.name() not in FORWARDERS and self._is_held_by(parent):
                process, root = parent, parent.pid
        return root

    def _is_held_by(self, process: psutil.Process) -> bool:
        sockets = _on_port(self._port, [(each, process.pid) for each in process.net_connections("tcp")])
        return any(
            each.status == psutil.CONN_LISTEN and (each.address in self._addresses or each.address.is_unspecified)
            for each in sockets
        )

    def _used(self, pids: set[int]) -> _Used:
        """Raises UnreadableError where one of `pids` may not be looked at, or all have just ended."""
        cpu_s: _CpuTimes = {}
        memory_bytes = 0
        for pid in pids:
            try:
                process = psutil.Process(pid)
                with process.oneshot():
                    times = process.cpu_times()
                    memory_bytes += process.memory_info().rss
                    cpu_s[pid, process.create_time()] = times.user + times.system
            except psutil.NoSuchProcess:
                continue  # ended a moment ago
            except psutil.AccessDenied:
                raise UnreadableError(f"what listens on {self._shown} belongs to another user") from None
        if not cpu_s:
            raise UnreadableError(f"what listened on {self._shown} has ended")
        return _Used(cpu_s, memory_bytes, time.monotonic())


def _loopback_addresses(host: str) -> frozenset[Address]:
    """Empty where `host` is no loopback."""
    if host == "localhost" or host.endswith(".localhost"):
        return frozenset({ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")})
    try:
        address = _address(host)
    except ValueError:
        return frozenset()
    return frozenset({address}) if address.is_loopback else frozenset()


def _address(text: str) -> Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _sockets(port: int) -> list[_Socket]:
    """The TCP sockets of this machine whose own port is `port`."""
    try:
        found: list[tuple[Any, int | None]] = [(each, each.pid) for each in psutil.net_connections("tcp")]
    except psutil.AccessDenied:
        found = list(_sockets_of_own_processes())
    return _on_port(port, found)


def _on_port(port: int, found: Iterable[tuple[Any, int | None]]) -> list[_Socket]:
    return [
        _Socket(_address(each.laddr.ip), tuple(each.raddr) or None, each.status, pid)
        for each, pid in found
        if each.laddr and each.laddr.port == port
    ]


def _sockets_of_own_processes() -> Iterator[tuple[Any, int]]:
    """macOS shows only one's own processes, and each by itself."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            for each in process.net_connections("tcp"):
                yield each, process.pid


def _with_children(pids: Iterable[int]) -> set[int]:
    """`pids` with all their descendants, without those that have ended."""
    family: set[int] = set()
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            family |= {pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))}
    return family


def _percent(before: _Used | None, now: _Used) -> float | None:
    """100 for one busy core; None where no process is the same as before. A new child began in between."""
    if before is None or not before.cpu_s.keys() & now.cpu_s.keys():
        return None
    used_s = sum(used - before.cpu_s.get(process, 0.0) for process, used in now.cpu_s.items())
    return used_s / (now.read_s - before.read_s) * 100
