"""A file is old or new at every moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from perftui.store.atomic import write_atomically, write_new

# Writes two contents in turn until it is killed, and says when it began.
ENDLESS = """
import sys
from pathlib import Path
from perftui.store.atomic import write_atomically, write_new
path = Path(sys.argv[1])
write_atomically(path, b"a" * 300_000)
print("ready", flush=True)
while True:
    write_atomically(path, b"b" * 200_000)
    write_atomically(path, b"a" * 300_000)
"""


def test_killed_at_any_point_the_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "outcome.json"
    for spins in range(5):
        with subprocess.Popen([sys.executable, "-c", ENDLESS, path], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            for _ in range(spins * 40):
                path.stat()
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        assert path.read_bytes() in (b"a" * 300_000, b"b" * 200_000)


def test_the_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    for umask in (0o000, 0o777):
        before = os.umask(umask)
        try:
            write_atomically(tmp_path / "x", b"1")
        finally:
            os.umask(before)
        assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_atomically(path, b"old")
    with pytest.raises(TypeError):
        write_atomically(path, "no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["x"]


def test_a_new_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    (tmp_path / "stats.csv").write_bytes(b"theirs")
    assert [write_new(tmp_path / "stats.csv", b"ours").name for _ in range(2)] == ["stats-2.csv", "stats-3.csv"]
    assert (tmp_path / "stats.csv").read_bytes() == b"theirs"
    assert len(list(tmp_path.iterdir())) == 3
