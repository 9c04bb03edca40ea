"""`perftui profile`: what applies here, and one more of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from perftui.commands.profile import profile
from perftui.model.errors import PerftuiError


def said(*arguments: str) -> str:
    done = CliRunner().invoke(profile, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_save_then_list_and_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "From built-in:" in said("list")
    written = said(
        "save", "mine", "--like", "light", "--users", "3", "--threshold", "p95 < 1s", "--threshold", "rps > 1"
    )
    assert "profiles.toml was written with [profiles.mine] alone" in written
    assert "[profiles.mine] was changed in profiles.toml." in said("save", "mine", "--run-time", "90s")
    shown = json.loads(said("show", "mine", "--json"))
    assert (shown["users"], shown["run_time"], shown["thresholds"]) == ("3", "1m30s", "p95 < 1s; rps > 1")
    assert "profiles.toml [profiles.mine]" in said("show", "mine")
    assert [each["name"] for each in json.loads(said("list", "--json"))] == ["mine"]


def test_the_list_says_what_the_most_of_each_load_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tables = {
        "one": "users = 1",
        "staged": "stages = [{ users = 1200, for = '1m' }]",
        "open": "rate = '50/s'\nmax_users = 80",
        "shaped": "load_shape = 'Steps'",
    }
    Path("profiles.toml").write_text("".join(f"[profiles.{name}]\n{text}\n" for name, text in tables.items()))
    lines = dict(line.split(maxsplit=1) for line in said("list").splitlines()[1:])
    assert lines == {
        "one": "1 user",
        "staged": "1,200 users",
        "open": "50 tasks/s by up to 80 users",
        "shaped": "load shape Steps",
    }


@pytest.mark.parametrize(("option", "text"), [("--stage", ""), ("--rate", ""), ("--bind", " "), ("--load-shape", "")])
def test_an_option_that_says_nothing_is_refused(
    option: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PerftuiError, match=option):
        said("save", "mine", "--like", "light", option, text)
    assert not (tmp_path / "profiles.toml").exists()


def test_what_is_not_there_is_named_with_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PerftuiError, match="the nearest is 'light'"):
        said("show", "ligth")
    assert not (tmp_path / "profiles.toml").exists()


@pytest.mark.parametrize("option", ["-c", "--tag", "-f"])
def test_what_is_of_a_scenario_is_not_saved_into_a_profile(option: str) -> None:
    with pytest.raises(PerftuiError, match="they belong to a scenario"):
        said("save", "mine", "--like", "light", option, "x")
