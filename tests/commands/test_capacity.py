"""`perftui capacity`: real searches against a target that bears a known number of requests at a time."""

from __future__ import annotations

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from perftui import exit_codes
from perftui.commands.capacity import FOUND, capacity, name_to_save, searching
from perftui.model.errors import PerftuiError
from perftui.model.plan import Profile, RunPlan, Scenario, Search, Stage, Target
from perftui.profiles.file import load_profiles
from perftui.profiles.profile_set import ProfileSet
from perftui.store.reader import RunReader
from perftui.wire.client import RunClient
from perftui.wire.rendezvous import socket_path
from tests.fakes.command import locustfile_in, perftui, profiles_in
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_for

BEARS = 3
# Without a wait, as many requests are under way as there are users.
LOCUSTFILE = """
from locust import FastHttpUser, constant, task

class ShopUser(FastHttpUser):
    wait_time = constant(0)

    @task
    def read(self):
        self.client.get("/")
"""
RULES = ("--threshold", "p95 < 300ms")


@dataclass(frozen=True, slots=True)
class Searches:
    """A search for users that goes beyond what the target bears, and one for a rate that does not."""

    folder: Path
    users: subprocess.CompletedProcess[str]
    rate: subprocess.CompletedProcess[str]
    refused: str
    """What somebody hears who orders the first of them to another load."""

    def outcome(self, profile: str) -> Any:
        (path,) = (self.folder / "runs").glob(f"*_{profile}_*/outcome.json")
        return json.loads(path.read_text())

    def run(self, profile: str) -> Path:
        (folder,) = (self.folder / "runs").glob(f"*_{profile}_*")
        return folder


def _ordered_elsewhere(runs: Path) -> str:
    """What a person hears who asks the running search for other users."""

    def connected() -> RunClient | None:
        folders = list(runs.glob("*_quick_*"))
        return RunClient.connect(socket_path(folders[0])) if folders else None

    client = wait_for(connected, "the search to begin")
    assert client is not None
    with client:
        next(snapshot for snapshot in client.snapshots(timeout_s=30) if snapshot.total.requests)
        words = perftui("ctl", client.welcome.run_id, "users=30", "--runs-dir", str(runs), cwd=runs)
        return words.stderr


@pytest.fixture(scope="module")
def searches(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("capacity")
    locustfile_in(folder, LOCUSTFILE)
    runtime = folder / "r"
    runtime.mkdir(mode=0o700)
    (folder / "runs").mkdir()
    with (
        pytest.MonkeyPatch.context() as patch,
        RunningFaultServer(f"knee={BEARS}") as server,
        RunningFaultServer("hold=100") as other,
    ):
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        path = profiles_in(folder, server.url)
        more = """
[profiles.open]
scenario = "shop"
rate = "40/s"
max_users = 30
spawn_rate = 30
stop_timeout = "1s"
"""
        path.write_text("# kept\n" + path.read_text() + more)
        common = ("--threshold", "p95 < 300ms", "--hold", "2s", "--runs-dir", str(folder / "runs"))
        closed = ("quick", "--target", "stage", "--from", "3", "--to", "30", "--spawn-rate", "40", *common)
        open_ = ("open", "--target", other.url, "--to", "40/s", "--save-as", "steady", "--json", *common)
        with ThreadPoolExecutor(2) as pool:
            users = pool.submit(perftui, "capacity", *closed, cwd=folder)
            rate = pool.submit(perftui, "capacity", *open_, cwd=folder)
            refused = _ordered_elsewhere(folder / "runs")
            yield Searches(folder, users.result(), rate.result(), refused)


def test_the_highest_level_that_holds_is_found_with_its_evidence(searches: Searches) -> None:
    outcome = searches.outcome("quick")
    found = outcome["capacity"]
    assert (found["highest"], found["is_reached"], found["is_rate"]) == (BEARS, True, False), searches.users.stderr
    assert [each["level"] for each in found["levels"]] == [3, 6, 4]
    assert [each["verdict"] for each in found["levels"]] == ["held", "broken", "broken"]
    assert (outcome["exit_code"], outcome["verdict"], outcome["state"]) == (exit_codes.OK, "passed", "finished")
    assert outcome["sentences"][0].startswith(f"Capacity: {BEARS} users held; at 4 users p95 4")
    assert outcome["thresholds"] == []
    assert searches.users.returncode == exit_codes.OK
    assert "Searches from 3 users to 30 users (--to); a level has to hold for 2s" in searches.users.stderr


def test_every_level_is_on_the_timeline_and_in_each_form_of_the_record(searches: Searches) -> None:
    reader = RunReader(searches.run("quick"))
    told = [event.text for event in reader.events() if event.kind == "search"]
    assert [text.split(":")[0] for text in told[:4]] == ["level 1", "3 users held", "level 2", "6 users did not hold"]
    ordered = next(event for event in reader.events() if event.kind == "load")
    assert (ordered.text, ordered.by) == ("users 3 -> 6 at 40/s", "the search")
    outcome = reader.outcome()
    assert outcome is not None
    assert outcome.capacity is not None
    assert len(outcome.capacity.levels) == 3
    assert reader.plan().search == Search(most=30.0, hold_s=2.0)
    document = json.loads((reader.folder / "result.json").read_text())
    assert document["capacity"]["highest"] == BEARS
    assert document["capacity"]["levels"][1]["verdict"] == "broken"
    assert "<h2>Capacity" in (reader.folder / "report.html").read_text()
    shown = perftui("show", reader.run_id, "--runs-dir", str(reader.folder.parent), cwd=searches.folder).stdout
    assert "       6 broken " in shown
    assert max(map(len, shown.splitlines())) <= 80 or str(searches.folder) in shown


def test_nobody_else_changes_the_load_of_a_search(searches: Searches) -> None:
    assert "the load of this run is led by a search for capacity" in searches.refused


def test_the_profile_that_is_written_runs_it(searches: Searches) -> None:
    text = (searches.folder / "profiles.toml").read_text()
    assert text.startswith("# kept\n")
    assert "[profiles.quick-capacity] was written into profiles.toml" in searches.users.stdout
    assert "`perftui run quick-capacity` runs it." in searches.users.stdout
    checked = perftui("check", "quick-capacity", cwd=searches.folder)
    assert checked.returncode == exit_codes.OK, checked.stdout
    saved = load_profiles(searches.folder / "profiles.toml").profiles
    quick, steady = saved["quick-capacity"], saved["steady"]
    assert (quick.users, quick.run_time_s, quick.thresholds) == (BEARS, 2.0, ("p95 < 300ms",))
    assert quick.description.startswith(FOUND)
    assert quick.description.endswith(f": {BEARS} users held")
    assert (steady.rate_per_s, steady.max_users) == (40.0, 30)
    assert steady.description.endswith("at least 40 tasks/s held")


def test_what_holds_all_that_it_may_get_has_no_capacity_that_is_known(searches: Searches) -> None:
    """And with --json, nothing else is on stdout."""
    outcome = json.loads(searches.rate.stdout)
    found = outcome["capacity"]
    assert (found["highest"], found["is_reached"], found["is_all"], found["is_rate"]) == (40, False, True, True)
    assert found["text"].startswith("Capacity not reached: 40 tasks/s held")
    assert searches.rate.returncode == exit_codes.OK
    assert "[profiles.steady] was written into profiles.toml" in searches.rate.stderr
    # No profile can hold an address: the command that runs it does.
    assert re.search(r"`perftui run steady --target http://127\.0\.0\.1:\d+` runs it\.", searches.rate.stderr)


def plan(profile: Profile, target: Target | None = None) -> RunPlan:
    return RunPlan(profile, target or Target("stage", "http://127.0.0.1:1"), Scenario("shop", ("x.py",)), "/")


CLOSED, OPEN = Profile("quick", users=7), Profile("open", rate_per_s=4.0, max_users=9)
LIMITED = Target("stage", "http://127.0.0.1:1", max_users=50, max_rps=100.0, max_minutes=2)


@pytest.mark.parametrize(
    ("asked", "first", "most", "said"),
    [
        (plan(CLOSED), 7, 70, "10 times as many; --to says another"),
        (plan(CLOSED, LIMITED), 7, 50, "max_users of target stage"),
        (plan(OPEN), 4, 40, "10 times as many; --to says another"),
        (plan(OPEN, LIMITED), 4, 90, "90% of max_rps of target stage"),
        (plan(replace(CLOSED, users=60), LIMITED), 50, 50, "max_users of target stage"),
    ],
)
def test_a_search_goes_from_the_profile_to_what_the_target_allows(
    asked: RunPlan, first: float, most: float, said: str
) -> None:
    searched, line = searching(asked, None, None, "20s", None)
    assert searched.search == Search(most, 20.0)
    own = searched.profile.users if asked.profile.rate_per_s is None else searched.profile.rate_per_s
    assert own == first
    assert searched.profile.run_time_s == (120 if asked.target.max_minutes else 1800)
    assert searched.profile.warm_up_s == 0
    assert said in line


@pytest.mark.parametrize(
    ("profile", "first", "most", "hold", "said"),
    [
        (replace(CLOSED, stages=(Stage(users=3, for_s=2.0),)), None, None, "2s", "profile quick has stages"),
        (replace(CLOSED, load_shape="Waves"), None, None, "2s", "profile quick has load shape Waves"),
        (CLOSED, "30", "20", "2s", "--from 30: it is above the most, 20 (--to)"),
        (CLOSED, "2.5", None, "2s", "--from: '2.5' is not a whole number"),
        (OPEN, None, "fast", "2s", "--to: 'fast' is not a rate"),
        (CLOSED, None, None, "0s", "--hold: '0s' is not a duration"),
        (CLOSED, None, None, "40m", "--max-time: in 30m no level can hold for 40m"),
    ],
)
def test_what_makes_no_search_is_refused_in_one_line(
    profile: Profile, first: str | None, most: str | None, hold: str, said: str
) -> None:
    with pytest.raises(PerftuiError) as caught:
        searching(plan(profile), first, most, hold, None)
    assert said in str(caught.value)
    assert caught.value.exit_code == exit_codes.USAGE


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--threshold", "rps > 3"), "a search for capacity needs a threshold such as p95 < 500ms"),
        (("--run-time", "9s", *RULES), "--run-time: a search for capacity has none"),
        (("--save-as", "quick", *RULES), "profile quick is there already"),
        (("--save-as", "x", "--no-save", *RULES), "they contradict each other"),
    ],
)
def test_the_command_refuses_before_any_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    locustfile_in(tmp_path)
    profiles_in(tmp_path, "http://127.0.0.1:1")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PerftuiError) as caught:
        capacity.main(["quick", "--target", "stage", *arguments], standalone_mode=False)
    assert said in str(caught.value)
    assert caught.value.exit_code == exit_codes.USAGE


def test_a_load_shape_of_the_locustfile_leaves_nothing_to_search(tmp_path: Path) -> None:
    shape = "from locust import LoadTestShape\nclass Waves(LoadTestShape):\n    def tick(self): return (3, 3)\n"
    locustfile_in(tmp_path, LOCUSTFILE + shape)
    with RunningFaultServer("ok") as server:
        profiles_in(tmp_path, server.url)
        done = perftui("capacity", "quick", "--target", "stage", *RULES, cwd=tmp_path)
        assert server.requests() <= 1  # whether it answers is asked once
    assert "perftui: load shape Waves of the locustfile decides the load" in done.stderr
    assert done.returncode == exit_codes.USAGE
    assert list((tmp_path / "runs").glob("2*")) == []


def test_only_what_a_search_wrote_is_written_again() -> None:
    def holding(description: str) -> ProfileSet:
        profiles = {"quick": CLOSED, "quick-capacity": Profile("quick-capacity", description)}
        return ProfileSet("profiles.toml", Path("/"), {}, profiles, {}, {}, {})

    assert name_to_save(holding(f"{FOUND} 2026-01-02 by run x: 5 users held"), "quick", None) == "quick-capacity"
    with pytest.raises(PerftuiError, match="quick-capacity is there already"):
        name_to_save(holding("mine"), "quick", None)
