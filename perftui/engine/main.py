"""The engine's entry: what must happen before Locust is imported."""

from __future__ import annotations

import faulthandler
import io
import os
import socket
import sys
from typing import NoReturn

from perftui.engine.heartbeat import Heartbeat
from perftui.exit_codes import ENVIRONMENT
from perftui.wire.messages import OLDEST_LOCUST


def main(socket_fd: int, heartbeat_fd: int) -> NoReturn:
    for fd in (socket_fd, heartbeat_fd):
        os.set_inheritable(fd, False)
    faulthandler.enable()
    # Into a pipe, Python would keep back what user code prints.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
    heartbeat = Heartbeat(heartbeat_fd)
    heartbeat.start()
    _check_locust(socket_fd)
    from perftui.engine.health import raise_open_files_limit
    from perftui.engine.session import Session

    raise_open_files_limit()
    Session(socket_fd, heartbeat).run()


def _check_locust(socket_fd: int) -> None:
    """Leaves with a Fault where there is no Locust that the engine can run."""
    try:
        import locust.main
    except Exception as error:  # noqa: BLE001 - a broken installation raises anything
        name = "No module named 'locust'"
        missing = isinstance(error, ImportError) and name in str(error)
        why = "has no Locust" if missing else f"cannot import Locust: {type(error).__name__}: {error}"
        _refuse(socket_fd, why)
    version = str(locust.__version__)
    if not is_new_enough(version):
        _refuse(socket_fd, f"has Locust {version}")


def is_new_enough(version: str) -> bool:
    """Whether the engine can run with this release of Locust."""
    return _release(version) >= OLDEST_LOCUST


def _release(version: str) -> tuple[int, ...]:
    """The leading numbers of a version; a development version without any counts as new."""
    numbers = [int(part) for part in version.split(".")[:2] if part.isdigit()]
    return tuple(numbers) if len(numbers) == 2 else OLDEST_LOCUST


def _refuse(socket_fd: int, why: str) -> NoReturn:
    oldest = ".".join(map(str, OLDEST_LOCUST))
    text = f"{sys.executable} {why}; install locust>={oldest} there"
    try:
        from perftui.wire.framing import encode
        from perftui.wire.messages import VERSION, Fault, Hello

        hello = Hello(VERSION, os.getpid(), {"python": sys.version.split()[0]})
        with socket.socket(fileno=socket_fd) as link:
            link.sendall(encode(hello) + encode(Fault("environment", text, "")))
    except ImportError:
        sys.stderr.write(f"{text}\n")  # without msgpack there is no protocol to say it in
        sys.stderr.flush()
    os._exit(ENVIRONMENT)
