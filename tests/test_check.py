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
    assert origins["users"] == "PERFTUI_USERS"
    assert origins["spawn_rate"] == "profiles.toml [profiles.quick]"
    assert origins["target"] == "--target"


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
