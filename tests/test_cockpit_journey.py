"""One long sitting in front of the cockpit, with everything real behind it and in a real terminal."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.fakes.command import COMMAND, perftui, profiles_in
from tests.fakes.fault_server import RunningFaultServer
from tests.test_cockpit import (
    AloneCheck,
    Terminal,
    a_cockpit_that_dies_gives_the_terminal_back_and_leaves_the_run,
    alone_at_once,
    leaving_while_a_run_starts_leaves_no_load,
    live_runs,
)

Opened = Callable[..., Terminal]


@contextmanager
def cockpits(project: Path, environ: Mapping[str, str]) -> Iterator[Opened]:
    """Opens cockpits, which are closed in the end, whatever became of them."""
    terminals: list[Terminal] = []

    def open_one(*arguments: str) -> Terminal:
        terminals.append(Terminal((*COMMAND, *arguments), project, environ=environ))
        return terminals[-1]

    try:
        yield open_one
    finally:
        for each in terminals:
            each.close()


def choose_run_brush_fail_detach_attach_results_history_compare_quit(project: Path, environ: Mapping[str, str]) -> None:
    with RunningFaultServer("ok") as server, cockpits(project, environ) as opened:
        profiles_in(project, server.url)
        # An earlier run, to compare with.
        earlier = perftui("run", "quick", "--target", "stage", "--run-time", "5s", cwd=project, environ=environ)
        assert earlier.returncode == 0

        terminal = opened("launch", "--target", "stage", "--run-time", "60s")
        terminal.wait_for(lambda text: "quick" in text and "perftui run quick" in text and "✓" in text, "the setup")
        terminal.press("\r")
        terminal.wait_for(
            lambda text: re.search(r"RUNNING  00:(0[5-9]|1)", text) is not None, "five seconds of the run"
        )

        # A window of what was recorded so far: w begins it, the cursor goes back, w ends it.
        terminal.press("w\x1b[D\x1b[D\x1b[Dw")
        terminal.wait_for(lambda text: "WINDOW" in text and "requests" in text, "the window's numbers")
        terminal.press("\x1b")
        terminal.wait_for(lambda text: "WINDOW" not in text, "the whole run again")
        terminal.press("m")
        terminal.wait_for(lambda text: "note" in text.lower(), "the question for a note")
        terminal.press("now it breaks\r")

        # The target fails: it is grouped, and a sample shows what came back.
        server.change("status=503")
        terminal.wait_for(lambda text: "Failures 1" in text, "the failure group")
        terminal.press("\t")
        terminal.wait_for(lambda text: "BadStatus" in text, "the failures")
        terminal.press("\r")
        terminal.wait_for(lambda text: "GET" in text and "content-length" in text.lower(), "what was kept of a failure")
        terminal.press("\x1b")
        server.change("ok")

        terminal.wait_for(lambda text: "Failures" in text and "Requests" in text, "the run again")
        terminal.press("d")
        assert terminal.wait_for_exit() == 0
        assert "perftui attach" in terminal.text
        assert live_runs(environ) == 1

        again = opened("attach")
        # Twice as long as the earlier one by then.
        again.wait_for(
            lambda text: re.search(r"RUNNING  00:[1-5]", text) is not None and "Failures 1" in text, "the run again"
        )
        again.press("x")
        again.wait_for(lambda text: "Verdict" in text and "ABORTED" in text, "the results")
        again.press("5")
        again.wait_for(lambda text: "passed" in text and "aborted" in text, "the history")
        # Both are marked, and compared, though one is much longer.
        again.press(" j c")
        again.wait_for(lambda text: "not alike" in text and "measured time" in text, "what is not alike")
        again.press("f")
        again.wait_for(lambda text: "worse" in text and "fail" in text and " B " in text, "the comparison")
        again.press("q")
        assert again.wait_for_exit() == 0
    assert live_runs(environ) == 0
    (noted,) = [each for each in (project / "runs").glob("*/notes.csv") if "now it breaks" in each.read_text()]
    assert "now it breaks" in (noted.parent / "report.html").read_text()


def a_storm_of_sizes_and_a_slow_reader_leave_a_cockpit_that_works(project: Path, environ: Mapping[str, str]) -> None:
    with RunningFaultServer("ok") as server, cockpits(project, environ) as opened:
        profiles_in(project, server.url)
        terminal = opened("launch", "--target", "stage", "--run-time", "60s")
        terminal.wait_for(lambda text: "✓" in text, "the preflight")
        terminal.press("\r")
        terminal.wait_for(lambda text: "RUNNING" in text, "the run")
        # Nobody reads meanwhile: each size asks for a whole screen.
        for columns, lines in [(80, 24), (300, 100), (60, 16), (1, 1), (40, 10), (200, 60)] * 10:
            terminal.resize(columns, lines)
        terminal.resize(100, 30)
        terminal.wait_for(lambda text: "RUNNING" in text and "Requests" in text, "the run, drawn again")
        terminal.press("q")
        terminal.wait_for(lambda text: "stop the run" in text, "the question")
        terminal.press("s")
        assert terminal.wait_for_exit() == 0
        assert terminal.settings_now() == terminal.settings


@pytest.mark.timeout(240)
def test_long_sittings_and_cockpits_that_are_left_and_die(tmp_path: Path) -> None:
    dies = a_cockpit_that_dies_gives_the_terminal_back_and_leaves_the_run
    leaving = leaving_while_a_run_starts_leaves_no_load
    checks: dict[str, AloneCheck] = {
        # The longest is first, and all others fit beside it.
        "sitting": choose_run_brush_fail_detach_attach_results_history_compare_quit,
        **{number.name: partial(dies, number=number) for number in (signal.SIGKILL, signal.SIGHUP, signal.SIGTERM)},
        **{way: partial(leaving, way=way) for way in ("stop", "hang up", "kill")},
        "storm": a_storm_of_sizes_and_a_slow_reader_leave_a_cockpit_that_works,
    }
    alone_at_once(checks, tmp_path)
