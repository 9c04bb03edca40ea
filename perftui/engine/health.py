"""How the generator itself is doing: CPU, memory, open files, local ports, and how late gevent's loop is."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from collections.abc import Callable
from time import monotonic, perf_counter

import gevent

from perftui.engine.local_errors import local_port_range
from perftui.model.tick import Health

PROBE_S = 0.010
# A tick that comes late holds at most so many probes.
MAX_PROBES = 2000
WANTED_OPEN_FILES = 65536
# Counting very many open files takes milliseconds, so it is then done less often.
MANY_FILES = 2000
MANY_FILES_EVERY = 10

_PAGE_BYTES = resource.getpagesize()


def raise_open_files_limit() -> None:
    """Each user holds at least one connection; the usual limit of 1,024 is soon reached."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, WANTED_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # Where it is not allowed it stays as it was; the tick shows the limit.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class HealthProbe:
    """Sleeps 10 ms again and again, and notes by how much it overslept."""

    def __init__(self, on_round: Callable[[], None]) -> None:
        self._on_round = on_round
        self._lags_ms: list[float] = []
        self._cpu_s = _cpu_s()
        self._taken_s = monotonic()
        self._open_files = 0
        self._ticks = 0
        self.take_lateness_p99_ms: Callable[[], float] = lambda: 0.0
        """By how much tasks began late since the last call; whoever keeps a schedule sets it."""

    def run(self) -> None:
        while True:
            before_s = perf_counter()
            gevent.sleep(PROBE_S)
            self._on_round()
            if len(self._lags_ms) < MAX_PROBES:
                self._lags_ms.append(max(0.0, perf_counter() - before_s - PROBE_S) * 1000)

    def take(self) -> Health:
        """The health since the last call."""
        now_s, cpu_s = monotonic(), _cpu_s()
        passed_s = max(now_s - self._taken_s, 1e-6)
        cpu_percent = (cpu_s - self._cpu_s) / passed_s * 100
        self._taken_s, self._cpu_s = now_s, cpu_s
        lags_ms, self._lags_ms = sorted(self._lags_ms) or [0.0], []
        ports, ports_limit = count_local_ports()
        return Health(
            cpu_percent=round(cpu_percent, 1),
            rss_bytes=_rss_bytes(),
            hub_lag_p50_ms=lags_ms[(len(lags_ms) - 1) // 2],
            hub_lag_p99_ms=lags_ms[-(-len(lags_ms) * 99 // 100) - 1],
            hub_lag_max_ms=lags_ms[-1],
            open_files=self._count_open_files(),
            open_files_limit=_open_files_limit(),
            lateness_p99_ms=self.take_lateness_p99_ms(),
            local_ports=ports,
            local_ports_limit=ports_limit,
        )

    def _count_open_files(self) -> int:
        self._ticks += 1
        if self._open_files < MANY_FILES or self._ticks % MANY_FILES_EVERY == 0:
            try:
                self._open_files = len(os.listdir("/proc/self/fd" if sys.platform == "linux" else "/dev/fd"))
            except OSError:
                self._open_files = 0
        return self._open_files


def count_local_ports() -> tuple[int, int]:
    """TCP ports in use here and how many outgoing connections may have; 0, 0 where that is not known (not on Linux).

    The kernel keeps these counts; its table of connections would take 10 ms and more to read, in which no user runs. So
    it is the most that can be in use: listeners count, and both ends of a connection within this machine.
    """
    ports = local_port_range()
    if ports is None:
        return 0, 0
    try:
        used = _tcp_sockets("/proc/net/sockstat") + _tcp_sockets("/proc/net/sockstat6")
    except (OSError, ValueError):
        return 0, 0
    limit = ports[1] - ports[0] + 1
    return min(used, limit), limit


def _tcp_sockets(path: str) -> int:
    """Those that are open, and those whose port is not free yet after their end (all of these in the first file)."""
    with open(path, "rb") as file:
        for line in file:
            if line.startswith((b"TCP: ", b"TCP6: ")):
                words = line.split()
                counts = dict(zip(words[1::2], words[2::2], strict=False))
                return int(counts.get(b"inuse", 0)) + int(counts.get(b"tw", 0))
    return 0


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system


def _rss_bytes() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE_BYTES
    except OSError:
        # The peak, in KiB on most systems and in bytes on macOS.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def _open_files_limit() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 0 if soft == resource.RLIM_INFINITY else soft
