"""How a cockpit and a run find, start and share one built-in target.

The target's process outlives whoever started it and leaves when nobody uses it any more. Who uses it holds a
connection to its Unix socket: no process id to go stale, and a holder that is killed lets go at once.
"""

from __future__ import annotations

import fcntl
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.text import clean

# A live server answers within milliseconds; a stopped one never does.
ANSWER_WITHIN_S = 5.0
START_WITHIN_S = 10.0


def lease_path(runtime_dir: Path) -> Path:
    return runtime_dir / "demo.sock"


class DemoLease:
    """A claim on the running target: it serves at `url` at least until every copy of the claim is closed.

    A child process that inherits `fileno()` (`pass_fds` of subprocess) shares the claim without any code.
    """

    def __init__(self, url: str, connection: socket.socket) -> None:
        self.url = url
        self._connection = connection

    @classmethod
    def connect(cls, runtime_dir: Path) -> DemoLease | None:
        """A lease on the server of `runtime_dir`, or None where none is alive, whatever files it left.

        Raises PerftuiError when there is one that does not answer.
        """
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(ANSWER_WITHIN_S)
        try:
            connection.connect(str(lease_path(runtime_dir)))
            with connection.makefile(encoding="ascii") as answer:
                line = answer.readline()
        except TimeoutError as error:
            connection.close()
            raise PerftuiError(
                "cannot use the demo target",
                f"the one that is running does not answer within {ANSWER_WITHIN_S:.0f} s",
                "End it (a process named perftui.demo) and try again",
                exit_code=exit_codes.ENVIRONMENT,
            ) from error
        except (FileNotFoundError, ConnectionError):
            line = ""
        except OSError as error:
            connection.close()
            raise PerftuiError(
                "cannot use the demo target",
                f"{lease_path(runtime_dir)}: {(error.strerror or str(error)).lower()}",
                exit_code=exit_codes.ENVIRONMENT,
            ) from error
        # A server that is about to leave hangs up instead of answering.
        if not line.endswith("\n"):
            connection.close()
            return None
        return cls(line.strip(), connection)

    def fileno(self) -> int:
        return self._connection.fileno()

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> DemoLease:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def ensure_demo(runtime_dir: Path) -> DemoLease:
    """A lease on the target of `runtime_dir`, which is started if none is alive.

    The folder exists, and only its owner can enter it. Blocks for a fraction of a second when it starts
    one. Raises PerftuiError when it cannot.
    """
    lease = DemoLease.connect(runtime_dir)
    if lease is not None:
        return lease
    with (runtime_dir / "demo.lock").open("w") as lock:
        # Two starters at once: the second waits, and finds the first one's server.
        fcntl.flock(lock, fcntl.LOCK_EX)
        lease = DemoLease.connect(runtime_dir)
        if lease is None:
            _start(runtime_dir)
            lease = DemoLease.connect(runtime_dir)
    if lease is None:
        raise _cannot_start("it ended at once")
    return lease


def _start(runtime_dir: Path) -> None:
    """Start a server; the caller holds the lock and has seen that none is alive."""
    lease_path(runtime_dir).unlink(missing_ok=True)
    # -P: started from someone's project, whose files must not stand in for modules of ours.
    command = [sys.executable, "-P", "-m", "perftui.demo", "--lease-dir", str(runtime_dir.absolute())]
    try:
        started = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=START_WITHIN_S
        )
    except subprocess.TimeoutExpired as error:
        raise _cannot_start(f"it was not ready within {START_WITHIN_S:.0f} s") from error
    if started.returncode != 0:
        lines = started.stderr.split("\n")
        reason = next((line for line in reversed(lines) if line.strip()), f"exit code {started.returncode}")
        raise _cannot_start(clean(reason.removeprefix("perftui: ").rstrip(".")))


def _cannot_start(why: str) -> PerftuiError:
    return PerftuiError("cannot start the demo target", why, exit_code=exit_codes.ENVIRONMENT)
