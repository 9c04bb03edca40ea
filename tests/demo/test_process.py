from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from perftui import exit_codes
from perftui.demo import process
from perftui.demo.leases import LEAVES_AFTER_S
from perftui.demo.process import DemoLease, ensure_demo, lease_path
from perftui.model.errors import PerftuiError
from tests.fakes.at_once import at_once

# Far above what any of these takes; a test that waits this long has failed.
PATIENCE_S = 15.0

HOLD_A_LEASE = """
import sys
from pathlib import Path
from perftui.demo.process import ensure_demo
lease = ensure_demo(Path(sys.argv[1]))
print(lease.url, flush=True)
sys.stdin.read()
"""


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline_s, f"waited {PATIENCE_S:.0f} s for {what}"
        time.sleep(0.02)


def is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/__perftui__/requests").status_code == 200
    except httpx.TransportError:
        return False


def wait_until_gone(url: str) -> None:
    wait_until(lambda: not is_up(url), "the target to leave")


def assert_stays(url: str) -> None:
    """Up for longer than the server goes on without a lease."""
    deadline_s = time.monotonic() + LEAVES_AFTER_S + 1
    while time.monotonic() < deadline_s:
        assert is_up(url)
        time.sleep(0.1)


def server_of(runtime_dir: Path) -> psutil.Process:
    for server in psutil.process_iter(["cmdline"]):
        command = server.info["cmdline"] or []
        if "perftui.demo" in command and str(runtime_dir) in command:
            return server
    raise AssertionError(f"no server runs for {runtime_dir}")


@contextmanager
def holder(runtime_dir: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that holds a lease, and the URL it was given."""
    command = [sys.executable, "-c", HOLD_A_LEASE, str(runtime_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        yield other, other.stdout.readline().strip()
        other.kill()


def the_target_stays_for_its_last_holder_and_then_leaves(runtime_dir: Path) -> None:
    first = ensure_demo(runtime_dir)
    first.close()
    # Nobody holds a lease now, but not for long enough.
    second = ensure_demo(runtime_dir)
    third = ensure_demo(runtime_dir)
    assert first.url == second.url == third.url
    second.close()
    assert_stays(third.url)
    third.close()
    wait_until_gone(third.url)
    assert not lease_path(runtime_dir).exists()


def a_killed_holder_lets_go(runtime_dir: Path) -> None:
    with holder(runtime_dir) as (other, url):
        with ensure_demo(runtime_dir) as lease:
            assert lease.url == url
            assert server_of(runtime_dir).ppid() != other.pid
        other.send_signal(signal.SIGKILL)
        other.wait()
        wait_until_gone(url)


def a_child_that_inherits_a_lease_holds_it(runtime_dir: Path) -> None:
    with ensure_demo(runtime_dir) as lease:
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[lease.fileno()])
    with child:
        assert_stays(lease.url)
        child.kill()
    wait_until_gone(lease.url)


def test_the_target_stays_as_long_as_somebody_holds_it(runtime_dir: Path) -> None:
    checks = (
        the_target_stays_for_its_last_holder_and_then_leaves,
        a_child_that_inherits_a_lease_holds_it,
        a_killed_holder_lets_go,
    )
    folders = [runtime_dir / str(number) for number in range(len(checks))]
    for folder in folders:
        folder.mkdir()
    at_once({check.__name__: partial(check, folder) for check, folder in zip(checks, folders, strict=True)})


def test_starters_at_once_share_one_server(runtime_dir: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        leases = list(threads.map(ensure_demo, [runtime_dir] * 4))
    assert len({lease.url for lease in leases}) == 1
    for lease in leases:
        lease.close()


def test_what_a_killed_server_left_is_replaced(runtime_dir: Path) -> None:
    with ensure_demo(runtime_dir) as lease:
        server_of(runtime_dir).kill()
        wait_until_gone(lease.url)
    assert lease_path(runtime_dir).exists()
    assert DemoLease.connect(runtime_dir) is None
    with ensure_demo(runtime_dir) as lease:
        assert is_up(lease.url)


def test_a_server_that_was_told_to_end_gives_no_more_leases(runtime_dir: Path) -> None:
    with ensure_demo(runtime_dir) as lease:
        server_of(runtime_dir).terminate()
        wait_until_gone(lease.url)
        with ensure_demo(runtime_dir) as again:
            assert is_up(again.url)


def test_there_is_no_lease_where_there_is_no_server(runtime_dir: Path) -> None:
    assert DemoLease.connect(runtime_dir) is None
    lease_path(runtime_dir).write_text("not a socket")
    assert DemoLease.connect(runtime_dir) is None


def test_a_server_that_does_not_answer_is_named_and_left_alone(
    runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "ANSWER_WITHIN_S", 0.2)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(lease_path(runtime_dir)))
        silent.listen()
        with pytest.raises(PerftuiError, match="does not answer") as refusal:
            ensure_demo(runtime_dir)
    assert refusal.value.exit_code == exit_codes.ENVIRONMENT
    assert lease_path(runtime_dir).exists()


def test_why_it_cannot_start_is_one_line(runtime_dir: Path) -> None:
    with pytest.raises(PerftuiError, match="path too long") as refusal:
        ensure_demo(runtime_dir / ("x" * 100))
    assert refusal.value.exit_code == exit_codes.ENVIRONMENT


def test_a_shared_target_starts_with_nothing_wrong(runtime_dir: Path) -> None:
    with ensure_demo(runtime_dir) as lease:
        knobs = httpx.get(f"{lease.url}/__perftui__/knobs").json()
    assert set(knobs.values()) == {0}


def test_a_second_server_of_one_folder_is_refused(runtime_dir: Path) -> None:
    with ensure_demo(runtime_dir) as lease:
        second = subprocess.run(
            [sys.executable, "-m", "perftui.demo", "--lease-dir", str(runtime_dir)],
            capture_output=True,
            text=True,
            timeout=10,
        )
        assert second.returncode == exit_codes.ENVIRONMENT
        assert second.stderr.count("\n") == 1
        assert is_up(lease.url)
