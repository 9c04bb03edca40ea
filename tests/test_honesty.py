"""What a run says of its own generator, through the real command line."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from perftui import exit_codes
from tests.fakes.command import locustfile_in, perftui, profiles_in
from tests.fakes.fault_server import RunningFaultServer

FEW_FILES = """
import os
import resource
from locust import FastHttpUser, constant, events, task

@events.test_start.add_listener
def few_files(**_):
    most = len(os.listdir("/dev/fd")) + 12
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

class ShopUser(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def read(self):
        self.client.get("/")
"""


def run_with_few_files(folder: Path, *more: str) -> tuple[subprocess.CompletedProcess[str], int]:
    """The run, and how many requests its target had."""
    folder.mkdir()
    locustfile_in(folder, FEW_FILES)
    with RunningFaultServer("ok") as server:
        profiles_in(folder, server.url)
        asked = ("run", "quick", "--users", "40", "--spawn-rate", "100", "--target", "stage", "--json")
        done = perftui(*asked, *more, cwd=folder)
        return done, server.requests()


def outcome_of(output: str) -> Any:
    return json.loads(output)


def test_a_run_that_lacked_files_is_not_to_be_trusted_and_blames_nobody_else(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        demanding = pool.submit(run_with_few_files, tmp_path / "demanded", "--ci")
        told, _ = run_with_few_files(tmp_path / "told")
        demanded, arrived = demanding.result()
    assert demanded.returncode == exit_codes.UNTRUSTED, demanded.stderr
    assert "cannot be trusted" in demanded.stderr.splitlines()[-1]
    assert "no open file left: this machine allows" in demanded.stderr.splitlines()[-1]
    outcome = outcome_of(demanded.stdout)
    counts = outcome["accounting"]
    assert (outcome["trust"], counts["failed"]) == ("bad", 0)
    assert counts["local_errors"] > 0
    # One more: the target is asked once before any load.
    assert counts["succeeded"] + counts["abandoned"] + 1 >= arrived >= counts["succeeded"] > 0
    assert counts["started"] == counts["succeeded"] + counts["abandoned"] + counts["local_errors"]
    # Nobody asked to fail for it: the run passes, and says so all the same.
    assert told.returncode == exit_codes.OK, told.stderr
    outcome = outcome_of(told.stdout)
    assert outcome["trust"] == "bad"
    assert "This machine could not send" in " ".join(outcome["sentences"])
