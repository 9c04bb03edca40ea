"""Requests that failed for want of something on this machine: they say nothing about the target."""

from __future__ import annotations

import errno
import os
import resource
import socket
from collections.abc import Iterator
from typing import Any

from perftui.model.tick import LocalErrorDelta

# A client wraps what the kernel said three or four times; user code may chain more.
MAX_CHAIN = 20
# What the limit of open files should be where nobody knows better; see conductor/preflight.py for what a user needs.
_ENOUGH_FILES = 4096
_RANGE = "/proc/sys/net/ipv4/ip_local_port_range"
_NO_MEMORY = "no memory left on this machine"
_NO_THREAD = "no thread left: this machine starts no more of them for this user"


class LocalErrors:
    """Counts them by message. The messages are few, and of our own making."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    @property
    def has_news(self) -> bool:
        return bool(self._counts)

    def note(self, exception: Any, response: Any = None) -> bool:
        """Whether the request that failed with `exception` never had a chance, and was counted here."""
        message = local_error(exception)
        if not message and response is not None:
            # User code may have put words of its own in the place of what happened.
            message = local_error(_error_of(response))
        if message:
            self._counts[message] = self._counts.get(message, 0) + 1
        return bool(message)

    def take(self) -> tuple[LocalErrorDelta, ...]:
        """Since the last call."""
        counts, self._counts = self._counts, {}
        return tuple(LocalErrorDelta(message, count) for message, count in counts.items())


def local_error(exception: Any) -> str:
    """What this machine lacked, with what to do; empty where `exception` has another cause."""
    if not isinstance(exception, BaseException):
        return ""
    for each in _chain(exception):
        message = _local(each)
        if message:
            return message
    return ""


def _error_of(response: Any) -> Any:
    try:
        return response.error
    except Exception:  # noqa: BLE001 - a response of the user's own making
        return None


def _chain(exception: BaseException) -> Iterator[BaseException]:
    """`exception` and what it was made of: its causes, and what clients hand on as an argument or a reason."""
    seen: set[int] = set()
    waiting = [exception]
    while waiting and len(seen) < MAX_CHAIN:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        args = each.args if isinstance(each.args, tuple) else ()
        nearby = (each.__context__, each.__cause__, *args[:3], getattr(each, "reason", None))
        waiting += [one for one in nearby if isinstance(one, BaseException)]


def _local(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return _NO_MEMORY
    if isinstance(error, RuntimeError) and error.args == ("can't start new thread",):
        return _NO_THREAD
    if isinstance(error, socket.gaierror):
        # The resolver has no file to ask with, and says that the name is not known for now.
        return _no_file() if not _can_open() else ""
    if not isinstance(error, OSError):
        return ""
    if error.errno == errno.EMFILE:
        return _no_file()
    if error.errno == errno.ENFILE:
        return "no open file left: all processes of this machine together have used them up (fs.file-max)"
    if error.errno == errno.EADDRNOTAVAIL:
        return _no_port()
    if error.errno in (errno.ENOMEM, errno.ENOBUFS):
        return _NO_MEMORY
    return ""


def _no_file() -> str:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return f"no open file left: this machine allows {soft:,}, run `ulimit -n {max(_ENOUGH_FILES, 2 * soft)}` before"


def _no_port() -> str:
    ports = local_port_range()
    count = f": all {ports[1] - ports[0] + 1:,} of {_RANGE} are in use" if ports else ""
    return f"no local port left for a connection{count}"


def _can_open() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno not in (errno.EMFILE, errno.ENFILE)
    return True


def local_port_range() -> tuple[int, int] | None:
    """First and last port that this machine gives to outgoing connections; None where that is not known."""
    try:
        with open(_RANGE, "rb") as file:
            first, last = map(int, file.read().split())
    except (OSError, ValueError):
        return None
    return first, last
