"""The edges of the cockpit's process, under a real pseudo-terminal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from perftui import exit_codes
from tests.fakes.terminal import Terminal
from tests.fakes.waiting import wait_for

PROGRAM = [sys.executable, "-m", "tests.fakes.cockpit_program"]
ROOT = Path(__file__).parents[2]
Opens = Callable[..., Terminal]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS", "LINES")}
    env |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    return env | {"XDG_STATE_HOME": str(tmp_path / "state")}


@pytest.fixture
def opens(env: dict[str, str]) -> Iterator[Opens]:
    opened: list[Terminal] = []

    def open_one(mode: str, **more: str) -> Terminal:
        terminal = Terminal([*PROGRAM, mode], env | more)
        opened.append(terminal)
        return terminal

    yield open_one
    for each in opened:
        each.close()


def child_of(pid: int) -> int:
    """The process that draws; its parent is the launcher."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[-1])


def is_given_back(terminal: Terminal) -> bool:
    sent = bytes(terminal.sent)
    left = sent.rfind(b"\x1b[?1049l") > sent.rfind(b"\x1b[?1049h")
    mouse_off = sent.rfind(b"\x1b[?1003l") > sent.rfind(b"\x1b[?1003h")
    return left and mouse_off and terminal.modes() == (True, True)


def test_it_opens_quits_and_gives_the_terminal_back(opens: Opens) -> None:
    terminal = opens("setup")
    terminal.wait_for_text("Preflight")
    assert terminal.modes() == (False, False)
    terminal.press("q")
    assert terminal.exit_code() == exit_codes.OK
    assert is_given_back(terminal)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGTERM, exit_codes.TERMINATED),
        (signal.SIGHUP, exit_codes.HANGUP),
        (signal.SIGINT, exit_codes.INTERRUPTED),
    ],
)
@pytest.mark.parametrize("whom", ["launcher", "cockpit"])
def test_a_signal_ends_it_in_order(opens: Opens, number: signal.Signals, code: int, whom: str) -> None:
    terminal = opens("setup")
    terminal.wait_for_text("Preflight")
    os.kill(terminal.pid if whom == "launcher" else child_of(terminal.pid), number)
    assert terminal.exit_code(10) == code
    assert is_given_back(terminal)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_what_no_handler_catches_still_gives_the_terminal_back(opens: Opens, number: signal.Signals) -> None:
    terminal = opens("setup")
    terminal.wait_for_text("Preflight")
    os.kill(child_of(terminal.pid), number)
    assert terminal.exit_code(10) == 128 + number
    assert is_given_back(terminal)


def test_a_terminal_that_goes_away_leaves_no_process_behind(opens: Opens) -> None:
    terminal = opens("setup")
    terminal.wait_for_text("Preflight")
    drawing = child_of(terminal.pid)
    terminal.hang_up()
    wait_for(lambda: terminal.has_ended() and not _lives(drawing), "both processes to end", 15)


def test_a_crash_says_one_line_and_keeps_no_secret(opens: Opens, tmp_path: Path) -> None:
    terminal = opens("crash")
    assert terminal.exit_code() == exit_codes.BUG
    assert is_given_back(terminal)
    (report,) = (tmp_path / "state" / "perftui").iterdir()
    assert report.stat().st_mode & 0o777 == 0o600
    text = report.read_text()
    assert "RuntimeError: a bug" in text
    assert "canary" not in text + bytes(terminal.sent).decode(errors="replace")
    said = b"perftui: a bug in perftui ended the cockpit"
    assert said in terminal.sent
    # To leave the other screen after that would put the shell's next line over it.
    assert b"\x1b[?1049l" not in terminal.sent[terminal.sent.index(said) :]


def test_a_run_is_left_and_the_shell_says_how_to_come_back(opens: Opens) -> None:
    terminal = opens("live")
    terminal.wait_for_text("RUNNING")
    terminal.press("d")
    assert terminal.exit_code() == exit_codes.OK
    assert b"perftui attach 20260304T050607_light_shop" in terminal.sent


def test_a_stopped_viewer_goes_on_where_the_run_is(opens: Opens) -> None:
    terminal = opens("live")
    terminal.wait_for_text("RUNNING")
    drawing = child_of(terminal.pid)
    os.kill(drawing, signal.SIGTSTP)
    terminal.wait_for(lambda: _state(terminal.pid) == "T", "the launcher to stop as well", 10)
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.press("d")
    assert terminal.exit_code() == exit_codes.OK


def test_a_second_of_live_view_is_few_bytes(opens: Opens) -> None:
    """Three hundred rows, all changing. The bound leaves room for a jump of an axis, which repaints a chart."""
    terminal = opens("live")
    terminal.wait_for_text("/item/")
    terminal.read(1.0)
    before, seconds = len(terminal.sent), 5.0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        terminal.read(0.1)
    assert (len(terminal.sent) - before) / seconds < 6_000


def colours_in(sent: bytes) -> set[bytes]:
    """Codes of colours among all that were sent; the terminal's own two have none."""
    codes = {code for each in re.findall(rb"\x1b\[([0-9;]*)m", sent) for code in each.split(b";")}
    return {code for code in codes if re.fullmatch(rb"[34][0-8]|9[0-7]|10[0-7]", code)}


def test_no_color_means_the_terminals_own_two(opens: Opens) -> None:
    terminal = opens("setup", NO_COLOR="1")
    terminal.wait_for_text("Preflight")
    terminal.press("?")
    terminal.wait_for_text("Where the focus is")
    assert colours_in(bytes(terminal.sent)) == set()


def test_a_slow_line_gets_fewer_colours_and_no_mouse(opens: Opens) -> None:
    terminal = opens("slow")
    terminal.wait_for_text("Preflight")
    assert b"38;5;" in terminal.sent
    assert b";2;" not in terminal.sent
    assert b"\x1b[?1003h" not in terminal.sent


def test_on_a_terminal_of_sixteen_colours_there_are_sixteen(opens: Opens) -> None:
    terminal = opens("setup", TERM="xterm", COLORTERM="")
    terminal.wait_for_text("Preflight")
    assert b"38;" not in terminal.sent
    assert colours_in(bytes(terminal.sent))


@pytest.mark.parametrize(
    ("change", "why"),
    [({"TERM": "dumb"}, "TERM=dumb"), ({"TERM": ""}, "TERM"), ({"PYTHONIOENCODING": "latin-1"}, "encoding")],
)
def test_a_terminal_that_cannot_be_drawn_on_is_refused(opens: Opens, change: dict[str, str], why: str) -> None:
    terminal = opens("setup", **change)
    assert terminal.exit_code() == exit_codes.USAGE
    text = bytes(terminal.sent).decode()
    assert "cannot open the cockpit" in text
    assert why in text
    assert "perftui run" in text
    assert "\x1b" not in text


def test_no_terminal_is_refused(env: dict[str, str]) -> None:
    done = subprocess.run(
        [*PROGRAM, "setup"], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == exit_codes.USAGE
    assert "there is no terminal" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_nothing_of_textual_is_imported_before_it_is_needed(env: dict[str, str]) -> None:
    probe = (
        "import sys, perftui.tui.terminal.edges; "
        "print([name for name in sys.modules if name in ('textual', 'plotext', 'rich')])"
    )
    done = subprocess.run([sys.executable, "-c", probe], env=env, capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == "[]", done.stderr


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and _state(pid) != "Z"


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return "Z"
