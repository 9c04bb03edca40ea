"""The cockpit with everything real behind it, in a real terminal."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
from collections.abc import Callable, Mapping
from fcntl import ioctl
from functools import partial
from pathlib import Path

import pyte
import pytest

from perftui import exit_codes
from perftui.store.reader import RunReader
from perftui.wire.rendezvous import connect
from tests.fakes.at_once import at_once
from tests.fakes.command import COMMAND, LOCUSTFILE, locustfile_in, profiles_in
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_for


class Terminal:
    """A pseudo-terminal with a program in it, and what stands on its screen."""

    def __init__(
        self,
        command: tuple[str, ...],
        cwd: Path,
        columns: int = 100,
        lines: int = 30,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.settings = termios.tcgetattr(theirs)
        self._theirs = theirs
        whole = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", **(environ or {})}
        self.process = subprocess.Popen(
            command, cwd=cwd, env=whole, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def wait_for(self, condition: Callable[[str], bool], what: str, within_s: float = 40.0) -> None:
        until = time.monotonic() + within_s
        while not condition(self.text):
            if time.monotonic() > until:
                raise TimeoutError(f"waited for {what}; on the screen:\n{self.text}")
            self._read(0.1)

    def wait_for_exit(self, within_s: float = 20.0) -> int:
        until = time.monotonic() + within_s
        while self.process.poll() is None:
            if time.monotonic() > until:
                raise TimeoutError(f"still running; on the screen:\n{self.text}")
            self._read(0.1)
        self._read(0.1)
        return self.process.returncode

    def resize(self, columns: int, lines: int) -> None:
        """Another size, as when a window is dragged."""
        ioctl(self._theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        # The kernel does this for the group in front of a controlling terminal, and this is none.
        os.killpg(self.process.pid, signal.SIGWINCH)
        self._screen.resize(lines, columns)

    def settings_now(self) -> list[object]:
        return termios.tcgetattr(self._theirs)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)

    def _read(self, wait_s: float) -> None:
        while select.select([self._ours], [], [], wait_s)[0]:
            self._stream.feed(os.read(self._ours, 1 << 16))
            wait_s = 0.0


AloneCheck = Callable[[Path, Mapping[str, str]], None]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    locustfile_in(tmp_path)
    return tmp_path


@pytest.mark.timeout(240)
def test_whole_runs_from_the_first_screen(tmp_path: Path) -> None:
    checks: dict[str, AloneCheck] = {
        "pausing": pausing_the_viewer_process_loses_no_tick,
        "address": an_address_and_a_file_of_the_command_line_are_what_runs_and_runs_again,
        "80x24": partial(from_the_first_screen_to_the_verdict, columns=80, lines=24),
        "100x30": partial(from_the_first_screen_to_the_verdict, columns=100, lines=30),
        "200x60": partial(from_the_first_screen_to_the_verdict, columns=200, lines=60),
        "x": x_stops_the_run,
    }
    alone_at_once(checks, tmp_path)


def alone_at_once(checks: Mapping[str, AloneCheck], folder: Path) -> None:
    at_once({name: partial(check_alone, check, folder / name) for name, check in checks.items()})


def check_alone(check: AloneCheck, project: Path) -> None:
    """With runs and sockets that no other check sees."""
    project.mkdir()
    locustfile_in(project)
    with tempfile.TemporaryDirectory(prefix="pt-") as runtime:
        check(project, {"PERFTUI_RUNS_DIR": str(project / "runs"), "XDG_RUNTIME_DIR": runtime})


def from_the_first_screen_to_the_verdict(project: Path, environ: Mapping[str, str], columns: int, lines: int) -> None:
    with RunningFaultServer("ok") as server:
        profiles_in(project, server.url)
        terminal = Terminal((*COMMAND, "launch", "--target", "stage"), project, columns, lines, environ)
        try:
            terminal.wait_for(lambda text: "quick" in text and "✓" in text, "the preflight")
            terminal.press("\r")
            terminal.wait_for(lambda text: "RUNNING" in text or "PASSED" in text, "the run")
            terminal.wait_for(lambda text: "PASSED" in text and "Histogram" in text, "the verdict and its panes")
            terminal.press("q")
            assert terminal.wait_for_exit() == 0
            assert "Passed: finished as planned" in terminal.text
        finally:
            terminal.close()
        served = server.requests()
    (outcome,) = (project / "runs").glob("*/outcome.json")
    # The server was asked twice before the run: by the preflight, and when it was started.
    assert json.loads(outcome.read_text())["accounting"]["started"] == served - 2


def x_stops_the_run(project: Path, environ: Mapping[str, str]) -> None:
    with RunningFaultServer("ok") as server:
        profiles_in(project, server.url)
        terminal = Terminal((*COMMAND, "launch", "--target", "stage", "--run-time", "60s"), project, environ=environ)
        try:
            terminal.wait_for(lambda text: "✓" in text, "the preflight")
            terminal.press("\r")
            terminal.wait_for(lambda text: "RUNNING" in text, "the run")
            terminal.press("x")
            terminal.wait_for(lambda text: "ABORTED" in text, "the end")
        finally:
            terminal.close()


def a_cockpit_that_dies_gives_the_terminal_back_and_leaves_the_run(
    project: Path, environ: Mapping[str, str], number: signal.Signals
) -> None:
    with RunningFaultServer("ok") as server:
        profiles_in(project, server.url)
        terminal = Terminal((*COMMAND, "launch", "--target", "stage", "--run-time", "60s"), project, environ=environ)
        try:
            terminal.wait_for(lambda text: "✓" in text, "the preflight")
            terminal.press("\r")
            terminal.wait_for(lambda text: "RUNNING" in text, "the run")
            children = subprocess.run(["pgrep", "-P", str(terminal.process.pid)], capture_output=True, text=True).stdout
            os.kill(int(children.split()[0]), number)
            assert terminal.wait_for_exit() == 128 + number
            assert terminal.settings_now() == terminal.settings
        finally:
            terminal.close()
        assert live_runs(environ) == 1
        # And it can be looked at again, with what it showed before.
        again = Terminal((*COMMAND, "attach"), project, environ=environ)
        try:
            again.wait_for(lambda text: "RUNNING" in text and "GET" in text, "the run again")
            again.press("q")
            again.wait_for(lambda text: "etach" in text and "top" in text, "the question")
            again.press("s")
            again.wait_for_exit()
        finally:
            again.close()
    assert live_runs(environ) == 0


def pausing_the_viewer_process_loses_no_tick(project: Path, environ: Mapping[str, str]) -> None:
    with RunningFaultServer("ok") as server:
        profiles_in(project, server.url)
        terminal = Terminal((*COMMAND, "launch", "--target", "stage", "--run-time", "5s"), project, environ=environ)
        try:
            terminal.wait_for(lambda text: "✓" in text, "the preflight")
            terminal.press("\r")
            terminal.wait_for(lambda text: "RUNNING" in text, "the run")
            os.killpg(terminal.process.pid, signal.SIGSTOP)
            runs = project / "runs"
            until = time.monotonic() + 40
            while not list(runs.glob("*/report.html")):
                assert time.monotonic() < until
                select.select([], [], [], 0.1)
            os.killpg(terminal.process.pid, signal.SIGCONT)
            terminal.wait_for(lambda text: "PASSED" in text, "the verdict")
        finally:
            terminal.close()
    (report,) = runs.glob("*/report.html")
    seqs = [point.seq for point in RunReader(report.parent).points()]
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) >= 5


def an_address_and_a_file_of_the_command_line_are_what_runs_and_runs_again(
    project: Path, environ: Mapping[str, str]
) -> None:
    locustfile_in(project, name="other.py")
    with RunningFaultServer("ok") as server:
        profiles_in(project, "http://127.0.0.1:9")
        asking = ("launch", "--target", server.url, "-f", "other.py")
        terminal = Terminal((*COMMAND, *asking), project, environ=environ)
        try:
            terminal.wait_for(lambda text: server.url in text and "▌ other.py" in text and "✓" in text, "the plan")
            terminal.press("\r")
            terminal.wait_for(lambda text: "PASSED" in text and "Files" in text, "the verdict")
            served = server.requests()
            terminal.press("r")
            terminal.wait_for(
                lambda text: server.url in text and "▌ other.py" in text and "✓" in text, "the plan again"
            )
            terminal.press("\r")
            terminal.wait_for(lambda text: "RUNNING" in text, "the run again")
            terminal.wait_for(lambda text: "PASSED" in text and "Files" in text, "the verdict again")
        finally:
            terminal.close()
        assert server.requests() > served


@pytest.mark.parametrize("how", ["option", "variable"])
def test_a_name_that_is_none_opens_no_screen(project: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    profiles_in(project, "http://127.0.0.1:9")
    asking = ("--target", "stge") if how == "option" else ()
    if how == "variable":
        monkeypatch.setenv("PERFTUI_TARGET", "stge")
    terminal = Terminal((*COMMAND, "launch", *asking), project)
    try:
        assert terminal.wait_for_exit() == exit_codes.USAGE
        assert "the nearest is 'stage'" in terminal.text
    finally:
        terminal.close()


def leaving_while_a_run_starts_leaves_no_load(project: Path, environ: Mapping[str, str], way: str) -> None:
    # Only the engine of a run is held back: the preflight's has to pass.
    slow = "import os, time\nif os.path.exists('hold'):\n    open('held', 'w').close()\n    time.sleep(3)\n"
    locustfile_in(project, slow + LOCUSTFILE)
    with RunningFaultServer("ok") as server:
        profiles_in(project, server.url)
        terminal = Terminal((*COMMAND, "launch", "--target", "stage", "--run-time", "60s"), project, environ=environ)
        try:
            terminal.wait_for(lambda text: "Preflight  ✓" in text and "checking" not in text, "the whole preflight")
            (project / "hold").touch()
            terminal.press("\r")
            terminal.wait_for(lambda _: (project / "held").exists(), "the engine of the run")
            asked = server.requests()
            children = subprocess.run(["pgrep", "-P", str(terminal.process.pid)], capture_output=True, text=True).stdout
            if way == "stop":
                terminal.press("q")
                terminal.wait_for(lambda text: "do not start it" in text, "the question")
                terminal.press("s")
                assert terminal.wait_for_exit() == 0
            else:
                number = signal.SIGHUP if way == "hang up" else signal.SIGKILL
                os.kill(int(children.split()[0]), number)
                assert terminal.wait_for_exit() == 128 + number
        finally:
            terminal.close()
        wait_for(lambda: not conductors_in(project), "the conductor to end", 20)
        assert server.requests() == asked
    assert live_runs(environ) == 0
    assert not list((project / "runs").glob("*"))


def live_runs(environ: Mapping[str, str]) -> int:
    """How many conductors listen."""
    count = 0
    for path in Path(environ["XDG_RUNTIME_DIR"], "perftui").glob("*.sock"):
        connection = connect(path)
        if connection is not None:
            connection.close()
            count += 1
    return count


def conductors_in(folder: Path) -> list[str]:
    """Processes of perftui that work in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink() == folder and b"perftui" in (process / "cmdline").read_bytes():
                found.append(process.name)
    return found
