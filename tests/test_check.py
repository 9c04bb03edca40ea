"""`perftui check`: everything that a run would stumble over, what the locustfile holds, and no load."""

from __future__ import annotations

import json
from pathlib import Path

from perftui import exit_codes
from tests.fakes.command import LOCUSTFILE, locustfile_in, perftui, profiles_in
from tests.fakes.fault_server import RunningFaultServer

CLASS_WITH_MORE = """    weight = 3
    host = "http://written.test"

    @tag("read")
    @task"""
ARGUMENTS = """
@events.init_command_line_parser.add_listener
def arguments(parser):
    parser.add_argument("--flavour", default="sweet", choices=["sweet", "sour"], help="what to buy")
    parser.add_argument("--pin", is_secret=True, default="CANARY", help="a pin")
"""
WITH_ARGUMENTS = (
    LOCUSTFILE.replace("    @task", CLASS_WITH_MORE).replace("import FastHttpUser", "import FastHttpUser, events, tag")
    + ARGUMENTS
)


def checked(folder: Path, url: str, *more: str) -> tuple[int, dict[str, dict[str, object]], dict[str, str]]:
    locustfile_in(folder, WITH_ARGUMENTS)
    profiles_in(folder, url)
    done = perftui("check", "quick", "--target", "stage", "--json", *more, cwd=folder, environ={"PERFTUI_USERS": "7"})
    document = json.loads(done.stdout)
    return done.returncode, {each["name"]: each for each in document["checks"]}, document["origins"]


def test_a_check_says_what_the_locustfile_holds_and_where_each_value_came_from(tmp_path: Path) -> None:
    with RunningFaultServer("ok") as server:
        code, items, origins = checked(tmp_path, server.url)
        # One look at the target, and no load.
        assert server.requests() == 1
    assert code == exit_codes.OK
    assert {item["status"] for item in items.values()} <= {"ok", "warning"}
    details = items["locustfile"]["details"]
    assert details == [
        "ShopUser (FastHttpUser, weight 3): read 100% [read]",
        "argument --flavour, default sweet, one of sweet sour: what to buy",
        "argument --pin: a pin",
        "host http://written.test stands in a class: give it as --target to use it",
    ]
    # A few users cost nothing that could be seen: no advice.
    assert "users" not in items
    assert origins["users"] == "PERFTUI_USERS"
    assert origins["spawn_rate"] == "profiles.toml [profiles.quick]"
    assert origins["target"] == "--target"


SHAPES = """
from locust import LoadTestShape
class Steps(LoadTestShape):
    def tick(self): return None
class Waves(LoadTestShape):
    def tick(self): return None
"""


def test_a_check_says_what_the_load_is_and_which_shapes_there_are(tmp_path: Path) -> None:
    locustfile_in(tmp_path, LOCUSTFILE + SHAPES)
    profiles_in(tmp_path, "http://127.0.0.1:9")
    stages = ("--stage", "users=40 spawn_rate=10 hold=1m", "--stage", "users=0 for=30s")
    done = perftui("check", "quick", "--target", "stage", *stages, "--load-workers", "2", cwd=tmp_path)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "stages users=40 spawn_rate=10 hold=1m --stage" in lines
    assert "users not used with stages" in lines
    assert "run_time not used with stages" in lines
    load = next(at for at, line in enumerate(lines) if line.startswith("✓ load"))
    assert lines[load].startswith("✓ load 2 stages, 1m34s, peak 40 users; 2 load workers on this machine's")
    assert lines[load + 1 : load + 3] == [
        "stage 1: 40 users, 10/s, held for 1m once they are there",
        "stage 2: to 0 users over 30s",
    ]
    shapes = "2 load shapes: Steps, Waves; none is used: the stages go before it"
    assert any(shapes in line for line in lines)
    rate = ("--rate", "90/min", "--max-users", "5")
    done = perftui("check", "quick", "--target", "stage", *rate, cwd=tmp_path)
    assert "1.5 tasks/s by up to 5 users, 2s; tasks start at the rate, whatever the target does" in done.stdout
    assert "2 load shapes: Steps, Waves; none is used: the arrival rate goes before it" in done.stdout
    # Nothing is promised of a load that a shape decides.
    done = perftui("check", "quick", "--target", "stage", "--bind", "127.0.0.1", cwd=tmp_path)
    text = " ".join(done.stdout.split())
    assert "Steps decides users and end; name one with --load-shape" in text
    assert "load load shape Steps of the locustfile decides users and end; nothing of it is known beforehand" in text
    assert "open files not known: load shape Steps decides the users" in text
    # With so much load, or none that is known, it says what would make it cheaper.
    assert "✓ users ShopUser would cost about a quarter of the CPU or less as LeanHttpUser: docs/users.md" in text
    # Nothing but --bind says that load workers come: one is waited for.
    assert "1 load worker from elsewhere, waited for 1m at most" in text
    done = perftui("check", "quick", "--target", "stage", "--load-shape", "Wavs", cwd=tmp_path)
    assert done.returncode == exit_codes.USAGE
    assert "no load shape Wavs" in done.stdout
    assert "✓ load " not in done.stdout
    assert "Waves" in done.stdout


def test_an_argument_that_the_locustfile_does_not_know_is_found_before_the_run(tmp_path: Path) -> None:
    with RunningFaultServer("ok") as server:
        code, items, _ = checked(tmp_path, server.url, "--", "--no-such")
    assert code == exit_codes.USAGE
    assert items["locustfile"]["status"] == "failed"
    assert "--no-such" in str(items["locustfile"]["text"])


def test_a_target_that_refuses_fails_the_check(tmp_path: Path) -> None:
    code, items, _ = checked(tmp_path, "http://127.0.0.1:9")
    assert code == exit_codes.REFUSED
    assert "nothing is listening" in str(items["target"]["text"])
