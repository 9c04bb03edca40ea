"""Where the conductor of a run is found: a socket in a folder that only its owner can enter."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import struct
from pathlib import Path

from perftui.exit_codes import ENVIRONMENT
from perftui.model.errors import PerftuiError

# sockaddr_un holds 108 bytes with the closing NUL.
_MAX_SOCKET_PATH_BYTES = 107


def runtime_folder() -> Path:
    """The private folder of this user's sockets, made if it is missing.

    $XDG_RUNTIME_DIR/perftui, else /tmp/perftui-<uid>. Raises PerftuiError where it is not a plain folder of
    this user's that nobody else may enter: in a shared /tmp somebody may have made it first.
    """
    base = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(base) / "perftui" if base else Path(f"/tmp/perftui-{os.getuid()}")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise PerftuiError(
            f"cannot use the runtime folder {folder}",
            error.strerror or str(error),
            "Set XDG_RUNTIME_DIR to a folder of your own",
            exit_code=ENVIRONMENT,
        ) from None
    if not stat.S_ISDIR(status.st_mode):
        raise _unsafe(folder, "it is not a folder")
    if status.st_uid != os.getuid():
        raise _unsafe(folder, "it belongs to another user")
    if status.st_mode & 0o077:
        raise _unsafe(folder, "others may enter it")
    return folder


def socket_path(run_folder: Path) -> Path:
    """The socket of the run in `run_folder`. Short whatever the folder is called: a socket's path is bounded."""
    digest = hashlib.sha256(os.fsencode(run_folder.resolve())).hexdigest()[:16]
    path = runtime_folder() / f"{digest}.sock"
    if len(os.fsencode(path)) > _MAX_SOCKET_PATH_BYTES:
        raise _unsafe(path.parent, f"its path is too long for a socket ({_MAX_SOCKET_PATH_BYTES} bytes)")
    return path


def connect(path: Path, timeout_s: float = 2.0) -> socket.socket | None:
    """A socket connected to the conductor at `path`, which is run by this user; None where nobody listens.

    Raises TimeoutError where somebody does and does not take the connection: a conductor that is stopped.
    """
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(timeout_s)
    try:
        connection.connect(os.fspath(path))
    except (ConnectionRefusedError, FileNotFoundError):
        connection.close()
        return None
    except OSError as error:
        connection.close()
        raise TimeoutError(f"{path} does not take a connection: {error.strerror or error}") from None
    if peer(connection)[1] != os.getuid():
        connection.close()
        return None
    return connection


def peer(connection: socket.socket) -> tuple[int, int]:
    """Process id and user id at the other end of a Unix socket, as the kernel says; the process id may be 0."""
    if hasattr(socket, "SO_PEERCRED"):
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        pid, uid, _gid = struct.unpack("3i", credentials)
        return int(pid), int(uid)
    # macOS: LOCAL_PEERCRED (1) at level 0 gives struct xucred: version, uid, ...
    credentials = connection.getsockopt(0, 1, 76)
    return 0, int(struct.unpack_from("II", credentials)[1])


def peer_uid(connection: socket.socket) -> int:
    """The user at the other end of a Unix socket."""
    return peer(connection)[1]


def live_sockets() -> list[Path]:
    """Sockets in the runtime folder that somebody listens on, answering or not; stale ones are removed."""
    result: list[Path] = []
    for path in sorted(runtime_folder().glob("*.sock")):
        try:
            connection = connect(path)
        except TimeoutError:
            result.append(path)
            continue
        if connection is None:
            path.unlink(missing_ok=True)
        else:
            connection.close()
            result.append(path)
    return result


def _unsafe(folder: Path, why: str) -> PerftuiError:
    return PerftuiError(
        f"will not use the runtime folder {folder}",
        why,
        "Set XDG_RUNTIME_DIR to a folder of your own with mode 0700",
        exit_code=ENVIRONMENT,
    )
