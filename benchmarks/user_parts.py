"""Where the microseconds of a LeanHttpUser's request go: more and more of it in a loop, and what each part adds.

    python -m benchmarks.user_parts

50 greenlets ask for a small body over connections that are kept, with the target on a core of its own. CPU is that of
this process; the best of a few rounds in turn. What a part adds is a difference of two rows, so it is good to about a
microsecond.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import gevent
import gevent.socket
from locust import constant
from locust.env import Environment

from benchmarks._http_target import PAGES, HttpTarget, http_target
from perftui.users import LeanHttpUser
from perftui.users.reading import ResponseReader

GREENLETS, ROUNDS, SETTLED_S, MEASURED_S = 50, 3, 0.3, 1.5
_REQUEST = (
    b"GET /small HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept-Encoding: gzip, deflate, br\r\n"
    b"Connection: keep-alive\r\n\r\n"
)
_LAST_BYTE = PAGES["/small"].body[-1]
Stop = Callable[[], None]


class Cost(NamedTuple):
    """CPU for a request, in us."""

    user: float
    kernel: float

    @property
    def in_all(self) -> float:
        return self.user + self.kernel


def sent_and_received(url: str) -> Stop:
    return _greenlets(lambda: _exchange(url, lambda data: data[-1] == _LAST_BYTE))


def parsed(url: str) -> Stop:
    def exchange() -> None:
        reader = ResponseReader()

        def is_whole(data: memoryview) -> bool:
            reader.feed(data)
            if not reader.is_complete:
                return False
            reader.begin(has_no_body=False, max_body_bytes=1 << 24)
            return True

        _exchange(url, is_whole)

    return _greenlets(exchange)


def by_the_client(url: str) -> Stop:
    return _greenlets(lambda: _ask(_environment(url)))


def counted(url: str) -> Stop:
    environment = _environment(url)
    environment.create_local_runner()
    return _greenlets(lambda: _ask(environment))


def by_users(url: str) -> Stop:
    runner = _environment(url).create_local_runner()
    runner.start(GREENLETS, spawn_rate=GREENLETS)
    return lambda: runner.quit()


STEPS = {
    "sent, waited for in gevent, received": sent_and_received,
    "parsed by llhttp into a ResponseReader": parsed,
    "the client: head, cookies, time limits, response, event": by_the_client,
    "Locust's statistics, told by the event": counted,
    "Locust's users: their tasks and waits": by_users,
}


def _greenlets(run: Callable[[], None]) -> Stop:
    greenlets = [gevent.spawn(run) for _ in range(GREENLETS)]
    return lambda: gevent.killall(greenlets)


def _exchange(url: str, is_whole: Callable[[memoryview], bool]) -> None:
    host, _, port = url.rpartition("/")[2].partition(":")
    buffer = bytearray(65_536)
    view = memoryview(buffer)
    with gevent.socket.create_connection((host, int(port))) as sock:
        # Past gevent's socket, as the user does it.
        send, receive, wait, event = sock._sock.send, sock._sock.recv_into, sock._wait, sock._read_event
        while True:
            send(_REQUEST)
            wait(event)
            while not is_whole(view[: receive(buffer)]):
                wait(event)


def _ask(environment: Any) -> None:
    user = environment.user_classes[0](environment)
    while True:
        user.client.get("/small")


def _environment(url: str) -> Any:
    def one(user: Any) -> None:
        user.client.get("/small")

    members = {"host": url, "wait_time": constant(0), "tasks": [one]}
    return Environment(user_classes=[type("BenchUser", (LeanHttpUser,), members)], host=url)


def measure(start: Callable[[str], Stop], target: HttpTarget) -> Cost:
    stop = start(target.url)
    try:
        gevent.sleep(SETTLED_S)
        served, before = target.served(), os.times()
        gevent.sleep(MEASURED_S)
        requests, after = target.served() - served, os.times()
    finally:
        stop()
    return Cost((after.user - before.user) / requests * 1e6, (after.system - before.system) / requests * 1e6)


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    with http_target(core=cores[0]) as target:
        os.sched_setaffinity(0, set(cores[1:]) or set(cores))
        try:
            rounds = [{name: measure(start, target) for name, start in STEPS.items()} for _ in range(ROUNDS)]
        finally:
            os.sched_setaffinity(0, set(cores))
    print(f"CPU us per request; {GREENLETS} greenlets, {MEASURED_S:g} s of each, best of {ROUNDS} rounds in turn")
    print(f"{'':<58} {'adds':>8} {'in all':>8} {'in the kernel':>14}")
    before = 0.0
    for name in STEPS:
        cost = min((each[name] for each in rounds), key=lambda each: each.in_all)
        print(f"{name:<58} {cost.in_all - before:>8.1f} {cost.in_all:>8.1f} {cost.kernel:>14.1f}")
        before = cost.in_all


if __name__ == "__main__":
    main()
