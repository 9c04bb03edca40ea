"""Where the engine changes Locust and geventhttpclient by what is not public; each has a test that notices.

What it does before each task is in turns.py, the wait times that it replaces are in schedule.py, and what it overrides
in subclasses is in dispatcher.py, runner.py and bounded_stats.py.
"""

from __future__ import annotations

import select
import sys
from collections.abc import Callable
from time import monotonic, time
from types import MethodType
from typing import Any

import gevent
import locust.event
import locust.log
from gevent import getcurrent
from gevent.monkey import get_original
from geventhttpclient import connectionpool
from locust import FastHttpUser, User
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession

from perftui.engine.flight import Flight, Flights
from perftui.engine.gate import Gate
from perftui.engine.schedule import Schedule

# select(2) cannot watch a file descriptor from here on.
SELECT_LIMIT = 1024


def watch_hooks(on_raised: Callable[[BaseException], None]) -> None:
    """Call `on_raised` with each exception that Locust catches from an event listener, and only logs."""

    class WatchedLog:
        """Stands in for `locust.log` in `locust.event`, which sets one flag while it handles the exception."""

        def __setattr__(self, name: str, value: object) -> None:
            setattr(locust.log, name, value)
            error = sys.exc_info()[1]
            if error is not None:
                on_raised(error)

    locust.event.log = WatchedLog()


def mend_reconnects() -> None:
    """FastHttpUser connects anew for each request once its socket has a file descriptor past 1023.

    geventhttpclient asks select() whether an idle connection is alive, and takes its refusal for a no.
    """
    pool = getattr(connectionpool, "ConnectionPool", None)
    stock = getattr(pool, "_is_socket_alive", None)
    if pool is None or stock is None or not hasattr(select, "poll"):
        return  # another geventhttpclient, or a system without poll()
    native_poll = get_original("select", "poll")

    def is_alive(self: Any, sock: Any) -> bool:
        if sock is None or sock.fileno() < SELECT_LIMIT:
            return bool(stock(self, sock))
        poll = native_poll()
        poll.register(sock.fileno(), select.POLLIN)
        alive = not poll.poll(0)
        gevent.sleep(0)  # the stock check lets other users run here, and closed loops rely on it
        return alive

    pool._is_socket_alive = is_alive


def count_requests(
    flights: Flights, connect_timeout_s: float, read_timeout_s: float, gate: Gate, schedule: Schedule
) -> None:
    """Count the requests of HTTP users when they are sent, and give those without a timeout one.

    None is sent while `gate` is shut. `schedule` knows when one was meant to be sent.
    """
    FastHttpUser.connection_timeout = connect_timeout_s
    FastHttpUser.network_timeout = read_timeout_s
    stock = HttpSession.request
    timeout = (connect_timeout_s, read_timeout_s)

    def request(self: Any, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
        if "timeout" not in kwargs and not _has_own_timeout(self):
            kwargs["timeout"] = timeout
        return stock(self, method, url, *args, **kwargs)

    HttpSession.request = _counted(request, flights, gate, schedule)
    FastHttpSession.request = _counted(FastHttpSession.request, flights, gate, schedule)

    def watch(client: Any) -> None:
        client.request = MethodType(_counted(type(client).request, flights, gate, schedule), client)

    # perftui.users may not be there, so it is not imported: LeanHttpUser looks here for who counts.
    User.perftui_watch = staticmethod(watch)


def _has_own_timeout(session: Any) -> bool:
    """Whether user code mounted an adapter that knows a timeout, as is often done for a whole session."""
    return any(getattr(adapter, "timeout", None) is not None for adapter in session.adapters.values())


def _counted(stock: Callable[..., Any], flights: Flights, gate: Gate, schedule: Schedule) -> Callable[..., Any]:
    current = flights.current

    def request(self: Any, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
        if gate.is_shut:
            gate.hold()
        me = getcurrent()
        outer = current.get(me)
        lateness_s: float | None = None
        if schedule.is_kept:
            # A task may send its requests in greenlets of its own.
            lateness_s = schedule.lateness_s(greenlet=getattr(getattr(self, "user", None), "greenlet", None))
            if lateness_s is not None:
                # What LeanHttpUser says in its events.
                self.intended_start_time = time() - lateness_s
        flight = current[me] = flights.take_off(method, url, lateness_s or 0.0)
        if outer is not None:
            # What it waits for is part of the outer one's time.
            flight.weight = outer.weight
        try:
            response = stock(self, method, url, *args, **kwargs)
            flight.returned_s = monotonic()
        except Exception:
            flights.never_sent(flight)
            raise
        except BaseException:
            # The user was stopped, or a gevent.Timeout of its own cut the request off.
            flights.abandon(flight)
            raise
        finally:
            if outer is None:
                del current[me]
            else:
                current[me] = outer
                outer.add_inner(flight)
        if flight.is_open:
            # catch_response: user code decides later, perhaps in another greenlet, perhaps never.
            response._request_event = LateEvent(flights, flight, response._request_event)
        return response

    return request


class LateEvent:
    """The request event of one response whose outcome user code decides."""

    __slots__ = ("_event", "_flight", "_flights")

    def __init__(self, flights: Flights, flight: Flight, event: Any) -> None:
        self._flights = flights
        self._flight = flight
        self._event = event

    def fire(self, **kwargs: Any) -> None:
        current = self._flights.current
        me = getcurrent()
        outer = current.get(me)
        current[me] = self._flight
        try:
            self._event.fire(**kwargs)
        finally:
            if outer is None:
                del current[me]
            else:
                current[me] = outer

    def __del__(self) -> None:
        # The response is gone and was never reported: an exception left the with-block, or there was none.
        self._flights.drop(self._flight)
