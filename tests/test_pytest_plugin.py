"""The plugin as people use it: pytest in a process of its own, with real runs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from perftui.profiles.targets import address_of
from tests.fakes.at_once import at_once
from tests.fakes.command import TIMEOUT_S, locustfile_in, profiles_in
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_for

# Other plugins of this environment are not what is tested.
OTHERS = ("cacheprovider", "asyncio", "benchmark", "hypothesispytest", "anyio", "timeout")
PYTEST = (sys.executable, "-m", "pytest", "-W", "error", "--strict-markers", *(f"-pno:{name}" for name in OTHERS))
EXAMPLE = Path(__file__).parents[1] / "examples" / "test_clinic.py"


class Project(NamedTuple):
    """A folder with a locustfile, a profile `quick` and a target `stage`; its runs and sockets are its own."""

    folder: Path
    server: RunningFaultServer
    runs: Path
    environ: dict[str, str]


@contextmanager
def project_in(place: Path) -> Iterator[Project]:
    folder, runs = place / "project", place / "runs"
    folder.mkdir(parents=True)
    locustfile_in(folder)
    with RunningFaultServer("ok") as server, tempfile.TemporaryDirectory(prefix="pt-") as runtime:
        profiles_in(folder, server.url)
        environ = {**os.environ, "PERFTUI_RUNS_DIR": str(runs), "XDG_RUNTIME_DIR": runtime}
        yield Project(folder, server, runs, environ)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path) as made:
        yield made


def pytest_in(project: Project, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (project.folder / "test_load.py").write_text(text)
    return subprocess.run(
        [*PYTEST, *arguments],
        cwd=project.folder,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )


def outcomes(folder: Path) -> list[dict[str, object]]:
    return [json.loads(path.read_bytes()) for path in sorted(folder.glob("*/outcome.json"))]


LOOKS = """
import pytest

@pytest.fixture(scope="module")
def run(perftui_run):
    return perftui_run("quick", target="stage", run_time="1s", users=2, thresholds="fail_ratio < 1%")

def test_the_verdict(run):
    assert run.passed
    assert (run.verdict, run.exit_code) == ("passed", 0)
    assert [each.rule for each in run.thresholds] == ["fail_ratio < 1%"]
    assert run.record.plan.profile.users == 2

def test_the_figures(run):
    assert run["GET /"].p95_ms < 1000
    assert run["GET /"].statuses[200] == run.total.requests > 0
    with pytest.raises(KeyError):
        run["GET /other"]

def test_the_files(run):
    assert (run.folder / "report.html").is_file()
"""


FAILS = """
def test_load(perftui_run):
    run = perftui_run("quick", target="stage", run_time="1s", thresholds=["p95 < 1us", "fail_ratio < 1%"])
    assert run.passed
"""


DEMANDS = """
def test_strict(perftui_run):
    rule = "p95 < 1us, acceptable 10s"
    run = perftui_run("quick", target="stage", run_time="1s", thresholds=rule, strict=True)
    assert (run.verdict, run.exit_code) == ("failed", 10)
    assert [each.state.value for each in run.thresholds] == ["acceptable"]
"""


def a_test_looks_at_a_sealed_run_which_is_kept_where_runs_are_and_shows_why_it_failed(project: Project) -> None:
    (project.folder / "test_fails.py").write_text(FAILS)
    (project.folder / "test_demands.py").write_text(DEMANDS)
    done = pytest_in(project, LOOKS)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 failed, 4 passed" in done.stdout, done.stdout
    assert len(outcomes(project.runs)) == 3
    assert "where False = <run failed, exit code 10: Not passed: 1 of 2 thresholds failed: p95 " in done.stdout
    assert "\n✗ p95 " in done.stdout, "and the table of the thresholds"


CANNOT = """
import pytest

@pytest.mark.parametrize(("profile", "options"), [
    ("quik", {}),
    ("quick", {"usrs": 3}),
    ("quick", {"users": "many"}),
    ("quick", {"target": "http://127.0.0.1:9"}),
    ("quick", {"files": "nowhere.py"}),
    ("quick", {"locust_args": "--host=http://127.0.0.1:9"}),
], ids=str)
def test_load(perftui_run, profile, options):
    perftui_run(profile, **{"target": "stage", **options})
"""


def test_a_run_that_cannot_start_fails_the_test_with_one_line(project: Project) -> None:
    done = pytest_in(project, CANNOT, "-q")
    lines = done.stdout.split("\n")
    # A failure is its heading, then nothing but the line.
    said = [line for heading, line in pairwise(lines) if heading.startswith("____")]
    expected = [
        "no profile is called 'quik', the nearest is 'quick'.",
        "perftui_run: no option is called 'usrs', the nearest is 'users'.",
        "--users: 'many' is not a whole number from 1 to 1,000,000.",
        "will not run quick → 127.0.0.1-9: nothing is listening on 127.0.0.1:9.",
        "-f: locustfile nowhere.py: there is no such file.",
        "-- --host=http://127.0.0.1:9: perftui owns --host.",
    ]
    assert [line[: len(start)] for line, start in zip(said, expected, strict=True)] == expected
    assert "6 failed" in done.stdout
    assert not project.runs.exists()


EACH = """
import pytest

@pytest.mark.perftui("quick", "other", target="stage", run_time="1s", thresholds=["fail_ratio < 1%"])
class TestProfiles:
    def test_passes(self, perftui_profile_run):
        assert perftui_profile_run.passed

    def test_measures(self, perftui_profile_run):
        assert perftui_profile_run.total.requests
"""
OTHER = """
[profiles.other]
scenario = "shop"
users = 1
stop_timeout = "1s"
"""
INI = """
[pytest]
perftui_profiles = load/profiles.toml
perftui_runs_dir = kept
"""


def a_marker_makes_one_run_of_each_profile_and_the_ini_file_says_where_things_are(project: Project) -> None:
    folder = project.folder
    (folder / "load").mkdir()
    (folder / "locustfile.py").rename(folder / "load" / "locustfile.py")
    text = (folder / "profiles.toml").read_text()
    (folder / "profiles.toml").unlink()
    (folder / "load" / "profiles.toml").write_text(text + OTHER)
    (folder / "pytest.ini").write_text(INI)
    done = pytest_in(project, EACH, "-v")
    passed = {line.split(" ")[0].rpartition("::")[2] for line in done.stdout.split("\n") if " PASSED" in line}
    assert passed == {f"test_{what}[{profile}]" for what in ("passes", "measures") for profile in ("quick", "other")}
    assert done.returncode == 0
    assert sorted(path.name.split("_")[1] for path in (folder / "kept").iterdir()) == ["other", "quick"]


SHARED = """
import pytest

@pytest.mark.perftui("quick", **{options})
def test_measures(perftui_profile_run):
    assert perftui_profile_run.total.requests

@pytest.mark.perftui("quick", **{options})
def test_passes(perftui_profile_run):
    assert perftui_profile_run.passed
"""


def those_of_the_same_profile_and_options_share_a_run_whatever_module_they_are_in(project: Project) -> None:
    one = {"target": "stage", "run_time": "1s", "thresholds": ["fail_ratio < 1%"]}
    other = {**dict(reversed(one.items())), "thresholds": ["fail_ratio < 2%"]}
    (project.folder / "test_again.py").write_text(SHARED.format(options=dict(reversed(one.items()))))
    (project.folder / "test_other.py").write_text(SHARED.format(options=other))
    done = pytest_in(project, SHARED.format(options=one))
    assert "6 passed" in done.stdout, done.stdout
    assert len(outcomes(project.runs)) == 2


def test_a_marker_without_profiles_is_said_when_tests_are_collected(project: Project) -> None:
    done = pytest_in(project, "def test_load(perftui_profile_run): ...")
    assert 'test_load: perftui_profile_run needs @pytest.mark.perftui("PROFILE", ...)\n' in done.stdout


PARALLEL = """
import pytest

@pytest.mark.parametrize("number", range(2))
def test_load(perftui_run, perftui_demo_url, number):
    target = {targets}[number]
    assert perftui_run("quick", target=target, run_time="1s").total.requests
"""


def workers_of_xdist_load_a_target_one_after_the_other_and_say_that_they_wait(project: Project, targets: str) -> None:
    text = PARALLEL.format(targets=targets)
    done = pytest_in(project, text, "-n", "2", "--perftui-runs-dir", "kept")
    assert "2 passed" in done.stdout, done.stdout
    first, second = sorted(outcomes(project.folder / "kept"), key=lambda each: str(each["started_at"]))
    assert datetime.fromisoformat(str(first["ended_at"])) <= datetime.fromisoformat(str(second["started_at"]))
    assert len(re.findall(r"^perftui: waits for another test's run against this machine:\d+$", done.stderr, re.M)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://shop.test", "http://SHOP.test.:80/api"),
        ("https://shop.test:443", "https://me:secret@shop.test"),
        ("http://localhost:8000", "http://[::1]:8000"),
    ],
)
def test_a_place_has_one_name_however_its_address_is_written(one: str, other: str) -> None:
    assert address_of(one) == address_of(other)


def test_another_port_is_another_place() -> None:
    assert len({address_of(url) for url in ("http://a.test", "https://a.test", "http://a.test:81")}) == 3


LONG = """
def test_load(perftui_run):
    perftui_run("quick", target="stage", run_time="60s")
"""


def a_run_ends_with_the_test_that_waits_for_it_and_its_record_is_kept(project: Project, how: signal.Signals) -> None:
    (project.folder / "test_load.py").write_text(LONG)
    with subprocess.Popen(PYTEST, cwd=project.folder, stdout=subprocess.DEVNULL, env=project.environ) as process:
        # More than the one look at the target before the run.
        wait_for(lambda: project.server.requests() > 10, "load to flow")
        process.send_signal(how)
        process.wait(TIMEOUT_S)
    (outcome,) = wait_for(lambda: outcomes(project.runs), "the run to be sealed")
    assert (outcome["state"], outcome["exit_code"], outcome["reason"]) == ("stopped", 130, "interrupted")


def test_in_a_suite_that_does_not_use_it_the_plugin_imports_nothing_but_pytest() -> None:
    code = "import pytest, sys; known = {*sys.modules}; import perftui.pytest_plugin; print(*{*sys.modules} - known)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=TIMEOUT_S)
    assert set(done.stdout.split()) == {"perftui", "perftui.pytest_plugin"}


def the_seven_checks_of_the_clinic_pass_on_the_built_in_target(project: Project) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(EXAMPLE)],
        cwd=EXAMPLE.parents[1],
        env=project.environ,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert "7 passed" in done.stdout, done.stdout


def test_real_runs(tmp_path: Path) -> None:
    in_turn = workers_of_xdist_load_a_target_one_after_the_other_and_say_that_they_wait
    ended = a_run_ends_with_the_test_that_waits_for_it_and_its_record_is_kept
    checks: dict[str, Callable[[Project], None]] = {
        # The longest is first, and all others fit beside it.
        "clinic": the_seven_checks_of_the_clinic_pass_on_the_built_in_target,
        "looks": a_test_looks_at_a_sealed_run_which_is_kept_where_runs_are_and_shows_why_it_failed,
        "marker": a_marker_makes_one_run_of_each_profile_and_the_ini_file_says_where_things_are,
        "shared": those_of_the_same_profile_and_options_share_a_run_whatever_module_they_are_in,
        "xdist, stage": partial(in_turn, targets='("stage", "stage")'),
        "xdist, demo": partial(in_turn, targets='("demo", perftui_demo_url)'),
        **{how.name: partial(ended, how=how) for how in (signal.SIGINT, signal.SIGKILL)},
    }

    def check_in(name: str) -> None:
        with project_in(tmp_path / name) as project:
            checks[name](project)

    at_once({name: partial(check_in, name) for name in checks}, at_a_time=2)
