"""A user's requests: each gets its own answer, and its credentials go where they belong."""

from __future__ import annotations

import gc
import weakref
from base64 import b64encode
from itertools import pairwise
from types import FunctionType, ModuleType

import gevent.socket
import pytest
from locust import constant, constant_pacing, task
from locust.env import Environment

from benchmarks import echo_tokens
from perftui.users import LeanHttpUser
from tests.users.in_process import OneUser, Peer, ScriptedServer, in_turn

ANN = "Basic " + b64encode(b"ann:secret").decode()
BOB = "Basic " + b64encode(b"bob:hidden").decode()


def credentials(server: ScriptedServer) -> list[str | None]:
    """Of each request that the server saw."""
    found = []
    for request in server.requests:
        lines = dict(line.split(": ", 1) for line in request.decode().split("\r\n")[1:] if ": " in line)
        found.append(lines.get("Authorization"))
    return found


def with_user(url: str, user: str) -> str:
    return url.replace("://", f"://{user}@")


def test_each_answer_carries_the_token_of_its_own_request() -> None:
    """A few thousand times, while users give up and connections break at random; a million in the benchmark."""
    listener = gevent.socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    server = echo_tokens.serve(listener)
    try:
        counts = echo_tokens.ask_all(f"http://127.0.0.1:{listener.getsockname()[1]}", 4000, seed=1)
    finally:
        server.stop()
    assert counts["wrong"] == 0
    # What could go wrong did, now and then.
    assert counts["answered"] + counts["failed"] + counts["cut off"] == 4000
    assert counts["answered"] > 2000
    assert min(counts["cut off"], counts["failed"]) > 10


def test_another_base_url_is_another_place_from_then_on() -> None:
    with ScriptedServer() as first, ScriptedServer() as second, OneUser(first.url) as user:
        for url in (first.url, f"{second.url}/api", first.url):
            user.client.base_url = url
            user.client.get("/x")
        assert (first.targets, second.targets) == (["/x", "/x"], ["/api/x"])
        # Each is kept for its own place.
        assert (first.connections, second.connections) == (1, 1)


def test_credentials_go_to_their_own_place_alone() -> None:
    with (
        ScriptedServer() as own,
        ScriptedServer() as other,
        OneUser(with_user(own.url, "ann:secret"), default_headers={"X": "1"}) as user,
    ):
        user.client.get("/x")
        user.client.get(f"{other.url}/x")
        user.client.get(f"{own.url}/x")
        user.client.get("/x", auth=("bob", "hidden"))
        user.client.post("/x", data=b"body")
        assert credentials(own) == [ANN, ANN, BOB, ANN]
        assert credentials(other) == [None]
        assert all(b"secret" not in request for request in own.requests + other.requests)


def test_credentials_do_not_go_along_to_another_base_url() -> None:
    with ScriptedServer() as own, ScriptedServer() as other, OneUser(with_user(own.url, "ann:secret")) as user:
        for url in (f"{own.url}/api", other.url, with_user(other.url, "bob:hidden"), own.url):
            user.client.base_url = url
            user.client.get("/x")
        user.client.auth_header = "Bearer 1"
        user.client.get("/x")
        user.client.base_url = other.url
        user.client.get("/x")
        assert credentials(own) == [ANN, None, "Bearer 1"]
        assert credentials(other) == [None, BOB, None]


def test_a_location_is_read_without_the_spaces_behind_it() -> None:
    redirect = b"HTTP/1.1 302 Found\r\nLocation: /next \t\r\nContent-Length: 0 \r\n\r\n"
    with (
        ScriptedServer(in_turn(lambda peer: peer.answer(redirect), Peer.answer_all)) as server,
        OneUser(server.url) as user,
    ):
        response = user.client.get("/x")
        assert server.targets == ["/x", "/next"]
        assert response.history[0].headers["Location"] == "/next"


@pytest.mark.parametrize("keeps", [True, False], ids=["constant_pacing", "constant"])
def test_events_tell_the_intended_start_where_the_wait_time_keeps_a_schedule(keeps: bool) -> None:
    """Under plain Locust: of the first request of each task that waited for its time."""
    pause_s = 0.02
    events = []

    class PacedUser(LeanHttpUser):
        wait_time = constant_pacing(pause_s) if keeps else constant(pause_s)

        @task
        def two(self) -> None:
            self.client.get("/first")
            self.client.get("/second")

    with ScriptedServer() as server:
        environment = Environment(user_classes=[PacedUser], host=server.url)
        environment.events.request.add_listener(lambda **event: events.append(event))
        runner = environment.create_local_runner()
        runner.start(1, spawn_rate=100)
        server.wait_until(lambda: len(events) >= 8)
        runner.quit()
    firsts = [event for event in events if event["name"] == "/first"]
    assert not [event for event in events if event["name"] == "/second" and "intended_start_time" in event]
    assert "intended_start_time" not in firsts[0]
    assert ["intended_start_time" in event for event in firsts[1:]] == [keeps] * len(firsts[1:])
    if keeps:
        for event in firsts[1:]:
            # Not before its time, as the user slept until then; how much later is the machine's.
            assert -0.005 < event["start_time"] - event["intended_start_time"] < 5.0
        intended = [event["intended_start_time"] for event in firsts[1:]]
        assert all(later - earlier > pause_s * 0.9 for earlier, later in pairwise(intended))


def test_what_is_kept_of_a_failure_is_not_what_came() -> None:
    """Locust keeps an exception for each kind of failure."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n"
    server = ScriptedServer(lambda peer: peer.answer(head + b"x" * 150_000))
    with server, OneUser(server.url, max_body_bytes=100_000) as user:
        user.client.get("/x")
        (event,) = user.events
    failure = event["exception"]
    event.clear()
    kept, seen = [failure], set()
    while kept:
        each = kept.pop()
        if id(each) not in seen and not isinstance(each, (type, ModuleType, FunctionType)):
            seen.add(id(each))
            kept += gc.get_referents(each)
            assert not (isinstance(each, bytes) and len(each) > 1000)
    assert str(failure) == "body too large: more than 100,000 bytes (max_body_bytes)"


def test_a_response_that_nobody_holds_is_gone_at_once() -> None:
    with ScriptedServer() as server, OneUser(server.url) as user:
        gc.disable()
        try:
            with user.client.get("/x", catch_response=True) as response:
                response.success()
            user.events.clear()
            watched = weakref.ref(response)
            del response
            assert watched() is None
        finally:
            gc.enable()
