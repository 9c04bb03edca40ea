"""What the command line does with what is around it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from perftui import exit_codes
from tests.fakes.command import COMMAND, TIMEOUT_S, locustfile_in, perftui, profiles_in
from tests.fakes.fault_server import RunningFaultServer


def test_an_output_that_is_full_is_one_line_and_no_bug(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "history", "--json"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    assert done.returncode == exit_codes.ENVIRONMENT
    assert done.stderr == "perftui: the output cannot be written: No space left on device.\n"


def test_a_second_run_on_a_target_is_told_of_the_first(tmp_path: Path) -> None:
    with RunningFaultServer("ok") as server:
        locustfile_in(tmp_path)
        profiles_in(tmp_path, server.url)
        command = ("run", "quick", "--target", "stage")
        alone = perftui(*command, cwd=tmp_path)
        first = subprocess.Popen(
            [*COMMAND, *command, "--run-time", "60s"],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert first.stderr is not None
            while "ramping" not in first.stderr.readline():
                pass
            second = perftui(*command, cwd=tmp_path)
            check = perftui("check", "quick", "--target", "stage", "--json", cwd=tmp_path)
        finally:
            first.terminate()
            first.communicate(timeout=TIMEOUT_S)
    assert "another run loads" not in alone.stderr
    assert "another run loads this machine:" in second.stderr
    items = {item["name"]: item["status"] for item in json.loads(check.stdout)["checks"]}
    assert items["alone"] == "warning"
    assert items["target side"] == "ok"
