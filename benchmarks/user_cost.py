"""CPU per request and requests per second of Locust's HTTP users and of LeanHttpUser, and what other tools take.

    python -m benchmarks.user_cost

Users without a wait, each class under Locust's own command with the same task and target, in turn, a few rounds each;
the best round of each counts, because what else the machine does only takes away. The target has a process and a core
of its own, and counts the requests; CPU is the process's own over the middle of the run. Trust the ratios inside one
run. Memory per user is that of the process with many users against the one with one user, in the same runs.

hey, wrk and k9 get the first case on the same core, where they are installed. What each does less than a user of Locust
stands beside it.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks._engine import asked, run_engine
from benchmarks._http_target import HttpTarget, http_target
from perftui.model.tick import Tick

ROUNDS = 2
SETTLED_S, MEASURED_S = 0.5, 3.0
SPAWN_RATE = 1_000.0
FAST, LEAN = "FastHttpUser", "LeanHttpUser"
MODULES = {"HttpUser": "locust", FAST: "locust", LEAN: "perftui.users"}

LOCUSTFILE = """
from locust import constant, events, task
from {module} import {base}
class BenchUser({base}):
    host = "{host}"
    insecure = True
    wait_time = constant(0)
    def on_start(self):
        {first}
    @task
    def one(self):
        {call}
@events.spawning_complete.add_listener
def on_spawned(user_count, **_):
    print("spawned", flush=True)
"""


@dataclass(frozen=True, slots=True)
class Case:
    title: str
    most_cpu: float
    least_rps: float | None = None
    call: str = 'self.client.get("/small")'
    first: str = "pass"
    users: int = 50
    bases: tuple[str, ...] = (FAST, LEAN)
    tls: bool = False


_ORDER = 'json={"item": 17, "count": 2, "note": "by the door"}'
_LOGIN = 'self.client.get("/login")'
FIRST = Case("GET, keep-alive, small body", 0.25, 3.5, bases=("HttpUser", FAST, LEAN))
CASES = (
    FIRST,
    Case(
        "POST json, cookies sent, 10 kB gzip", 0.35, call=f'self.client.post("/items", {_ORDER}).content', first=_LOGIN
    ),
    Case(
        "the same, a cookie set each time", 0.35, call=f'self.client.post("/renewed", {_ORDER}).content', first=_LOGIN
    ),
    Case("1 MB response", 1.0, call='self.client.get("/large").content'),
    Case("TLS, keep-alive", 0.4, tls=True),
    Case("new connection each request", 0.8, call='self.client.get("/new")'),
)
USER_COUNTS = (1, 1_000, 5_000)
# Pipes, sockets to come and Locust's own.
FILES_BESIDE = 200

K9_PLAN = "flows: {{default: [{{request: {{url: '{url}/small'}}}}]}}\n"
K9_SCRIPT = 'import k9\nasync def default():\n    await k9.http.get("{url}/small")\n'


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    command: tuple[str, ...]
    does_less: str


TOOLS = (
    Tool(
        "hey",
        ("hey", "-cpus", "1", "-c", "50", "-z", "60s", "{url}/small"),
        "the same request each time: no code, no cookies, no names",
    ),
    Tool(
        "wrk", ("wrk", "-t1", "-c50", "-d60s", "{url}/small"), "the same bytes each time: no code, no cookies, no names"
    ),
    Tool(
        "k9, a plan",
        ("k9", "run", "-q", "-u", "50", "-d", "60s", "{folder}/plan.yaml"),
        "no code of the user's runs; nobody is told of a request",
    ),
    Tool(
        "k9, a script",
        ("k9", "run", "-q", "-u", "50", "-d", "60s", "{folder}/script.py"),
        "code in Python, HTTP in Rust; nobody is told of a request",
    ),
)


class Cost(NamedTuple):
    us_per_request: float
    rps: float
    rss_bytes: int


class Moment(NamedTuple):
    at_s: float
    cpu_s: float
    served: int
    rss_bytes: int


def moment(pid: int, target: HttpTarget) -> Moment:
    process = psutil.Process(pid)
    times = process.cpu_times()
    return Moment(time.monotonic(), times.user + times.system, target.served(), process.memory_info().rss)


def between(first: Moment, last: Moment) -> Cost:
    requests = last.served - first.served
    if not requests:
        raise SystemExit("nothing was sent in the middle of a run")
    return Cost((last.cpu_s - first.cpu_s) / requests * 1e6, requests / (last.at_s - first.at_s), last.rss_bytes)


def middle(pid: int, target: HttpTarget) -> Cost:
    time.sleep(SETTLED_S)
    first = moment(pid, target)
    time.sleep(MEASURED_S)
    return between(first, moment(pid, target))


def of_locust(locustfile: Path, users: int, target: HttpTarget) -> Cost:
    """One run of Locust's own command. Raises SystemExit where a request failed."""
    command = (sys.executable, "-m", "locust", "-f", str(locustfile), "--headless", "--only-summary")
    process = subprocess.Popen(
        (*command, "-u", str(users), "-r", f"{SPAWN_RATE:g}"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = []
    while (line := process.stdout.readline()) not in ("", "spawned\n"):
        said.append(line)
    cost = middle(process.pid, target) if line else None
    process.send_signal(signal.SIGTERM)
    said.append(process.communicate()[0])
    if cost is None or process.returncode:
        raise SystemExit("".join(said))
    return cost


def of_engine(locustfile: Path, users: int, target: HttpTarget) -> Cost:
    from_s, to_s = 1, 1 + round(MEASURED_S)
    moments: list[Moment] = []

    def on_tick(tick: Tick, pid: int) -> None:
        if round(tick.elapsed_s) in (from_s, to_s):
            moments.append(moment(pid, target))

    run_engine(asked(locustfile, target.url, users, SPAWN_RATE, to_s + 1.0), on_tick)
    return between(moments[0], moments[-1])


def of_tool(command: Sequence[str], target: HttpTarget) -> Cost:
    served = target.served()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while target.served() < served + 1_000 and process.poll() is None:
            time.sleep(0.05)
        return middle(process.pid, target)
    finally:
        process.kill()
        process.wait()


def best_of(
    case: Case, folder: Path, target: HttpTarget, measure: Callable[[Path, int, HttpTarget], Cost] = of_locust
) -> dict[str, Cost]:
    """By user class; the classes in turn."""
    rounds: dict[str, list[Cost]] = {base: [] for base in case.bases}
    host = target.tls_url if case.tls else target.url
    for _ in range(ROUNDS):
        for base in case.bases:
            locustfile = folder / f"{base.lower()}.py"
            locustfile.write_text(
                LOCUSTFILE.format(module=MODULES[base], base=base, host=host, first=case.first, call=case.call)
            )
            rounds[base].append(measure(locustfile, case.users, target))
    return {base: best(costs) for base, costs in rounds.items()}


def best(costs: Sequence[Cost]) -> Cost:
    cpu, rps, rss = zip(*costs, strict=True)
    return Cost(min(cpu), max(rps), min(rss))


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder, http_target(core=cores[0]) as target:
        os.sched_setaffinity(0, set(cores[1:]) or set(cores))
        try:
            _measure(Path(folder), target, hard)
        finally:
            os.sched_setaffinity(0, set(cores))
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _measure(folder: Path, target: HttpTarget, files: int) -> None:
    print(f"us/request and rps; target: {target.name}; {MEASURED_S:g} s of each, {ROUNDS} rounds in turn, best of them")
    print(f"{'':<38} {'HttpUser':>16} {FAST:>16} {LEAN:>16} {'CPU ratio':>16} {'rps ratio':>18}")
    for case in CASES:
        _print(case.title, case, best_of(case, folder, target))
    _print("the first under perftui's engine", FIRST, best_of(FIRST, folder, target, of_engine))

    one: dict[str, Cost] = {}
    memory: list[tuple[int, float, float]] = []
    for users in USER_COUNTS:
        case = Case(f"the first, users: {users:,}", FIRST.most_cpu, FIRST.least_rps, users=users)
        if users + FILES_BESIDE > files:
            print(f"{case.title:<38} left out: a process may open only {files:,} files (ulimit -n)")
            continue
        costs = best_of(case, folder, target)
        _print(case.title, case, costs)
        one = one or costs
        if users > 1:
            fast, lean = ((costs[base].rss_bytes - one[base].rss_bytes) / (users - 1) for base in (FAST, LEAN))
            memory.append((users, fast, lean))

    print(f"kB for each user more, under load{'':<22} {FAST:>16} {LEAN:>16} {'ratio':>16}")
    for users, fast, lean in memory:
        print(f"{f'users: {users:,}':<55} {fast / 1e3:>16.1f} {lean / 1e3:>16.1f} {f'{lean / fast:.2f} (<= 1)':>16}")

    (folder / "plan.yaml").write_text(K9_PLAN.format(url=target.url))
    (folder / "script.py").write_text(K9_SCRIPT.format(url=target.url))
    print("other tools on the first case")
    for tool in TOOLS:
        # Where the environment of this Python brings one, it is taken from there.
        program = shutil.which(tool.command[0], path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        if program is None:
            print(f"{tool.name:<38} is not installed")
            continue
        command = [part.format(url=target.url, folder=folder) for part in tool.command[1:]]
        cost = best([of_tool((program, *command), target) for _ in range(ROUNDS)])
        print(f"{tool.name:<38} {_cost(cost):>16}  {tool.does_less}", flush=True)


def _print(title: str, case: Case, costs: dict[str, Cost]) -> None:
    fast, lean = costs[FAST], costs[LEAN]
    cpu = f"{lean.us_per_request / fast.us_per_request:.3f} (<= {case.most_cpu:g})"
    rps = f"{lean.rps / fast.rps:.2f}" + (f" (>= {case.least_rps:g})" if case.least_rps else "")
    columns = (_cost(costs[base]) if base in costs else "" for base in MODULES)
    print(f"{title:<38} {' '.join(f'{column:>16}' for column in columns)} {cpu:>16} {rps:>18}", flush=True)


def _cost(cost: Cost) -> str:
    return f"{cost.us_per_request:.1f} {cost.rps:>7,.0f}"


if __name__ == "__main__":
    main()
