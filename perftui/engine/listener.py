"""Where a master listens: anybody may reach it, so what is no message of a load worker ends here."""

from __future__ import annotations

import math
import socket
from collections.abc import Callable
from typing import Any

import zmq.green as zmq
from locust import runners
from locust.exception import RPCError
from locust.rpc.protocol import Message
from locust.rpc.zmqrpc import BaseSocket

from perftui.engine.report_check import MOST
from perftui.model.plan import MAX_USERS
from perftui.wire.framing import MAX_FRAME_BYTES

# What perftui's own processes say to each other stands in Locust messages of this type.
FRAME = "perftui"
MAX_ID_CHARS = 200
# A worker says at most so much at once, its frame and what Locust puts around it.
MAX_MESSAGE_BYTES = MAX_FRAME_BYTES + (1 << 16)
# Times that Locust rounds to two digits are a few hundred; Locust's own statistics of 1,000 names fit in these.
MAX_STOCK_NAMES = 5_000
MAX_STOCK_TIMES = 5_000

_STATES = frozenset({runners.STATE_INIT, runners.STATE_SPAWNING, runners.STATE_RUNNING, runners.STATE_CLEANUP})
_NUMBERS_OF_ENTRY = (
    "num_requests",
    "num_none_requests",
    "num_failures",
    "total_response_time",
    "max_response_time",
    "total_content_length",
    "last_request_timestamp",
    "start_time",
    "min_response_time",
)
_COUNTS_OF_ENTRY = ("response_times", "num_reqs_per_sec", "num_fail_per_sec")


class Listener(BaseSocket):
    """In the place of Locust's Server: `recv_from_client` yields well-formed messages alone, and counts the others.

    `prepare` may change what is sent to a worker.
    """

    def __init__(self, host: str, port: int) -> None:
        address = _address_of(host)
        super().__init__(zmq.ROUTER, ":" not in address)
        self.refused = 0
        self.prepare: Callable[[Message], None] = lambda message: None
        self.socket.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
        self.socket.setsockopt(zmq.LINGER, 0)
        where = f"tcp://[{address}]" if ":" in address else f"tcp://{address}"
        try:
            if port:
                self.socket.bind(f"{where}:{port}")
                self.port = port
            else:
                self.port = self.socket.bind_to_random_port(where)
        except zmq.ZMQError as error:
            self.socket.close(linger=0)
            raise RPCError(_bind_problem(host, port, error)) from None

    def recv_from_client(self) -> tuple[str, Message]:
        """The next message of a load worker. Raises RPCError where the network is broken."""
        while True:
            try:
                parts = self.socket.recv_multipart()
            except zmq.ZMQError as error:
                raise RPCError("ZMQ network broken") from error
            message = _message(parts)
            if message is not None:
                return message.node_id, message
            self.refused += 1

    def send_to_client(self, message: Message) -> None:
        self.prepare(message)
        super().send_to_client(message)


def install() -> None:
    """MasterRunner makes its server from what stands there."""
    runners.rpc.Server = Listener


def _address_of(host: str) -> str:
    if host in ("", "*"):
        return "0.0.0.0"
    try:
        return str(socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)[0][4][0])
    except (OSError, UnicodeError) as error:
        raise RPCError(f"cannot listen on {host}: {getattr(error, 'strerror', None) or error}") from None


def _bind_problem(host: str, port: int, error: Any) -> str:
    if error.errno == zmq.EADDRINUSE:
        return f"port {port} of {host} is in use: another master may still run; choose another port, or none"
    return f"cannot listen on {host}{f':{port}' if port else ''}: {zmq.strerror(error.errno)}"


def _message(parts: list[bytes]) -> Message | None:
    """None for what a load worker never says, or says in the name of another."""
    if len(parts) != 2 or len(parts[0]) > MAX_ID_CHARS:
        return None
    try:
        client_id = parts[0].decode()
        message = Message.unserialize(parts[1])
    except Exception:  # noqa: BLE001 - msgpack and Locust's hooks raise many kinds
        return None
    if message.node_id != client_id or not client_id.isprintable() or not isinstance(message.type, str):
        return None
    check = _CHECKS.get(message.type)
    return message if check is None or check(message.data) else None


def _is_version(data: Any) -> bool:
    return data == -1 or (isinstance(data, str) and 0 < len(data) <= 50)


def _is_request_for_files(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("version"), str)


def _is_heartbeat(data: Any) -> bool:
    return (
        isinstance(data, dict)
        and data.get("state") in _STATES
        and _is_number(data.get("current_cpu_usage"))
        and _is_number(data.get("current_memory_usage", 0))
    )


def _has_users(data: Any) -> bool:
    return isinstance(data, dict) and is_counts(data.get("user_classes_count"), MAX_USERS)


def _is_stats(data: Any) -> bool:
    if not _has_users(data) or not isinstance(data.get("stats"), list) or len(data["stats"]) > MAX_STOCK_NAMES:
        return False
    errors = data.get("errors")
    if not isinstance(errors, dict) or len(errors) > MAX_STOCK_NAMES:
        return False
    return all(map(_is_entry, (*data["stats"], data.get("stats_total")))) and all(map(_is_error, errors.values()))


def _is_entry(entry: Any) -> bool:
    """Locust's own StatsEntry as a worker sends it."""
    if not isinstance(entry, dict) or not _is_named(entry):
        return False
    if not all(entry.get(key) is None or _is_number(entry[key]) for key in _NUMBERS_OF_ENTRY):
        return False
    if not all(_is_count(entry.get(key)) for key in ("num_requests", "num_none_requests", "num_failures")):
        return False
    return all(_is_counts_of_numbers(entry.get(key)) for key in _COUNTS_OF_ENTRY)


def _is_counts_of_numbers(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= MAX_STOCK_TIMES
        and all(_is_number(key) and _is_count(count) for key, count in value.items())
    )


def _is_error(error: Any) -> bool:
    return (
        isinstance(error, dict)
        and _is_named(error)
        and _is_count(error.get("occurrences"))
        and all(error.get(key) is None or _is_number(error[key]) for key in ("first_seen", "last_seen"))
    )


def _is_named(data: dict[Any, Any]) -> bool:
    """User code names requests by whatever it likes; what can be compared passes."""
    return all(isinstance(data.get(key), (str, int, float, type(None))) for key in ("name", "method"))


def _is_exception(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("msg"), str) and isinstance(data.get("traceback"), str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MOST


def is_counts(value: Any, limit: int) -> bool:
    """Whether `value` maps names to counts up to `limit`."""
    return isinstance(value, dict) and all(
        isinstance(name, str) and _is_count(count) and count <= limit for name, count in value.items()
    )


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "client_ready": _is_version,
    "locustfile": _is_request_for_files,
    "heartbeat": _is_heartbeat,
    "stats": _is_stats,
    "spawning_complete": _has_users,
    "exception": _is_exception,
    FRAME: lambda data: isinstance(data, bytes) and len(data) <= MAX_FRAME_BYTES,
}
