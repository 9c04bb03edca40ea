"""`perftui bench`: measured, saved, compared, refused; by the real command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import click
import pytest

from perftui import exit_codes
from perftui.cli import cli
from perftui.model.bench import Bench, TaskRounds
from perftui.model.errors import PerftuiError
from perftui.reports.bench_json import bench_json
from perftui.store.benchmarks import machine_id, machine_info, save_bench
from tests.fakes.command import COMMAND, LOCUSTFILE, TIMEOUT_S, locustfile_in, perftui, profiles_in
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_for


def baseline(url: str, *times_s: float, task: str = "read") -> bytes:
    rounds = TaskRounds("ShopUser", task, times_s or (0.0001,) * 20)
    return bench_json(Bench("locustfile", url, "2026-03-04T05:06:07+00:00", 20, None, (rounds,), machine_info()))


def saved(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "runs" / "benchmarks" / machine_id()).glob("*"))


def test_a_bench_is_printed_saved_and_compared_with_itself(tmp_path: Path) -> None:
    locustfile_in(tmp_path)
    with RunningFaultServer("hold=5") as server:
        command = ("bench", "locustfile.py", "-t", server.url, "--rounds", "10")
        first = perftui(*command, "--save", "base", cwd=tmp_path)
        assert (first.returncode, first.stderr) == (exit_codes.OK, "")
        assert "Name (time in ms)" in first.stdout
        assert f"Saved: runs/benchmarks/{machine_id()}/0001_base.json" in first.stdout
        server.change("hold=20")
        again = perftui(*command, "--compare", "base", "--fail-if-worse", "20%", "--json", "now.json", cwd=tmp_path)
    assert again.returncode == exit_codes.FAILED
    assert again.stderr == "perftui: worse than base by more than 20 %: ShopUser.read.\n"
    (benchmark,) = json.loads((tmp_path / "now.json").read_bytes())["benchmarks"]
    assert (benchmark["name"], benchmark["stats"]["rounds"]) == ("ShopUser.read", 10)
    assert min(benchmark["stats"]["data"]) >= 0.02
    assert saved(tmp_path) == ["0001_base.json"]


def test_a_suite_is_a_scenario_or_a_bundled_locustfile(tmp_path: Path) -> None:
    locustfile_in(tmp_path)
    with RunningFaultServer("ok") as server:
        profiles_in(tmp_path, server.url)
        scenario = perftui("bench", "shop", "-t", "stage", "--rounds", "5", cwd=tmp_path)
    bundled = perftui("bench", "default", "--demo", "--rounds", "5", "-T", "health", cwd=tmp_path)
    assert scenario.returncode == bundled.returncode == exit_codes.OK, scenario.stderr + bundled.stderr
    assert "ShopUser.read" in scenario.stdout
    assert "BrowsingUser.check_health" in bundled.stdout
    assert "BrowsingUser.search" not in bundled.stdout


def test_where_every_round_fails_nothing_was_measured_and_nothing_is_saved(tmp_path: Path) -> None:
    locustfile_in(tmp_path)
    with RunningFaultServer("status=500") as server:
        done = perftui("bench", "locustfile.py", "-t", server.url, "--save", "base", cwd=tmp_path)
    assert done.returncode == exit_codes.NO_DATA
    assert "ShopUser.read: not measured: none of its first 10 rounds succeeded" in done.stdout
    assert "perftui: nothing was measured." in done.stderr
    assert "not saved" in done.stderr
    assert saved(tmp_path) == []


def test_whether_it_is_worse_must_be_answered_where_it_was_asked(tmp_path: Path) -> None:
    locustfile_in(tmp_path)
    with RunningFaultServer("ok") as server:
        save_bench(tmp_path / "runs", "base", baseline(server.url))
        command = ("bench", "locustfile.py", "-t", server.url, "--rounds", "3", "--compare", "base")
        done = perftui(*command, "--fail-if-worse", "20%", cwd=tmp_path)
    assert done.returncode == exit_codes.NO_DATA
    assert "whether it is worse cannot be said of ShopUser.read" in done.stderr


@pytest.mark.parametrize(
    ("url", "task", "why"),
    [
        ("http://other.test", "read", "it was measured on http://other.test, this is http://127.0.0.1:"),
        ("", "buy", "it has other tasks (ShopUser.buy), without ShopUser.read"),
    ],
)
def test_benches_of_other_targets_or_tasks_are_not_compared_and_send_no_load(
    tmp_path: Path, url: str, task: str, why: str
) -> None:
    locustfile_in(tmp_path)
    with RunningFaultServer("ok") as server:
        save_bench(tmp_path / "runs", "base", baseline(url or server.url, task=task))
        done = perftui("bench", "locustfile.py", "-t", server.url, "--compare", "base", cwd=tmp_path)
        # One look at the target at most.
        assert server.requests() <= 1
    assert done.returncode == exit_codes.USAGE
    assert f"perftui: cannot compare with base: {why}" in done.stderr


def test_a_production_target_is_guarded_as_in_a_run(tmp_path: Path) -> None:
    locustfile_in(tmp_path)
    with RunningFaultServer("ok") as server:
        profiles_in(tmp_path, server.url)
        text = (tmp_path / "profiles.toml").read_text()
        (tmp_path / "profiles.toml").write_text(text.replace("[scenarios", 'environment = "production"\n[scenarios'))
        done = perftui("bench", "shop", "-t", "stage", cwd=tmp_path)
        assert server.requests() == 0
    assert done.returncode == exit_codes.REFUSED
    assert "nobody confirmed 127.0.0.1" in done.stderr


def test_an_interrupt_prints_what_was_measured(tmp_path: Path) -> None:
    later = LOCUSTFILE + "\n    @task\n    def later(self):\n        self.client.get('/')\n"
    locustfile_in(tmp_path, later)
    with RunningFaultServer("hold=5") as server:
        process = subprocess.Popen(
            [*COMMAND, "bench", "locustfile.py", "-t", server.url, "--max-time", "60s", "--save", "base"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ,
        )
        wait_for(lambda: server.requests() > 20, "some rounds")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == exit_codes.INTERRUPTED
    assert "ShopUser.read  " in out
    assert "ShopUser.later: not measured: interrupted" in out
    assert "perftui: interrupted." in err
    assert saved(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no suite named"),
        (("nothing",), "no suite is called 'nothing'"),
        (("default", "-f", "x.py"), "two things to measure"),
        (("default", "--max-time", "soon"), "--max-time: 'soon' is not a duration"),
        (("default", "--save", "a/b"), "--save a/b: allowed: letters"),
        (("default", "--json", "no/such/x.json"), "there is no folder no/such"),
        (("default", "--fail-if-worse", "20%"), "it needs something to compare with"),
        (("default", "--compare", "x"), "no bench is called 'x': nothing was saved yet"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PerftuiError) as raised:
        cli.main(["bench", *arguments], standalone_mode=False)
    assert said in str(raised.value)
    assert raised.value.exit_code == exit_codes.USAGE


def test_a_baseline_must_be_a_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save_bench(tmp_path / "runs", "broken", b"{}")
    save_bench(tmp_path / "runs", "newer", baseline("u").replace(b'"schema_version":1', b'"schema_version":7'))
    for arguments, said in (
        (("--compare", "broken"), "it is not a bench of perftui"),
        (("--compare", "newer"), "a newer perftui wrote it"),
    ):
        with pytest.raises(PerftuiError, match=said):
            cli.main(["bench", "default", *arguments], standalone_mode=False)


@pytest.mark.parametrize("limit", ["20", "0%", "0", "much", "-5%", "nan"])
def test_a_limit_is_the_share_that_compare_takes(limit: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is not a share such as 20% or 0\.2"):
        cli.main(["bench", "default", "--compare", "base", "--fail-if-worse", limit], standalone_mode=False)


def test_a_limit_is_20_percent_unless_said_otherwise_and_0_2_is_20_percent(tmp_path: Path) -> None:
    locustfile_in(tmp_path)
    with RunningFaultServer("hold=5") as server:
        # So quick that whatever is measured is a rise of more than 100 %.
        save_bench(tmp_path / "runs", "base", baseline(server.url))
        command = ("bench", "locustfile.py", "-t", server.url, "--rounds", "5", "--compare", "base")
        unsaid = perftui(*command, cwd=tmp_path)
        said = perftui(*command, "--fail-if-worse", "0.2", cwd=tmp_path)
    assert "beyond 20 %" in unsaid.stdout
    assert unsaid.returncode == exit_codes.OK
    assert "perftui: worse than base by more than 20 %: ShopUser.read." in said.stderr
    assert said.returncode == exit_codes.FAILED
