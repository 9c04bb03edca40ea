"""An engine process, driven as the conductor drives it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

import perftui
from perftui.model.tick import Tick
from perftui.wire.framing import FrameReader, encode
from perftui.wire.messages import Configure, Ended, Fault, Loaded, Start, Ticked

_BOOTSTRAP = Path(perftui.__file__).parent / "engine" / "bootstrap.py"


@dataclass(slots=True)
class EngineRun:
    """What an engine did; `cpu_s` is of its whole life."""

    ticks: list[Tick] = field(default_factory=list)
    cpu_s: float = 0.0

    @property
    def requests(self) -> int:
        return sum(delta.requests for tick in self.ticks for delta in tick.requests)


def run_engine(configure: Configure, on_tick: Callable[[Tick, int], None] = lambda tick, pid: None) -> EngineRun:
    """`on_tick` is told each tick, and the process."""
    ours, theirs = socket.socketpair()
    beats, beats_write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, str(_BOOTSTRAP), str(theirs.fileno()), str(beats_write)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(theirs.fileno(), beats_write),
        start_new_session=True,
    )
    theirs.close()
    os.close(beats_write)
    ours.sendall(encode(configure))
    run, frames, watched = EngineRun(), FrameReader(), psutil.Process(process.pid)
    has_ended = False
    while data := ours.recv(1 << 16):
        for message in frames.feed(data):
            if isinstance(message, Loaded):
                ours.sendall(encode(Start()))
            elif isinstance(message, Ticked):
                run.ticks.append(message.tick)
                on_tick(message.tick, process.pid)
            elif isinstance(message, Fault):
                raise SystemExit(message.text)
            elif isinstance(message, Ended):
                has_ended = True
                times = watched.cpu_times()
                run.cpu_s = times.user + times.system
    process.wait()
    ours.close()
    os.close(beats)
    assert has_ended
    return run


def asked(locustfile: Path, url: str, users: int, spawn_rate: float, run_time_s: float) -> Configure:
    return Configure("run", (str(locustfile),), url, users, spawn_rate, run_time_s, 0.0, 60.0, 60.0)
