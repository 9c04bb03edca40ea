"""Secrets go in everywhere, and come out nowhere: neither on the screen nor in any file of the run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.fakes.at_once import at_once
from tests.fakes.command import locustfile_in, perftui, profiles_in
from tests.fakes.fault_server import RunningFaultServer

TALKATIVE = """
import logging
from locust import FastHttpUser, constant, events, task

@events.init_command_line_parser.add_listener
def arguments(parser):
    parser.add_argument("--pin", is_secret=True)

class ShopUser(FastHttpUser):
    wait_time = constant(0.1)

    def on_start(self):
        print("Authorization: Bearer CANARY-printed-1")
        logging.getLogger("shop").warning("sent %s", {"Authorization": "Token CANARY-logged"})

    @task
    def read(self):
        self.client.get("/", name="/?access_token=CANARY-named&page=2")
        with self.client.get("/", name="/login", catch_response=True) as response:
            response.failure('{"error": "refused", "password": "CANARY-failed"}')

    @task
    def crash(self):
        raise ValueError({"api_key": "CANARY-raised"})
"""


def no_secret_leaves_a_run(folder: Path, pin: tuple[str, ...]) -> None:
    with RunningFaultServer("ok") as server:
        locustfile_in(folder, TALKATIVE)
        profiles_in(folder, server.url)
        url = server.url.replace("://", "://me:CANARY-target@")
        done = perftui("run", "quick", "--target", url, "--runs-dir", "runs", "--", *pin, cwd=folder)
        assert server.requests() > 5, done.stderr
    assert "CANARY" not in done.stdout + done.stderr
    files = {path.name: path.read_bytes() for path in (folder / "runs").rglob("*") if path.is_file()}
    # What was said is there, and only the secrets of it are not.
    assert b"access_token=***" in files["samples.db"]
    assert b"Bearer ***" in files["run.log"]
    assert b"--pin" in files["run.toml"]
    assert {"result.json", "report.html", "outcome.json"} <= set(files)
    assert [name for name, data in files.items() if b"CANARY" in data] == []


FAILING = """
from locust import FastHttpUser, HttpUser, constant, events, task

@events.init_command_line_parser.add_listener
def arguments(parser):
    parser.add_argument("--pin", is_secret=True)

def ask(client, pin, **body):
    client.post("/login?user=ann&api_key=CANARY-query", name="/login", headers={
        "Authorization": "Bearer CANARY-bearer", "X-Shop-Key": "CANARY-key", "X-Trace": f"pin {pin}"}, **body)

class PlainUser(HttpUser):
    wait_time = constant(0.1)

    @task
    def login(self):
        self.client.cookies.set("sid", "CANARY-cookie")
        pin = self.environment.parsed_options.pin
        ask(self.client, pin, data={"user": "ann", "user[password]": "CANARY-form"})
        ask(self.client, pin, files={"password": (None, "CANARY-part")})

class FastUser(FastHttpUser):
    wait_time = constant(0.1)

    @task
    def login(self):
        pin = self.environment.parsed_options.pin
        tokens = ["CANARY-json", {"a": "CANARY-deep"}]
        ask(self.client, pin, json={"user": "ann", "tokens": tokens}, auth=("ann", "CANARY-auth"))
"""


def no_secret_of_a_failed_request_is_kept(folder: Path) -> None:
    environ = {"PERFTUI_RUNS_DIR": str(folder / "runs")}
    locustfile_in(folder, FAILING)
    with RunningFaultServer("echo") as server:
        profiles_in(folder, server.url)
        url = server.url.replace("://", "://me:CANARY-target@")
        asked = ("quick", "--target", url, "--", "--pin", "CANARY-pin")
        done = perftui("run", *asked, cwd=folder, environ=environ)
        tried = perftui("try", *asked, cwd=folder, environ=environ)
    shown = perftui("show", "--failures", cwd=folder, environ=environ)
    texts = done.stdout + done.stderr + tried.stdout + tried.stderr + shown.stdout + shown.stderr
    assert "CANARY" not in texts
    # The requests are there, and what the target repeated of them, without their secrets.
    for text in (tried.stdout, shown.stdout):
        assert "> POST /login?user=ann&api_key=***".replace("/", f"{server.url}/", 1) in text
        assert "> X-Trace: pin ***" in text
        assert "user%5Bpassword%5D=***" in text
        assert "< Authorization: Basic ***" in text
    assert '"tokens": "***"' in shown.stdout
    files = [path for path in (folder / "runs").rglob("*") if path.is_file()]
    assert [path.name for path in files if b"CANARY" in path.read_bytes()] == []
    assert shown.stdout.count("> X-Shop-Key: ***") >= 3


def the_command_that_watches_the_target_is_in_no_record_and_is_used_when_the_run_is_run_again(folder: Path) -> None:
    environ = {"PERFTUI_RUNS_DIR": str(folder / "runs")}
    with RunningFaultServer("ok") as server:
        locustfile_in(folder)
        profiles = profiles_in(folder, server.url, thresholds='["target_value >= 7"]')
        command = 'monitor_command = "echo 7 # -u me:CANARY-monitor"\n'
        profiles.write_text(profiles.read_text().replace("[scenarios", f"{command}\n[scenarios", 1))
        first = perftui("run", "quick", "--target", "stage", cwd=folder, environ=environ)
        again = perftui("run", "--again", "last", cwd=folder, environ=environ)
        profiles.write_text(profiles.read_text().replace(command, ""))
        without = perftui("run", "--again", "last", cwd=folder, environ=environ)
    assert (first.returncode, again.returncode, without.returncode) == (0, 0, 11), again.stderr
    assert "monitor_command is not kept" in without.stderr
    assert [path for path in (folder / "runs").rglob("*") if path.is_file() and b"CANARY" in path.read_bytes()] == []


def test_secrets_come_out_nowhere(tmp_path: Path) -> None:
    checks: dict[str, Callable[[Path], None]] = {
        "monitor": the_command_that_watches_the_target_is_in_no_record_and_is_used_when_the_run_is_run_again,
        "failed": no_secret_of_a_failed_request_is_kept,
        # Apart and joined.
        "apart": partial(no_secret_leaves_a_run, pin=("--pin", "CANARY-pin")),
        "joined": partial(no_secret_leaves_a_run, pin=("--pin=CANARY-pin",)),
    }

    def check_in(name: str) -> None:
        (tmp_path / name).mkdir()
        checks[name](tmp_path / name)

    at_once({name: partial(check_in, name) for name in checks})
