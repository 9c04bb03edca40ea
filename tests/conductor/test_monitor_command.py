"""A command of the user's own: its last line counts, and nothing of it is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from perftui.conductor import monitor_command
from perftui.conductor.monitor_command import MonitorCommand
from perftui.conductor.target_source import UnreadableError
from tests.fakes.waiting import wait_until

# Leaves its group and holds on to the pipes.
DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    with open(sys.argv[1], "w") as file:
        print(os.getpid(), file=file)
    time.sleep(60)
"""


@pytest.mark.parametrize(
    ("command", "value"),
    [
        ("echo 12.5", 12.5),
        ("echo first; echo; echo ' -3e2 '; echo", -300.0),
        ("echo abc | grep -c x", 0.0),
        ("echo 7; echo trouble >&2; exit 3", 7.0),
        ("head -c 3000000 /dev/zero | tr '\\0' '\\n'; printf 4", 4.0),
    ],
)
async def test_the_last_line_counts(command: str, value: float) -> None:
    assert (await MonitorCommand(command).read()).value == value


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("echo 5 users", "it printed “5 users”"),
        ("echo nan", "it printed “nan”"),
        ("true", "it printed nothing and ended with exit code 0"),
        ("echo 'token=CANARY' >&2; exit 3", "it printed nothing and ended with exit code 3: token=***"),
        ("printf '\\033]0;PWNED\\007'", "it printed “\\x1b]0;PWNED\\x07”"),
    ],
)
async def test_what_is_said_where_it_is_no_number(command: str, why: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        await MonitorCommand(command).read()
    assert str(caught.value) == why


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").exists() and ") Z " in Path(f"/proc/{pid}/stat").read_text()


@pytest.mark.parametrize("how", ["sleep 60", "sleep 60 & echo $! > {pid}; wait", "sleep 60 & echo 5", "yes"])
async def test_a_command_that_does_not_end_is_killed_with_all_that_it_started(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor_command, "COMMAND_TIMEOUT_S", 0.3)
    pid_file = tmp_path / "pid"
    command = MonitorCommand(f"echo $$ > {pid_file}; " + how.format(pid=pid_file))
    with pytest.raises(UnreadableError, match=r"it does not end within 0\.3 s"):
        await command.read()
    pid = int(pid_file.read_text())
    await wait_until(lambda: is_gone(pid), "the end of the command")


async def test_what_leaves_the_group_of_a_command_costs_no_open_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor_command, "COMMAND_TIMEOUT_S", 0.3)
    pid_file = tmp_path / "pid"
    command = MonitorCommand(f"{sys.executable} -c '{DAEMON}' {pid_file}; echo 5")
    before = psutil.Process().num_fds()
    with pytest.raises(UnreadableError, match=r"it does not end within 0\.3 s"):
        await command.read()
    await wait_until(lambda: psutil.Process().num_fds() <= before, "the files to be closed")
    pid = await wait_until(lambda: pid_file.exists() and pid_file.read_text().strip(), "the daemon")
    os.kill(int(pid), signal.SIGKILL)


async def test_a_command_that_is_given_up_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    reading = asyncio.create_task(MonitorCommand(f"echo $$ > {pid_file}; exec sleep 60").read())
    await wait_until(lambda: pid_file.exists() and pid_file.read_text().strip(), "the command")
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert is_gone(int(pid_file.read_text()))
