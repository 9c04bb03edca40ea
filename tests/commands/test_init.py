"""`perftui init`: a starter profiles.toml that works, made of what is there, over nothing that is there."""

from __future__ import annotations

from pathlib import Path

from perftui import exit_codes
from perftui.profiles.file import load_profiles
from tests.fakes.command import LOCUSTFILE, locustfile_in, perftui
from tests.fakes.fault_server import RunningFaultServer

WITH_HOST = LOCUSTFILE.replace("    wait_time", '    host = "http://written.test"\n    wait_time').replace(
    "    @task", '    @tag("read")\n    @task'
).replace("import FastHttpUser", "import FastHttpUser, tag")  # fmt: skip


def test_an_empty_project_gets_a_locustfile_and_profiles_that_run(tmp_path: Path) -> None:
    done = perftui("init", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (exit_codes.OK, "")
    assert done.stdout.splitlines() == [
        "locustfile.py: user classes VisitingUser; tags read",
        "wrote profiles.toml: scenarios locustfile; profiles smoke, light, heavy",
        "next: perftui run light --demo --run-time 20s",
    ]
    with RunningFaultServer("ok") as server:
        checked = perftui("check", "light", "--target", server.url, cwd=tmp_path)
        assert checked.returncode == exit_codes.OK, checked.stdout
        run = perftui("run", "smoke", "--target", server.url, "--run-time", "2s", "--quiet", cwd=tmp_path)
    assert run.returncode == exit_codes.OK, run.stderr


def test_what_is_there_is_found_in_the_engine_and_one_that_does_not_load_is_still_listed(tmp_path: Path) -> None:
    (tmp_path / "load").mkdir()
    locustfile_in(tmp_path, WITH_HOST, "load/shop.py")
    locustfile_in(tmp_path, "from locust import HttpUser\nimport nowhere_to_be\n", "broken_locust.py")
    done = perftui("init", "--dir", str(tmp_path), cwd=tmp_path.parent)
    assert done.returncode == exit_codes.OK, done.stderr
    broken, shop, wrote, following = done.stdout.splitlines()
    assert broken.startswith("broken_locust.py does not load: ")
    assert "nowhere_to_be" in broken
    assert shop == "load/shop.py: user classes ShopUser; tags read"
    assert wrote.endswith("scenarios broken_locust, shop; profiles smoke, light, heavy")
    assert following == f"next: cd {tmp_path} && perftui check light --target http://written.test"
    profile_set = load_profiles(tmp_path / "profiles.toml")
    assert profile_set.scenario_of("light") == "shop"
    assert profile_set.scenarios.keys() == {"broken_locust", "shop"}
    # A host of a class is a suggestion, and no target that somebody might load by accident.
    assert not profile_set.targets
    assert '# url = "http://written.test"' in (tmp_path / "profiles.toml").read_text()
    with RunningFaultServer("ok") as server:
        assert perftui("check", "light", "--target", server.url, cwd=tmp_path).returncode == exit_codes.OK


def test_nothing_is_overwritten_and_what_would_be_added_is_said(tmp_path: Path) -> None:
    (tmp_path / "profiles.toml").write_text('[scenarios.shop]\nlocustfiles = ["shop_locust.py"]\n')
    locustfile_in(tmp_path, LOCUSTFILE, "shop_locust.py")
    locustfile_in(tmp_path, LOCUSTFILE, "pay_locust.py")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    done = perftui("init", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (exit_codes.USAGE, "")
    assert done.stderr == (
        "perftui: profiles.toml is there already: init never overwrites. "
        "It would add [scenarios.pay_locust] for pay_locust.py.\n"
    )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = perftui("init", "--dir", "nowhere", cwd=tmp_path)
    assert done.returncode == exit_codes.USAGE
    assert done.stderr.count("\n") == 1
    assert "nowhere" in done.stderr
