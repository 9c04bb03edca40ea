"""What bad input gets: one line that says what, why and what next; the exit code; and what was kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from perftui import exit_codes
from tests.fakes.at_once import at_once
from tests.fakes.command import LOCUSTFILE, locustfile_in, perftui, profiles_in
from tests.fakes.fault_server import RunningFaultServer

RUN = ("run", "quick", "--target", "stage")


@dataclass(frozen=True)
class Case:
    """`kept`: the run left a sealed record. `said` must stand in the last line of stderr."""

    arguments: tuple[str, ...]
    code: int
    said: str
    kept: bool = False
    mode: str = "ok"
    locustfile: str = LOCUSTFILE
    before: str = ""
    thresholds: str = "[]"


NO_TASKS = "from locust import HttpUser\nclass Idle(HttpUser):\n    pass\n"
WITH_HOST = LOCUSTFILE.replace("    wait_time", '    host = "http://written.test"\n    wait_time')

CASES = {
    "a host in the locustfile": Case(
        ("run", "quick"), exit_codes.REFUSED, "http://written.test", locustfile=WITH_HOST
    ),
    "no target": Case(("run", "quick"), exit_codes.REFUSED, "--target"),
    "a missing locustfile": Case((*RUN, "-f", "locustfle.py"), exit_codes.LOCUSTFILE, "locustfile.py"),
    "a syntax error": Case(RUN, exit_codes.LOCUSTFILE, "locustfile.py:2", locustfile="a = 1\ndef (:\n"),
    "an import error": Case(RUN, exit_codes.LOCUSTFILE, "locustfile.py:1", locustfile="import nowhere_to_be\n"),
    "no user class": Case(RUN, exit_codes.LOCUSTFILE, "no User class", locustfile="a = 1\n"),
    "a class without tasks": Case(RUN, exit_codes.LOCUSTFILE, "Idle", locustfile=NO_TASKS),
    "sys.exit at import": Case(
        RUN, exit_codes.LOCUSTFILE, "locustfile.py:2", locustfile="import sys\nsys.exit(0)\n"
    ),
    "an unknown profile": Case(("run", "quik"), exit_codes.USAGE, "quick"),
    "an unknown target": Case(("run", "quick", "--target", "stag"), exit_codes.USAGE, "stage"),
    "a host without scheme": Case(
        ("run", "quick", "--target", "localhost:80"), exit_codes.USAGE, "http://localhost:80"
    ),
    "an option of Locust's that is ours": Case((*RUN, "--", "-u", "5"), exit_codes.USAGE, "--users"),
    "an unknown argument of the locustfile": Case((*RUN, "--", "--no-such"), exit_codes.USAGE, "--no-such"),
    "users that are no number": Case((*RUN, "--users", "many"), exit_codes.USAGE, "--users"),
    "a rate without users for it": Case(
        (*RUN, "--rate", "200/s"), exit_codes.USAGE, "--rate: a rate needs max_users"
    ),
    "two kinds of load": Case(
        (*RUN, "--rate", "5/s", "--stage", "users=1 for=1s"), exit_codes.USAGE, "stages and rate together"
    ),
    "a stage of zero length": Case(
        (*RUN, "--stage", "users=1 for=1s", "--stage", "users=2 for=0s"), exit_codes.USAGE,
        "--stage: stage 2: for: '0s' is not a duration from 1s",
    ),
    "a stage that is empty": Case(
        (*RUN, "--stage", "users=1 for=1s", "--stage", ""), exit_codes.USAGE, "--stage: it says nothing"
    ),
    "a port without its host": Case((*RUN, "--bind", "5557"), exit_codes.USAGE, "'5557' is a port without its host"),
    "a stage without a level": Case((*RUN, "--stage", "hold=1m"), exit_codes.USAGE, "stage 1: no level"),
    "more load workers than there may be": Case(
        (*RUN, "--load-workers", "257"), exit_codes.USAGE, "from 0 to 256, or 'auto'"
    ),
    "a port in use": Case(
        (*RUN, "--load-workers", "1", "--bind", "127.0.0.1:{port}"), exit_codes.ENVIRONMENT, "of 127.0.0.1 is in use"
    ),
    "a load shape that raises": Case(
        (*RUN, "--load-workers", "1"), exit_codes.LOCUSTFILE, "locustfile.py:14: ZeroDivisionError", kept=True,
        locustfile=LOCUSTFILE
        + "\nfrom locust import LoadTestShape\nclass Steps(LoadTestShape):\n    def tick(self):\n        1 / 0\n",
    ),
    "a place to listen that is none": Case((*RUN, "--bind", "a b"), exit_codes.USAGE, "--bind: 'a b' is not HOST:PORT"),
    "a threshold that does not parse": Case((*RUN, "--threshold", "p95 < 500"), exit_codes.USAGE, "write 500ms"),
    "a metric that does not exist": Case(
        (*RUN, "--threshold", "faliures < 1"), exit_codes.USAGE, "column 1: no metric is called 'faliures', the nearest"
    ),
    "an abort rule that does not parse": Case(
        (*RUN, "--abort-on", "rps < 1 for ever"), exit_codes.USAGE, "--abort-on: 'rps < 1 for ever', column 13"
    ),
    "a threshold of the file that does not parse": Case(
        RUN, exit_codes.USAGE, "[profiles.quick] thresholds: 'p95 < 500', column 7", thresholds='["p95 < 500"]'
    ),
    "a target that refuses": Case(
        ("run", "quick", "--target", "http://127.0.0.1:9"), exit_codes.REFUSED, "nothing is listening"
    ),
    "a target that redirects away": Case(
        RUN, exit_codes.REFUSED, "redirects to http://127.0.0.2:9", mode="redirect=http://127.0.0.2:9"
    ),
    "a target that hangs": Case(RUN, exit_codes.NO_DATA, "none finished", kept=True, mode="hang"),
    "a target that resets": Case(RUN, exit_codes.FAILED, "requests failed", kept=True, mode="reset"),
    "a target that answers garbage": Case(RUN, exit_codes.FAILED, "requests failed", kept=True, mode="garbage"),
    "a target that cuts its answers off": Case(RUN, exit_codes.FAILED, "requests failed", kept=True, mode="truncate"),
    "a task that ends the process": Case(
        RUN, exit_codes.ENGINE_DIED, "died", kept=True,
        locustfile=LOCUSTFILE.replace("self.client", "import os; os._exit(0); self.client"),
    ),
    "a task that never yields": Case(
        RUN, exit_codes.LOCUSTFILE, "locustfile.py:", kept=True,
        locustfile=LOCUSTFILE.replace('        self.client.get("/")', "        while True:\n            pass"),
    ),
    "a listener that raises": Case(
        RUN, exit_codes.LOCUSTFILE, "boom", kept=True,
        locustfile=LOCUSTFILE
        + '\nfrom locust import events\n@events.quitting.add_listener\ndef q(**kw):\n    raise RuntimeError("boom")\n',
    ),
    "too few open files": Case((*RUN, "--users", "500"), exit_codes.ENVIRONMENT, "ulimit", before="ulimit -n 200"),
    "a runs folder that cannot be": Case((*RUN, "--runs-dir", "/dev/null/runs"), exit_codes.ENVIRONMENT, "/dev/null"),
    "a disk that fills up": Case(
        (*RUN, "--run-time", "5s"), exit_codes.INCOMPLETE, "written", kept=True, before="ulimit -f 200",
        locustfile=LOCUSTFILE.replace('get("/")', 'get("/", name=str(id(self) + __import__("time").time_ns()))'),
    ),
    "a cockpit without a terminal": Case(("launch", "--target", "stage"), exit_codes.USAGE, "perftui run"),
}  # fmt: skip


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kept", [False, True], ids=["refused", "recorded"])
def test_bad_input(kept: bool, tmp_path: Path) -> None:
    cases = {name: case for name, case in CASES.items() if case.kept is kept}
    at_once({name: partial(check, case, tmp_path / str(at)) for at, (name, case) in enumerate(cases.items())})


def check(case: Case, place: Path) -> None:
    # A folder of its own with an end to the search for profiles and virtual environments.
    folder, runs = place / "project", place / "runs"
    (folder / ".git").mkdir(parents=True)
    locustfile_in(folder, case.locustfile)
    with RunningFaultServer(case.mode) as server:
        profiles_in(folder, server.url, thresholds=case.thresholds)
        environ = {"PERFTUI_RUNS_DIR": str(runs)}
        arguments = [each.replace("{port}", str(server.port)) for each in case.arguments]
        done = perftui(*arguments, cwd=folder, before=case.before, environ=environ)
        sent = server.requests()
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == case.code, done.stderr
    assert last.startswith("perftui: "), done.stderr
    assert case.said in last
    # What user code logs may be a traceback; perftui's own words never are.
    assert not any(line.startswith(("Traceback", "  File")) for line in done.stderr.splitlines())
    assert "\x1b" not in done.stdout + done.stderr
    sealed = list(runs.glob("*/outcome.json"))
    if case.kept:
        outcome = json.loads(sealed[0].read_text())
        assert outcome["exit_code"] == case.code
        assert (sealed[0].parent / "report.html").stat().st_size > 0
    else:
        # Refused before any load: nothing was sent but one look at the target, and nothing is left behind.
        assert not list(runs.glob("*"))
        assert sent <= 1
