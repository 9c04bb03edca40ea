from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perftui.exit_codes import USAGE
from perftui.model.errors import PerftuiError
from perftui.profiles.choice import AskedNames, Choice, asked_names, wants_demo
from perftui.profiles.file import load_profiles
from perftui.profiles.profile_set import ProfileSet
from perftui.profiles.resolution import resolve


def test_who_wants_the_built_in_target(project_set: ProfileSet, project: Path) -> None:
    assert not wants_demo(project_set, Choice(profile="light"), {})
    assert wants_demo(project_set, Choice(profile="light"), {"PERFTUI_TARGET": "demo"})
    (project / "profiles.toml").write_text('[targets.demo]\nurl = "http://a"\n[profiles.p]\ntarget = "demo"\n')
    own = load_profiles(project / "profiles.toml")
    assert not wants_demo(own, Choice(), {})
    assert resolve(own, Choice(locustfiles=("load",)), {}, project).target.url == "http://a"


ASKED = {
    "nobody says": (Choice(), {}, AskedNames()),
    "options": (Choice(profile="light", target="live", scenario="pay"), {}, AskedNames("light", "live", "pay")),
    "variables": (
        Choice(),
        {"PERFTUI_PROFILE": "open", "PERFTUI_TARGET": "staging", "PERFTUI_SCENARIO": "pay"},
        AskedNames("open", "staging", "pay"),
    ),
    "an option wins": (Choice(target="live"), {"PERFTUI_TARGET": "nosuch"}, AskedNames(target="live")),
    "a known address has its name": (Choice(target="https://shop.example.com"), {}, AskedNames(target="staging")),
    "files are a scenario": (
        Choice(locustfiles=("x.py",)),
        {"PERFTUI_SCENARIO": "pay"},
        AskedNames(locustfiles=("x.py",)),
    ),
}


@pytest.mark.parametrize(("choice", "environ", "asked"), ASKED.values(), ids=ASKED)
def test_asked_names(project_set: ProfileSet, choice: Choice, environ: dict[str, str], asked: AskedNames) -> None:
    assert asked_names(project_set, choice, environ) == asked


def test_an_asked_address_keeps_what_the_file_says_of_its_host(project_set: ProfileSet) -> None:
    asked = asked_names(project_set, Choice(), {"PERFTUI_TARGET": "https://www.example.com/shop"})
    assert asked.address is not None
    assert (asked.target, asked.address.environment) == ("https://www.example.com/shop", "production")


@pytest.mark.parametrize("key", ["profile", "target", "scenario"])
@pytest.mark.parametrize("by_option", [True, False])
def test_an_asked_name_that_is_none_is_refused(project_set: ProfileSet, key: str, by_option: bool) -> None:
    given: dict[str, Any] = {key: "othr"} if by_option else {}
    choice = Choice(**given)
    environ = {} if by_option else {f"PERFTUI_{key.upper()}": "othr"}
    with pytest.raises(PerftuiError, match="othr") as refusal:
        asked_names(project_set, choice, environ)
    assert refusal.value.exit_code == USAGE


def test_the_demo_is_not_wanted_while_the_profile_is_open(project_set: ProfileSet) -> None:
    assert not wants_demo(project_set, Choice(), {})
