"""A master with load workers, each a real process on loopback, as the conductor starts them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from perftui.model.tick import LoadWorkerSample, Tick
from perftui.wire.messages import (
    Configure,
    Loaded,
    MasterSettings,
    Start,
    Ticked,
    WorkerNews,
    WorkerSettings,
)

# What the workers of the run itself know.
SECRET = "a-secret-of-this-run"


class RunningFleet:
    """`master` and `workers` are EngineProcesses; `stock` are Locust's own worker processes, with what they print."""

    def __init__(self, start_engine: Callable[..., Any], folder: Path) -> None:
        self._start_engine = start_engine
        self.folder = folder
        self.workers: list[Any] = []
        self.stock: list[subprocess.Popen[str]] = []

    def begin(self, asked: Configure, workers: int) -> None:
        """Load everything; the load starts with `start`."""
        self.master = self._start_engine()
        self.master.send(replace(asked, master=MasterSettings("127.0.0.1", 0, SECRET)))
        self.port = self.master.wait_message(Loaded).master_port
        for _ in range(workers):
            self.join(asked)
        if workers:
            self.wait_workers(workers)

    def join(self, asked: Configure, *, is_local: bool = True) -> Any:
        worker = self._start_engine()
        name = f"local-{len(self.workers) + 1}" if is_local else ""
        settings = WorkerSettings("127.0.0.1", self.port, is_local, name, SECRET if is_local else "")
        worker.send(replace(asked, worker=settings))
        self.workers.append(worker)
        return worker

    def join_stock(
        self, *arguments: str, python: Sequence[str] = (sys.executable,), **environment: str
    ) -> subprocess.Popen[str]:
        command = [*python, "-m", "locust", "--worker", "--master-port", str(self.port), *arguments]
        folder = self.folder / f"stock-{len(self.stock)}"
        folder.mkdir()
        with (folder / "output").open("w") as output:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, "TMPDIR": str(folder), **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self.stock.append(process)
        return process

    def said_by_stock(self, index: int = 0) -> str:
        return (self.folder / f"stock-{index}" / "output").read_text()

    def start(self) -> None:
        self.master.send(Start())

    def wait_workers(self, count: int) -> None:
        self.master.wait_for(lambda: self.news and self.news[-1].workers == count)

    def wait_tick(self, is_it: Callable[[Tick], Any], within_s: float = 15.0) -> Tick:
        """The first tick from now on that `is_it`."""
        seen = len(self.ticks)
        found: Tick = self.master.wait_for(
            lambda: next((each for each in self.ticks[seen:] if is_it(each)), None), within_s
        )
        return found

    def wait_news(self, kind: str, within_s: float = 10.0) -> WorkerNews:
        found: WorkerNews = self.master.wait_for(
            lambda: next((each for each in self.news if each.kind == kind), None), within_s
        )
        return found

    def wait_end(self) -> list[int]:
        """Return codes: the master's, then its workers'."""
        codes = [self.master.wait_end(20.0)]
        codes += [each.wait_end(5.0) for each in self.workers]
        return codes + [each.wait(5.0) for each in self.stock]

    @property
    def ticks(self) -> list[Tick]:
        return [each.tick for each in self.master.all(Ticked)]

    @property
    def news(self) -> list[WorkerNews]:
        found: list[WorkerNews] = self.master.all(WorkerNews)
        return found

    @property
    def requests(self) -> int:
        return sum(delta.requests for tick in self.ticks for delta in tick.requests)

    def sample(self, name: str) -> LoadWorkerSample:
        return next(each for each in self.ticks[-1].load_workers if each.name == name)

    def close(self) -> None:
        for process in self.stock:
            if process.poll() is None:
                process.kill()
            process.wait()


def wait_quiet(count: Callable[[], int], for_s: float, within_s: float) -> float:
    """When `count` last changed before it stood still `for_s`, in s from now. Fails after `within_s`."""
    began_s = changed_s = time.monotonic()
    last = count()
    while time.monotonic() - changed_s < for_s:
        assert time.monotonic() - began_s < within_s, "it goes on"
        time.sleep(0.05)
        if count() != last:
            last, changed_s = count(), time.monotonic()
    return changed_s - began_s
