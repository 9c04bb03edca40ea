"""Sockets are found by connecting, in a folder that nobody else can prepare."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from perftui.exit_codes import ENVIRONMENT
from perftui.model.errors import PerftuiError
from perftui.wire import rendezvous


def test_the_folder_is_made_private() -> None:
    assert rendezvous.runtime_folder().stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("prepare", ["open to others", "a link", "a file"])
def test_a_folder_that_somebody_prepared_is_refused(prepare: str, tmp_path: Path) -> None:
    folder = Path(os.environ["XDG_RUNTIME_DIR"]) / "perftui"
    if prepare == "open to others":
        folder.mkdir()
        folder.chmod(0o777)
    elif prepare == "a link":
        (tmp_path / "elsewhere").mkdir()
        folder.symlink_to(tmp_path / "elsewhere")
    else:
        folder.touch()
    with pytest.raises(PerftuiError) as raised:
        rendezvous.runtime_folder()
    assert raised.value.exit_code == ENVIRONMENT


def test_a_stale_socket_is_recognised_and_removed_and_a_live_one_stays(tmp_path: Path) -> None:
    stale, live = rendezvous.socket_path(tmp_path / "stale"), rendezvous.socket_path(tmp_path / "live")
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(stale))
    dead.close()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(live))
        listener.listen()
        assert rendezvous.live_sockets() == [live]
        assert not stale.exists()


def test_a_path_too_long_for_a_socket_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    with pytest.raises(PerftuiError, match="too long"):
        rendezvous.socket_path(tmp_path)


def test_the_peer_is_asked_of_the_kernel() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert rendezvous.peer_uid(ours) == os.getuid()
