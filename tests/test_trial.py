"""`perftui try`: what a locustfile sends and what comes back, by the real command line."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.cockpit.services import CockpitServices
from perftui.planning import Asker, profiles_here
from perftui.profiles.choice import Choice
from tests.fakes.at_once import at_once
from tests.fakes.command import locustfile_in, perftui, profiles_in
from tests.fakes.fault_server import RunningFaultServer

SHOP = """
from locust import FastHttpUser, task

class ShopUser(FastHttpUser):
    @task
    def read(self):
        self.client.get("/items")

    @task
    def idle(self):
        pass

    @task
    def crash(self):
        self.client.get("/items")
        raise ValueError("no")
"""


TRIALS = {
    "read": ("ok", "read", exit_codes.OK, "1 request, all succeeded."),
    "failure": ("status=500", "read", exit_codes.FAILED, "1 request, 1 failed."),
    "crash": (
        "ok",
        "crash",
        exit_codes.LOCUSTFILE,
        "1 request, all succeeded. crash failed: locustfile.py:16: ValueError: no.",
    ),
    "idle": ("ok", "idle", exit_codes.NO_DATA, "No request was sent."),
}


def test_the_exit_code_says_what_came_of_it(tmp_path: Path) -> None:
    at_once({name: partial(check, *case, tmp_path / name) for name, case in TRIALS.items()})


def check(mode: str, task: str, code: int, last: str, folder: Path) -> None:
    folder.mkdir()
    locustfile_in(folder, SHOP)
    with RunningFaultServer(mode) as server:
        profiles_in(folder, server.url)
        done = perftui("try", "quick", "-t", "stage", "--task", task, "-u", "3", cwd=folder)
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.splitlines()[0] == f"ShopUser.{task}, one user, once"
    assert done.stdout.splitlines()[-1] == last
    assert (f"> GET {server.url}/items" in done.stdout) == (task != "idle")
    assert not (folder.parent / "runs").exists()


async def test_the_cockpit_tries_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locustfile_in(tmp_path, SHOP)
    monkeypatch.chdir(tmp_path)
    with RunningFaultServer("ok") as server:
        profiles = profiles_in(tmp_path, server.url)
        services = CockpitServices(Asker(profiles_here(profiles), tmp_path), Choice(), tmp_path / "runs")
        trial = await services.trial(services.plan("quick", "stage", "shop", {"users": "50"}))
    assert (trial.user_class, trial.task, trial.exception) == ("ShopUser", "read", "")
    assert [each.status for each in trial.exchanges] == [200]


def test_a_production_target_is_not_tried_unless_it_is_meant(tmp_path: Path) -> None:
    locustfile_in(tmp_path, SHOP)
    with RunningFaultServer("ok") as server:
        profiles = profiles_in(tmp_path, server.url)
        text = profiles.read_text().replace("[scenarios", 'environment = "production"\n\n[scenarios', 1)
        profiles.write_text(text)
        refused = perftui("try", "quick", "-t", "stage", cwd=tmp_path)
        assert server.requests() == 0
        meant = perftui("try", "quick", "-t", "stage", "--confirm-host", "127.0.0.1", cwd=tmp_path)
    assert (refused.returncode, meant.returncode) == (exit_codes.REFUSED, exit_codes.OK)
