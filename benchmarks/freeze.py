"""A target that stands still for 2 s of 12 at 100 requests per second: what response and service times say of it.

The truth is arithmetic (tests/fakes/frozen_truth.py). Aims, for paced users: response p90 to p99.9 within 5 % of the
truth, service p99 under 20 ms. That is what users on a schedule are for: a user sends one request into the freeze, and
those of its next slots after it, so service times hold 10 of 1,200 requests that were late (below 1 %), and response
times all 200. With an arrival rate and users enough each of the 200 has a user and is sent into the freeze: both kinds
of time show it alike, and service p99 is no aim there.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from random import Random

from benchmarks._engine import EngineRun, asked, run_engine
from perftui.model.histogram import Histogram
from perftui.model.tick import Tick
from tests.fakes import frozen_truth
from tests.fakes.fault_server import RunningFaultServer

RUN_S = 12.0
FREEZE_S = 2.0
RATE_PER_S = 100.0
USERS = 10
# Spawned within a tenth of a second, so that their requests are spread evenly.
SPAWN_RATE = 100.0
FREEZE_IN_TICK = 4
PERCENTS = (50.0, 90.0, 95.0, 99.0, 99.9)

_LOCUSTFILE = """
from locust import FastHttpUser, constant_throughput, task
class Visitor(FastHttpUser):
    wait_time = constant_throughput(10)
    @task
    def visit(self): self.client.get("/")
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "locustfile.py"
        path.write_text(_LOCUSTFILE)
        with RunningFaultServer("ok") as server:
            configure = asked(path, server.url, USERS, SPAWN_RATE, RUN_S)
            run = run_engine(configure, lambda tick, _: _freeze(server, tick))
            service_s, random = _median_s(run), Random(2)
            truth = frozen_truth.of_users(
                USERS, RATE_PER_S / USERS, SPAWN_RATE, RUN_S, 4.0, FREEZE_S, service_s, random
            )
            _show(f"{USERS} users with constant_throughput({RATE_PER_S / USERS:g})", run, truth)
        with RunningFaultServer("ok") as server:
            users = round(RATE_PER_S * FREEZE_S * 1.5)
            # The schedule begins when its users are there.
            configure = replace(asked(path, server.url, users, users, RUN_S), rate_per_s=RATE_PER_S, max_users=users)
            run = run_engine(configure, lambda tick, _: _freeze(server, tick))
            truth = frozen_truth.of_arrivals(RATE_PER_S, RUN_S, 4.0, FREEZE_S, _median_s(run))
            _show(f"arrival rate {RATE_PER_S:g}/s, up to {users} users", run, truth)


def _freeze(server: RunningFaultServer, tick: Tick) -> None:
    if tick.seq == FREEZE_IN_TICK:
        server.change(f"frozen={FREEZE_S}")


def _times(run: EngineRun) -> tuple[Histogram, Histogram]:
    response, service = Histogram(), Histogram()
    for delta in (delta for tick in run.ticks for delta in tick.requests):
        response.add(delta.response_times)
        service.add(delta.ok_times)
        service.add(delta.failed_times)
    return response, service


def _median_s(run: EngineRun) -> float:
    return (_times(run)[1].percentiles_ms((50.0,))[0] or 0.0) / 1000


def _show(title: str, run: EngineRun, truth: list[float]) -> None:
    response, service = _times(run)
    print(f"{title}: {response.count} response times of {service.count} requests, {len(truth)} by arithmetic")
    print(f"  {'':8}{'truth ms':>10}{'response':>10}{'error':>9}{'service':>10}")
    measured = zip(PERCENTS, response.percentiles_ms(PERCENTS), service.percentiles_ms(PERCENTS), strict=True)
    for percent, response_ms, service_ms in measured:
        truth_ms = frozen_truth.percentile(truth, percent) * 1000
        error = (response_ms or 0.0) / truth_ms - 1
        print(f"  p{percent:<7g}{truth_ms:>10.1f}{response_ms:>10.1f}{error:>9.1%}{service_ms:>10.1f}")


if __name__ == "__main__":
    main()
