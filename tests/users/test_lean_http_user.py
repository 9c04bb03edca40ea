"""Users in a run of Locust's own: however they end, nothing of theirs stays open."""

from __future__ import annotations

import gc
from collections import Counter
from typing import Any

import gevent.event
from locust import constant, task
from locust.env import Environment

from perftui.users import LeanHttpUser
from tests.users.in_process import Peer, ScriptedServer, open_sockets

USERS = 50
PLACES = ("idle", "nothing", "head", "body", "sending", "stream", "between lines", "a stream that is held")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n"


class EndingUser(LeanHttpUser):
    """Each is at another place of its requests when the run ends."""

    abstract = True
    wait_time = constant(0)
    places: Counter[str]
    held: Any = None

    @task
    def ask(self) -> None:
        self.client.get("/idle")
        place = PLACES[sum(self.places.values()) % len(PLACES)]
        self.places[place] += 1
        if place == "sending":
            self.client.post("/sending", data=b"x" * 20_000_000)
        elif place == "stream":
            [*self.client.iter_lines("/lines")]
        elif place == "between lines":
            for _ in self.client.iter_lines("/lines"):
                gevent.event.Event().wait()
        elif place == "a stream that is held":
            self.held = self.client.get("/lines", stream=True)
        elif place != "idle":
            self.client.get(f"/{place}")
        gevent.event.Event().wait()

    def on_stop(self) -> None:
        self.client.get("/idle")
        self.places["ended"] += 1


def test_users_that_are_stopped_in_the_middle_leave_nothing_open() -> None:
    """With no help of Python's garbage collection."""
    is_over = gevent.event.Event()
    reached: list[bytes] = []

    def play(peer: Peer) -> None:
        while True:
            peer.first_byte()
            if peer.has_begun(b"POST"):
                reached.append(b"POST")
                is_over.wait()  # and nothing is taken until then
                return
            request = peer.request()
            if b" /idle " in request:
                peer.send(HEAD.replace(b"10", b"0") + b"\r\n")
                continue
            reached.append(request)
            peer.send(
                {b"/body": HEAD + b"\r\nhalf", b"/lines": HEAD + b"\r\none\ntwo", b"/head": HEAD}.get(
                    request.split()[1], b""
                )
            )

    gc.disable()
    try:
        with ScriptedServer(*[play] * 4 * USERS) as server:
            before = open_sockets()
            places: Counter[str] = Counter()
            user_class = type("SomeUser", (EndingUser,), {"places": places})
            environment = Environment(user_classes=[user_class], host=server.url)
            runner = environment.create_local_runner()
            runner.start(USERS, spawn_rate=1000)
            server.wait_until(lambda: places.total() == USERS and len(reached) == USERS - places["idle"])
            assert min(places[place] for place in PLACES) >= USERS // len(PLACES)
            assert server.open == USERS
            runner.quit()
            is_over.set()
            server.wait_for_open(0)
            assert places["ended"] == USERS
            assert open_sockets() == before
    finally:
        gc.enable()
