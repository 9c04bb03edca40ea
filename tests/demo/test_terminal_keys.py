"""The keys of `perftui demo` through a terminal of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator

import pytest

from perftui import exit_codes
from tests.demo.running import ANNOUNCEMENT, Target
from tests.fakes.command import COMMAND
from tests.fakes.terminal import Terminal
from tests.fakes.waiting import wait_for

CTRL_C, CTRL_Z = "\x03", "\x1a"


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal([*COMMAND, "demo"], os.environ, columns=100)
    yield terminal
    terminal.close()


@pytest.fixture
def target(terminal: Terminal) -> Iterator[Target]:
    terminal.wait_for_text("requests/s")
    found = re.search(ANNOUNCEMENT + r"(http://[\d.:]+)", terminal.text)
    assert found is not None
    with Target(base_url=found[1]) as target:
        yield target


def test_each_key_turns_its_knob_and_the_line_says_so(terminal: Terminal, target: Target) -> None:
    assert "z freeze for 2 s" in terminal.text
    terminal.press("lllL")
    terminal.wait_for_text("latency 100 ms")
    terminal.press("jjJ")
    terminal.wait_for_text("latency 100 +/- 10 ms")
    terminal.press("ffF")
    terminal.wait_for_text("failures 5 %")
    terminal.press("m")
    terminal.wait_for_text("leak 64 kB/request")
    terminal.press("z")
    terminal.wait_for_text("FROZEN")
    knobs = target.knobs()
    assert 0 < knobs.pop("freeze_s") <= 2
    assert knobs == {
        "latency_ms": 100,
        "jitter_ms": 10,
        "failure_share": 0.05,
        "leak_kb_per_request": 64,
        "leaked_kb": 0,
    }
    terminal.press("m")
    terminal.wait_for_text("leak off")
    terminal.press("r")
    terminal.wait_for_text("latency 0 ms")
    assert set(target.knobs().values()) == {0}


def test_no_knob_goes_beyond_its_ends_and_other_keys_do_nothing(terminal: Terminal, target: Target) -> None:
    # The last two are an arrow and the key End, whose letters must not count as keys.
    for keys in ("LLJJFF", "xyz1 \t", "r", "f" * 25, "\x1b[D", "\x1b[F"):
        terminal.press(keys)
        terminal.read()
    terminal.wait_for_text("failures 100 %")
    assert target.knobs()["failure_share"] == 1
    assert target.knobs()["latency_ms"] == 0


def test_the_line_shows_the_requests_of_the_last_second(terminal: Terminal, target: Target) -> None:
    def shows_some() -> bool:
        target.get("/api/v1/health/ping")
        found = re.search(r"(\d+) requests/s", terminal.text)
        return found is not None and int(found[1]) > 0

    terminal.wait_for(shows_some, "a rate above 0")


@pytest.mark.parametrize("end", ["q", CTRL_C])
def test_the_terminal_is_as_before_when_it_ends(terminal: Terminal, target: Target, end: str) -> None:
    assert terminal.modes() == (False, False)
    terminal.press(end)
    assert terminal.exit_code() == exit_codes.OK
    assert terminal.modes() == (True, True)
    assert "requests/s" not in terminal.text


def test_the_terminal_is_as_before_when_it_is_terminated(terminal: Terminal, target: Target) -> None:
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.exit_code() == exit_codes.OK
    assert terminal.modes() == (True, True)


def test_it_ends_with_its_terminal(terminal: Terminal, target: Target) -> None:
    terminal.hang_up()
    wait_for(terminal.has_ended, "the target to end")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell with job control")
def test_a_shell_can_stop_it_and_go_on_and_keep_it_in_the_background() -> None:
    shell = Terminal(["bash", "--norc", "--noprofile", "-i"], {**os.environ, "PS1": "$ "}, columns=100)
    try:
        shell.press(" ".join([*COMMAND, "demo", "--port", "0"]) + "\n")
        shell.wait_for_text("requests/s")
        shell.press(CTRL_Z)
        shell.wait_for_text("Stopped")
        shell.press("fg\n")
        shell.wait_for(lambda: shell.text.count("requests/s") == 1 and not shell.modes()[1], "its own modes again")
        shell.press("l")
        shell.wait_for_text("latency 50 ms")
        shell.press("q")
        shell.wait_for(lambda: "requests/s" not in shell.text, "the line to go")
        # In the background it neither reads the shell's keys nor is stopped for it.
        shell.press("clear\n")
        shell.wait_for(lambda: ANNOUNCEMENT not in shell.text, "a clear screen")
        shell.press(" ".join([*COMMAND, "demo"]) + " &\n")
        shell.wait_for_text(ANNOUNCEMENT)
        shell.press("jobs\n")
        shell.wait_for_text("Running")
        assert "Keys:" not in shell.text
        shell.press("kill %1; wait %1; echo ended $?\n")
        shell.wait_for_text("ended 0")
    finally:
        shell.close()
