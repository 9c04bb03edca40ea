"""How long a request really waited for the network: the rest of its time is the generator's own.

The kernel notes when the bytes of an answer came (SO_TIMESTAMPNS), and how long it took to connect (TCP_INFO). The time
between that and the moment at which the request goes on is the wait for gevent's loop, or for a core. Reaches into
gevent's sockets; does nothing where the kernel is not Linux.
"""

from __future__ import annotations

import _socket
import socket
import struct
import sys
from collections.abc import Callable
from time import monotonic, time
from typing import Any

import gevent.socket
from gevent import getcurrent
from gevent.monkey import get_original
from gevent.resolver.thread import Resolver

from perftui.engine.flight import Flight, Flights

# socket(7); Python has no names for the first, and not for the layout of the second, which only ever grows at its end.
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("ll")
_TCP_INFO_BYTES = 160
_STATE_AT, _RTT_AT, _RETRANSMITS_AT, _DATA_SENT_AT = 0, 68, 100, 156
_ESTABLISHED = 1
# To see when the last byte came that is there, and to copy none of them.
_LOOK = socket.MSG_PEEK | getattr(socket, "MSG_TRUNC", 0)
_LOOK_BYTES = 1 << 18
_CONTROL_BYTES = 64
_BUFFERS = [bytearray(_LOOK_BYTES)]
_WORD = struct.Struct("I")
# That of gevent would wait for its loop.
_poll: Callable[[], Any] = get_original("select", "poll")


def is_known() -> bool:
    """Whether this system tells when bytes came."""
    return sys.platform == "linux"


def time_the_network(flights: Flights) -> None:
    """Let each flight know how long it waited for the network, from now on."""
    if not is_known():
        return
    kind: Any = gevent.socket.socket
    current = flights.current
    stock_wait, stock_send = kind._wait, kind.sendall

    def wait(self: Any, watcher: Any, *args: Any, **kwargs: Any) -> Any:
        flight = current.get(getcurrent())
        if flight is None or not flight.weight:
            return stock_wait(self, watcher, *args, **kwargs)
        if not flight.mark_s:
            flight.mark_s = monotonic()
        note: Callable[[Flight, Any], None] = _note_arrival
        if watcher is not self._read_event:
            note = _note_connected if _is_new(self._sock) else _note_wait
        try:
            result = stock_wait(self, watcher, *args, **kwargs)
        except BaseException:
            _note_wait(flight, self._sock)
            raise
        note(flight, self._sock)
        return result

    def sendall(self: Any, *args: Any, **kwargs: Any) -> Any:
        flight = current.get(getcurrent())
        if flight is not None and flight.weight and not flight.is_sent:
            flight.is_sent = True
            flight.mark_s = monotonic()
        return stock_send(self, *args, **kwargs)

    kind._wait, kind.sendall = wait, sendall
    _time_lookups(flights)


def _note_wait(flight: Flight, _: Any) -> None:
    """All of it was the network, as far as is known."""
    now_s = monotonic()
    flight.network_s += now_s - flight.mark_s
    flight.mark_s = now_s


def _note_arrival(flight: Flight, sock: Any) -> None:
    """Something came, and the kernel knows when."""
    lag_s = 0.0
    try:
        # The kernel tells of a reset once: to look would take it from the read, which would see an orderly end.
        control = [] if _is_broken(sock) else sock.recvmsg_into(_BUFFERS, _CONTROL_BYTES, _LOOK)[1]
        now_s = monotonic()
        if control:
            seconds, nanoseconds = _TIMESPEC.unpack(control[0][2])
            lag_s = time() - seconds - nanoseconds / 1e9
        else:
            _ask_for_times(sock)
    except (OSError, ValueError, struct.error):
        now_s = monotonic()
    came_s = now_s - lag_s if lag_s > 0.0 else now_s
    # Else the machine's clock was set meanwhile, or all of it came before anybody waited.
    if came_s > flight.mark_s:
        flight.network_s += came_s - flight.mark_s
        flight.mark_s = came_s
    flight.is_sent = False


def _is_broken(sock: Any) -> bool:
    """Whether an error waits for the next read, which is left there. Raises ValueError for a closed socket."""
    poll = _poll()
    poll.register(sock.fileno(), 0)
    return bool(poll.poll(0))


def _note_connected(flight: Flight, sock: Any) -> None:
    """What is more than the round trip that the kernel measured is the wait for the loop."""
    now_s = monotonic()
    took_s = now_s - flight.mark_s
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
        if info[_STATE_AT] == _ESTABLISHED and not _word(info, _RETRANSMITS_AT):
            took_s = min(took_s, _word(info, _RTT_AT) / 1e6)
    except (OSError, struct.error):
        pass
    flight.network_s += took_s
    flight.mark_s = now_s


def _is_new(sock: Any) -> bool:
    """Whether `sock` is a TCP socket on which nothing was sent yet; it will then be asked when bytes came."""
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
        is_new = not _word(info, _DATA_SENT_AT)
    except (OSError, struct.error):
        return False
    if is_new:
        _ask_for_times(sock)
    return is_new


def _ask_for_times(sock: Any) -> None:
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    except OSError:
        return  # as before, all of a wait is then taken for the network


def _word(info: bytes, at: int) -> int:
    return int(_WORD.unpack_from(info, at)[0])


def _time_lookups(flights: Flights) -> None:
    """Names are looked up in threads: what is more than the look-up is the wait for a thread, and for the loop."""
    stock = Resolver.getaddrinfo

    def getaddrinfo(self: Any, *args: Any, **kwargs: Any) -> Any:
        flight = flights.current.get(getcurrent())
        if flight is None or not flight.weight:
            return stock(self, *args, **kwargs)
        took_s = 0.0

        def timed() -> Any:
            nonlocal took_s
            began_s = monotonic()
            try:
                return _socket.getaddrinfo(*args, **kwargs)
            finally:
                took_s = monotonic() - began_s

        try:
            return self.pool.apply(timed)
        finally:
            flight.network_s += took_s

    Resolver.getaddrinfo = getaddrinfo
