"""A real master in this process, and load workers of which there is nothing but what they say."""

from __future__ import annotations

import random
from argparse import Namespace
from typing import Any

import locust
from locust import User
from locust.env import Environment
from locust.event import Events
from locust.rpc.protocol import Message
from locust.stats import RequestStats

from benchmarks._made_up import USERS, name_of, service_time_ms
from perftui.engine import master
from perftui.engine.clock import RunClock
from perftui.engine.fleet import Fleet
from perftui.engine.health import HealthProbe
from perftui.engine.listener import FRAME
from perftui.model.tick import Tick
from perftui.wire.framing import HEADER, encode
from perftui.wire.messages import VERSION, Ticked, WorkerGreeting
from perftui.wire.messages import Message as WireMessage

# Locust's own users have no types.
BENCH_USER: Any = type("BenchUser", (User,), {"tasks": [lambda user: None]})


def said(client_id: str, message: WireMessage) -> bytes:
    """`message` of a load worker as it stands on the network."""
    return bytes(Message(FRAME, encode(message)[HEADER.size :], client_id).serialize())


def said_of_stats(client_id: str, names: int, requests: int, seed: int) -> bytes:
    """Locust's own statistics of `requests`, as each load worker sends them beside what is said in perftui's words."""
    stats = RequestStats()
    chance = random.Random(seed)
    for number in range(requests):
        stats.log_request("GET", name_of(number % names), service_time_ms(chance), 900)
    data = {
        "stats": stats.serialize_stats(),
        "stats_total": stats.total.get_stripped_report(),
        "errors": stats.serialize_errors(),
        "user_classes_count": {BENCH_USER.__name__: USERS},
        "user_count": USERS,
    }
    return bytes(Message("stats", data, client_id).serialize())


class LedFleet:
    """A master on a free port of loopback; its `workers` have joined."""

    def __init__(self, workers: int) -> None:
        clock = RunClock()
        self._fleet = Fleet(clock, HealthProbe(lambda: None), lambda message: None, locust.__version__)
        environment = Environment(user_classes=[BENCH_USER], events=Events(), parsed_options=Namespace())
        self._runner = master.create(environment, "127.0.0.1", 0, self._fleet, clock)
        self.client_ids = tuple(f"box-{number}_{number:032x}" for number in range(workers))
        for number, client_id in enumerate(self.client_ids):
            self.hear(said(client_id, WorkerGreeting(VERSION, "remote", f"box-{number}", 1)))
            self.hear(bytes(Message("client_ready", locust.__version__, client_id).serialize()))
        clock.begin(0.0)
        self._fleet.begin()

    def hear(self, on_the_network: bytes) -> None:
        """What the master does with a message of a load worker, from when it has been received."""
        message = Message.unserialize(on_the_network)
        self._runner.handle_message(message.node_id, message)

    def take(self, seq: int) -> tuple[Tick, bytes]:
        """The tick of all, and how it goes to the conductor."""
        tick = self._fleet.take(seq, float(seq), 1.0)
        return tick, encode(Ticked(tick))

    def close(self) -> None:
        self._runner.greenlet.kill(block=False)
        self._runner.server.close()
