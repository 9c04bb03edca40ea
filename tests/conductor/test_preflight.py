"""What a probe says of each kind of target, before any load."""

from __future__ import annotations

import resource
import socket

import pytest

from perftui import exit_codes
from perftui.conductor import preflight
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from tests.fakes.fault_server import RunningFaultServer


@pytest.mark.parametrize(
    ("mode", "status", "said"),
    [
        ("ok", "ok", "GET answers 200"),
        ("status=503", "ok", "GET answers 503"),
        ("redirect=http://127.0.0.2:9", "failed", "redirects to http://127.0.0.2:9"),
        ("redirect=", "ok", "GET answers 302"),
        ("redirect=http://[", "ok", "GET answers 302"),
        ("redirect=http://127.0.0.1:99999", "ok", "GET answers 302"),
        ("hang", "warning", "not answered within"),
        ("reset", "warning", "a GET fails"),
        ("garbage", "warning", "not HTTP"),
        ("truncate", "ok", "GET answers 200"),
    ],
)
async def test_what_a_target_answers(mode: str, status: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "PROBE_TIMEOUT_S", 1.0)
    with RunningFaultServer(mode) as server:
        item = await preflight.probe_target(Target("t", server.url))
    assert item.status == status, item.text
    assert said in item.text
    assert item.exit_code == (exit_codes.REFUSED if status == "failed" else 0)


async def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        item = await preflight.probe_target(Target("t", f"http://127.0.0.1:{unused.getsockname()[1]}"))
    assert (item.status, item.exit_code) == ("failed", exit_codes.REFUSED)
    assert "nothing is listening on 127.0.0.1" in item.text


async def test_a_host_name_that_does_not_exist() -> None:
    item = await preflight.probe_target(Target("t", "http://nowhere.invalid"))
    assert "cannot resolve the host name nowhere.invalid" in item.text


async def test_a_host_name_that_none_can_be() -> None:
    item = await preflight.probe_target(Target("t", f"http://{'x' * 70}.test"))
    assert (item.status, item.exit_code) == ("failed", exit_codes.REFUSED)


async def test_a_password_in_the_address_is_never_said() -> None:
    with RunningFaultServer("ok") as server:
        item = await preflight.probe_target(Target("t", server.url.replace("//", "//user:CANARY@")))
    assert item.status == "ok"
    assert "CANARY" not in item.text


def test_more_users_than_open_files_are_refused() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        pytest.skip("this machine has no limit on open files")
    plan = RunPlan(Profile("big", users=hard), Target("t", "http://x"), Scenario("s", ("f.py",)), "/")
    item = preflight.check_open_files(plan)
    assert (item.status, item.exit_code) == ("failed", exit_codes.ENVIRONMENT)
    assert preflight.check_open_files(RunPlan(Profile("a"), plan.target, plan.scenario, "/")).status == "ok"
