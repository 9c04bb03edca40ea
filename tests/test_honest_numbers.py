"""The numbers against those who know: the server's own counter, its own clock, and each export against the others."""

from __future__ import annotations

import csv
import io
import json
import re
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import pytest

from perftui import exit_codes
from perftui.store.reader import RunReader
from tests.fakes.at_once import at_once
from tests.fakes.command import LOCUSTFILE, locustfile_in, perftui, profiles_in
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_for


def runs_in(folder: Path) -> dict[str, str]:
    return {"PERFTUI_RUNS_DIR": str(folder / "runs")}


def only_run(tmp_path: Path) -> Path:
    (outcome,) = (tmp_path / "runs").glob("*/outcome.json")
    return outcome.parent


def the_demo_run_has_the_same_count_in_every_export_and_on_the_server(tmp_path: Path) -> None:
    done = perftui(
        "run",
        "light",
        "--demo",
        "--run-time",
        "4s",
        "--users",
        "5",
        "--spawn-rate",
        "5",
        cwd=tmp_path,
        environ=runs_in(tmp_path),
    )
    assert done.returncode == exit_codes.OK, done.stderr
    folder = only_run(tmp_path)
    result = json.loads((folder / "result.json").read_text())
    requests = result["totals"]["requests"]
    rows = list(csv.DictReader(io.StringIO((folder / "stats.csv").read_text())))
    assert sum(int(row["Request Count"]) for row in rows if row["Name"] != "Aggregated") == requests
    assert int(rows[-1]["Request Count"]) == requests
    assert f"{requests:,}" in re.sub(r"<[^>]*>", " ", (folder / "report.html").read_text())
    outcome = json.loads((folder / "outcome.json").read_text())
    assert outcome["accounting"]["started"] == requests + outcome["accounting"]["abandoned"]
    assert f"{requests:,} requests" in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    # It left with its last user.
    url = RunReader(folder).plan().target.url
    wait_for(lambda: not answers(f"{url}/health"), "the built-in target to leave", 10.0)


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("hold_ms", [40, 400])
def test_percentiles_are_what_the_server_held(hold_ms: int, tmp_path: Path) -> None:
    with RunningFaultServer(f"hold={hold_ms}") as server:
        locustfile_in(tmp_path)
        profiles_in(tmp_path, server.url)
        done = perftui("run", "quick", "--target", "stage", "--run-time", "3s", "--json", cwd=tmp_path)
        assert done.returncode == exit_codes.OK, done.stderr
        held = sorted(server.hold_ms())
    # --json: the outcome, and nothing else, on stdout.
    outcome = json.loads(done.stdout)
    record = RunReader(only_run(tmp_path)).record()
    times = record.totals.total.ok_times
    assert times.count == outcome["accounting"]["succeeded"]
    found = times.percentile_ms(50)
    assert found is not None
    truth = held[len(held) // 2]
    # What a busy machine adds is known: how late the engine was woken, each second.
    late_ms = median(tick.health.hub_lag_p99_ms for tick in RunReader(only_run(tmp_path)).ticks())
    near = max(0.01 * truth, 2.0)
    assert truth - near <= found <= truth + near + late_ms
    assert times.percentile_ms(100) == times.max_ms
    result = json.loads((only_run(tmp_path) / "result.json").read_text())
    assert result["totals"]["times"]["max_ms"] == pytest.approx(times.max_ms)


def again_runs_the_same_plan(tmp_path: Path) -> None:
    with RunningFaultServer("ok") as server:
        locustfile_in(tmp_path)
        profiles_in(tmp_path, server.url)
        first = perftui(
            "run",
            "quick",
            "--target",
            "stage",
            "--users",
            "2",
            "--run-time",
            "1s",
            cwd=tmp_path,
            environ=runs_in(tmp_path),
        )
        assert first.returncode == exit_codes.OK, first.stderr
        # What the file says now does not matter.
        (tmp_path / "profiles.toml").unlink()
        again = perftui("run", "--again", "last", cwd=tmp_path, environ=runs_in(tmp_path))
        assert again.returncode == exit_codes.OK, again.stderr
    plans = [RunReader(path.parent).plan() for path in sorted((tmp_path / "runs").glob("*/run.toml"))]
    assert len(plans) == 2
    assert plans[0].profile == plans[1].profile
    assert plans[0].scenario == plans[1].scenario


def a_locustfiles_own_exit_code_is_passed_on(tmp_path: Path) -> None:
    judging = "\nfrom locust import events\n@events.quitting.add_listener\ndef q(environment, **kw):\n"
    judging += "    environment.process_exit_code = 7\n"
    with RunningFaultServer("ok") as server:
        locustfile_in(tmp_path, LOCUSTFILE + judging)
        profiles_in(tmp_path, server.url)
        done = perftui("run", "quick", "--target", "stage", "--quiet", cwd=tmp_path, environ=runs_in(tmp_path))
    assert done.returncode == 7
    assert "the locustfile set the exit code 7" in done.stdout
    assert len(done.stdout.splitlines()) == 1


def custom_arguments_and_relative_files_work_as_with_locust(tmp_path: Path) -> None:
    text = """
from pathlib import Path
from locust import FastHttpUser, constant, events, task
import helper

@events.init_command_line_parser.add_listener
def arguments(parser):
    parser.add_argument("--path", default="/wrong")

class ShopUser(FastHttpUser):
    wait_time = constant(0.05)

    def on_start(self):
        print("read", Path("data.txt").read_text().strip(), helper.VALUE)

    @task
    def read(self):
        self.client.get(self.environment.parsed_options.path)
"""
    with RunningFaultServer("ok") as server:
        (tmp_path / "load").mkdir()
        locustfile_in(tmp_path / "load", text)
        (tmp_path / "load" / "helper.py").write_text("VALUE = 'of the helper'\n")
        (tmp_path / "data.txt").write_text("the data\n")
        done = perftui(
            "run", "light", "--target", server.url, "-f", "load/locustfile.py", "--run-time", "1s", "--",
            "--path", "/from-the-command-line", cwd=tmp_path,
        )  # fmt: skip
    assert done.returncode == exit_codes.OK, done.stderr
    assert "read the data of the helper" in done.stderr
    assert "/from-the-command-line" in done.stdout


def test_what_a_run_did_is_what_is_told_of_it(tmp_path: Path) -> None:
    checks = (
        the_demo_run_has_the_same_count_in_every_export_and_on_the_server,
        again_runs_the_same_plan,
        custom_arguments_and_relative_files_work_as_with_locust,
        a_locustfiles_own_exit_code_is_passed_on,
    )

    def check_in(check: Callable[[Path], None]) -> None:
        (tmp_path / check.__name__).mkdir()
        check(tmp_path / check.__name__)

    at_once({check.__name__: partial(check_in, check) for check in checks})
