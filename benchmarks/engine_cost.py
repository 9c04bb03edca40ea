"""CPU per request: perftui's engine against `locust --headless --csv`, on the same locustfile and target.

    python benchmarks/engine_cost.py

Both run in turn, several times each, with the target in a process of its own on loopback; the median of each
counts. Trust the ratio inside one run: absolute times depend on the machine and on what else it does.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import perftui
from perftui.wire.framing import FrameReader, encode
from perftui.wire.messages import Configure, Ended, Fault, Loaded, Start, Ticked

RUN_S = 6
ROUNDS = 3
USERS = 10
AIM = 1.05

LOCUSTFILE = """
from locust import {base}, constant, task
class BenchUser({base}):
    wait_time = constant(0)
    @task
    def get(self):
        self.client.get("/")
    @task
    def named(self):
        self.client.get("/?page=1", name="/page")
"""


def serve(listener: socket.socket) -> None:
    """Answer every request on every connection with the same few bytes."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    def talk(connection: socket.socket) -> None:
        with connection:
            try:
                while connection.recv(1 << 14):
                    connection.sendall(answer)
            except OSError:
                return

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=talk, args=(connection,), daemon=True).start()


def cpu_of_children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_locust(locustfile: Path, url: str, python: str) -> tuple[int, float]:
    """Requests and CPU seconds of one run of Locust's own command."""
    prefix = locustfile.with_suffix("")
    load = ("--headless", "--only-summary", "-u", str(USERS), "-r", "100", "-t", f"{RUN_S}s")
    before = cpu_of_children_s()
    subprocess.run(
        [python, "-m", "locust", "-f", locustfile, "-H", url, "--csv", prefix, *load],
        capture_output=True,
        check=True,
    )
    spent_s = cpu_of_children_s() - before
    rows = Path(f"{prefix}_stats.csv").read_text().splitlines()
    return int(rows[-1].split(",")[2]), spent_s


def run_engine(locustfile: Path, url: str, python: str) -> tuple[int, float]:
    """Requests and CPU seconds of one run of the engine, driven as the conductor drives it."""
    ours, theirs = socket.socketpair()
    beats, beats_write = os.pipe()
    bootstrap = Path(perftui.__file__).parent / "engine" / "bootstrap.py"
    before = cpu_of_children_s()
    process = subprocess.Popen(
        [python, str(bootstrap), str(theirs.fileno()), str(beats_write)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(theirs.fileno(), beats_write),
        start_new_session=True,
    )
    theirs.close()
    os.close(beats_write)
    configure = Configure("run", (str(locustfile),), url, USERS, 100.0, float(RUN_S), 0.0, 60.0, 60.0)
    ours.sendall(encode(configure))
    frames, requests, has_ended = FrameReader(), 0, False
    while data := ours.recv(1 << 16):
        for message in frames.feed(data):
            if isinstance(message, Loaded):
                ours.sendall(encode(Start()))
            elif isinstance(message, Ticked):
                requests += sum(delta.requests for delta in message.tick.requests)
            elif isinstance(message, Fault):
                raise SystemExit(message.text)
            has_ended = has_ended or isinstance(message, Ended)
    process.wait()
    ours.close()
    os.close(beats)
    assert has_ended
    return requests, cpu_of_children_s() - before


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    target = multiprocessing.get_context("fork").Process(target=serve, args=(listener,), daemon=True)
    target.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    print(f"{USERS} users, {RUN_S} s, {ROUNDS} rounds each in turn; aim: a ratio of at most {AIM}")
    print(f"{'client':<14} {'Locust us/request':>18} {'engine us/request':>18} {'ratio':>7}")
    with tempfile.TemporaryDirectory() as folder:
        for base in ("FastHttpUser", "HttpUser"):
            locustfile = Path(folder) / f"{base.lower()}.py"
            locustfile.write_text(LOCUSTFILE.format(base=base))
            costs: dict[str, list[float]] = {"locust": [], "engine": []}
            for _ in range(ROUNDS):
                for name, run in (("locust", run_locust), ("engine", run_engine)):
                    requests, cpu_s = run(locustfile, url, sys.executable)
                    costs[name].append(cpu_s / requests * 1e6)
            stock, ours = statistics.median(costs["locust"]), statistics.median(costs["engine"])
            print(f"{base:<14} {stock:>18.1f} {ours:>18.1f} {ours / stock:>7.3f}")
    target.terminate()
    target.join()
    listener.close()


if __name__ == "__main__":
    main()
