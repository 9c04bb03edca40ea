from __future__ import annotations

from pathlib import Path

import pytest

from perftui.exit_codes import LOCUSTFILE, REFUSED, USAGE
from perftui.model.errors import PerftuiError
from perftui.model.plan import UNTIL_STEADY_S, Stage, plan_from_dict, plan_to_dict
from perftui.profiles.choice import Choice
from perftui.profiles.file import load_profiles
from perftui.profiles.profile_set import ProfileSet
from perftui.profiles.resolution import resolve
from perftui.profiles.targets import NO_TARGET, NoTargetError

FILE, DEFAULTS = "profiles.toml [profiles.light]", "profiles.toml [defaults]"

PRECEDENCE = {
    "an option wins": (Choice(users="7"), {"PERFTUI_USERS": "8"}, "users", 7, "--users"),
    "then a variable": (Choice(), {"PERFTUI_USERS": "8"}, "users", 8, "PERFTUI_USERS"),
    "then the profile": (Choice(), {"PERFTUI_USERS": ""}, "users", 10, FILE),
    "then [defaults]": (Choice(), {}, "spawn_rate", 2.0, DEFAULTS),
    "then the default": (Choice(), {}, "read_timeout", 60.0, "default"),
    "durations": (Choice(run_time="1m30s"), {}, "run_time", 90.0, "--run-time"),
    "from a variable": (Choice(), {"PERFTUI_STOP_TIMEOUT": "0s"}, "stop_timeout", 0.0, "PERFTUI_STOP_TIMEOUT"),
    "warm-up": (Choice(warm_up="500ms"), {}, "warm_up", 0.5, "--warm-up"),
    "until it is steady": (
        Choice(),
        {"PERFTUI_WARM_UP": "until  steady"},
        "warm_up",
        UNTIL_STEADY_S,
        "PERFTUI_WARM_UP",
    ),
    "rules": (Choice(), {}, "abort_on", ("default",), "default"),
    "a given rule": (Choice(abort_on=("rps < 1",)), {}, "abort_on", ("rps < 1",), "--abort-on"),
    "a rate": (Choice(rate="90/min", max_users="5"), {}, "rate", 1.5, "--rate"),
    "stages from a variable": (
        Choice(),
        {"PERFTUI_STAGES": "users=3 for=5s"},
        "stages",
        (Stage(users=3, for_s=5.0),),
        "PERFTUI_STAGES",
    ),
    "load workers": (Choice(), {"PERFTUI_LOAD_WORKERS": "auto"}, "load_workers", -1, "PERFTUI_LOAD_WORKERS"),
    "an interpreter on the path": (Choice(python="python3.11"), {}, "python", "python3.11", "--python"),
}


@pytest.mark.parametrize(("choice", "environ", "key", "value", "origin"), PRECEDENCE.values(), ids=PRECEDENCE)
def test_precedence(
    project_set: ProfileSet,
    project: Path,
    choice: Choice,
    environ: dict[str, str],
    key: str,
    value: object,
    origin: str,
) -> None:
    plan = resolve(project_set, choice, {"PERFTUI_PROFILE": "light", **environ}, project)
    field = next(each for each in (key, f"{key}_s", f"{key}_per_s") if hasattr(plan.profile, each))
    assert (getattr(plan.profile, field), plan.origins[key]) == (value, origin)
    assert plan.origins["profile"] == "PERFTUI_PROFILE"


def test_a_plan_is_complete_absolute_and_survives_being_written(project_set: ProfileSet, project: Path) -> None:
    plan = resolve(project_set, Choice(profile="light"), {}, project)
    assert plan.target is project_set.targets["staging"]
    assert plan.scenario.locustfiles == (str(project / "load" / "shop.py"),)
    assert plan.scenario.weights == {"BrowseUser": 3, "BuyUser": 1}
    assert plan.origins["locustfiles"] == plan.origins["weights"] == "profiles.toml [scenarios.shop]"
    assert plan.origins["target"] == FILE
    assert plan.origins["url"] == plan.origins["target.max_users"] == "profiles.toml [targets.staging]"
    assert plan_from_dict(plan_to_dict(plan)) == plan


def test_a_plan_has_the_thresholds_of_its_scenario_and_its_profile(project_set: ProfileSet, project: Path) -> None:
    plan = resolve(project_set, Choice(profile="light"), {}, project)
    assert plan.thresholds == ("p95(buy) < 500ms, acceptable 1s", "fail_ratio < 1%")
    assert plan.scenario.groups == {"buy": ("POST /cart/*", "POST /orders")}
    assert plan.origins["thresholds"] == f"profiles.toml [scenarios.shop] and {FILE}"
    plan = resolve(project_set, Choice(profile="light", scenario="pay"), {}, project)
    assert (plan.thresholds, plan.origins["thresholds"]) == (("fail_ratio < 1%",), FILE)
    plan = resolve(project_set, Choice(profile="open", target="live"), {}, project)
    assert (len(plan.thresholds), plan.origins["thresholds"]) == (1, "profiles.toml [scenarios.shop]")


def test_given_thresholds_replace_those_of_profile_and_scenario(project_set: ProfileSet, project: Path) -> None:
    choice = Choice(profile="light", thresholds=("rps > 5", "p95(buy) < 1s"))
    plan = resolve(project_set, choice, {}, project)
    assert (plan.thresholds, plan.origins["thresholds"]) == (("rps > 5", "p95(buy) < 1s"), "--threshold")
    assert plan.profile.abort_on == ("default",)
    assert plan_from_dict(plan_to_dict(plan)) == plan


def test_given_locustfiles_leave_the_scenarios_selection_behind(project_set: ProfileSet, project: Path) -> None:
    (project / "mine.py").touch()
    choice = Choice(profile="light", locustfiles=("mine.py", "load", "./mine.py"), tags=("smoke",))
    plan = resolve(project_set, choice, {}, project)
    assert plan.scenario.name == "mine"
    assert plan.scenario.locustfiles == (str(project / "mine.py"), str(project / "load"))
    assert (plan.scenario.user_classes, plan.scenario.weights, plan.scenario.groups) == ((), {}, {})
    assert (plan.thresholds, plan.origins["thresholds"]) == (("fail_ratio < 1%",), FILE)
    assert (plan.scenario.tags, plan.origins["tags"]) == (("smoke",), "--tag")


def test_a_selection_replaces_the_scenarios_own(project_set: ProfileSet, project: Path) -> None:
    plan = resolve(project_set, Choice(profile="light", user_classes=("BuyUser",)), {}, project)
    assert (plan.scenario.user_classes, plan.scenario.weights) == (("BuyUser",), {"BuyUser": 1})
    plan = resolve(project_set, Choice(profile="light"), {"PERFTUI_SCENARIO": "pay"}, project)
    assert (plan.scenario.locustfiles, plan.origins["scenario"]) == ((str(project / "load"),), "PERFTUI_SCENARIO")


BAD_CHOICES = {
    "no profile": (Choice(), {}, USAGE, "no profile named: profiles.toml has light, open. Name one."),
    "unknown profile": (
        Choice(profile="ligth"),
        {},
        USAGE,
        "no profile is called 'ligth', the nearest is 'light'. Known: light, open.",
    ),
    "unknown profile in a variable": (
        Choice(),
        {"PERFTUI_PROFILE": "\x1b[2J"},
        USAGE,
        "PERFTUI_PROFILE: no profile is called '\\x1b[2J'. Known: light, open.",
    ),
    "a number that is none": (
        Choice(profile="light", users="many"),
        {},
        USAGE,
        "--users: 'many' is not a whole number from 1 to 1,000,000.",
    ),
    "too fast": (
        Choice(profile="light"),
        {"PERFTUI_SPAWN_RATE": "inf"},
        USAGE,
        "PERFTUI_SPAWN_RATE: 'inf' is not a number above 0 and at most 10,000.",
    ),
    "bare seconds": (
        Choice(profile="light", run_time="60"),
        {},
        USAGE,
        "--run-time: '60' is not a duration from 1s to 168h, such as 90s, 5m or 1h30m.",
    ),
    "warm-up as long as the run": (
        Choice(profile="light", warm_up="1m"),
        {},
        USAGE,
        "a warm_up of 1m leaves nothing of a run_time of 1m: warm_up is from --warm-up, "
        "run_time from profiles.toml [profiles.light]. Make the run longer or the warm-up shorter.",
    ),
    "no time to become steady": (
        Choice(profile="light", warm_up="until steady", run_time="15s"),
        {},
        USAGE,
        "a warm_up until steady, which takes at least 20s, leaves nothing of a run_time of 15s: warm_up is from "
        "--warm-up, run_time from --run-time. Make the run longer or the warm-up shorter.",
    ),
    "a threshold that does not parse": (
        Choice(profile="light", thresholds=("rps > 1", "p95(buy < 1s")),
        {},
        USAGE,
        "--threshold: 'p95(buy < 1s', column 13: expected ) at the end of the name.",
    ),
    "a metric that does not exist": (
        Choice(profile="light", thresholds=("fail_rate < 1%",)),
        {},
        USAGE,
        "--threshold: 'fail_rate < 1%', column 1: no metric is called 'fail_rate', the nearest is fail_ratio.",
    ),
    "an abort rule that does not parse": (
        Choice(profile="light", abort_on=("p95 > 1s, acceptable 2s",)),
        {},
        USAGE,
        "--abort-on: 'p95 > 1s, acceptable 2s', column 11: expected for, after or min_requests.",
    ),
    "unknown target": (
        Choice(profile="light", target="stagin"),
        {},
        USAGE,
        "--target: no target is called 'stagin', the nearest is 'staging'. Known: staging, live, tunnel, demo.",
    ),
    "an address without scheme": (
        Choice(profile="light", target="me:hunter2@localhost:8000"),
        {},
        USAGE,
        "--target: no target is called 'localhost:8000'. If it is an address, write http://localhost:8000.",
    ),
    "an address that is none": (
        Choice(profile="light"),
        {"PERFTUI_TARGET": "http://[::1"},
        USAGE,
        "PERFTUI_TARGET: 'http://[::1' is not an address (Invalid IPv6 URL).",
    ),
    "a query": (
        Choice(profile="light", target="http://a/?token=hunter2"),
        {},
        USAGE,
        "--target: 'http://a/?token=***' has a query or a fragment: requests bring their own.",
    ),
    "no target": (
        Choice(profile="open"),
        {},
        REFUSED,
        "no target: profile open names none. Add --target with one of staging, live, tunnel, demo, "
        "or an address such as http://127.0.0.1:8000.",
    ),
    "the built-in target does not run": (
        Choice(profile="light", target="demo"),
        {},
        REFUSED,
        "the built-in target does not run. Add --demo.",
    ),
    "unknown scenario": (
        Choice(profile="light", scenario="shopp"),
        {},
        USAGE,
        "--scenario: no scenario is called 'shopp', the nearest is 'shop'. Known: shop, pay.",
    ),
    "missing locustfile": (
        Choice(profile="light", locustfiles=("load/shops.py",)),
        {},
        LOCUSTFILE,
        "-f: locustfile load/shops.py: there is no such file. The nearest name beside it is shop.py.",
    ),
    "not Python": (
        Choice(profile="light", locustfiles=("profiles.toml",)),
        {},
        LOCUSTFILE,
        "-f: locustfile profiles.toml: it is neither a .py file nor a folder.",
    ),
    "a class that is no name": (
        Choice(profile="light", user_classes=("Buy-User",)),
        {},
        USAGE,
        "--user-class: 'Buy-User' is not one of names of user classes; "
        "allowed is a list of names of user classes, 0 to 100 of them.",
    ),
    "Locust's own option": (
        Choice(profile="light", locust_args=("--my-option", "1", "-u5")),
        {},
        USAGE,
        "-- -u5: perftui owns -u. Use perftui's --users.",
    ),
    "Locust's own option, long": (
        Choice(profile="light", locust_args=("--csv=out",)),
        {},
        USAGE,
        "-- --csv=out: perftui owns --csv. Each run's folder holds these files: leave it out.",
    ),
}


@pytest.mark.parametrize(("choice", "environ", "exit_code", "line"), BAD_CHOICES.values(), ids=BAD_CHOICES)
def test_a_bad_choice_gets_one_line_and_its_exit_code(
    project_set: ProfileSet, project: Path, choice: Choice, environ: dict[str, str], exit_code: int, line: str
) -> None:
    with pytest.raises(PerftuiError) as caught:
        resolve(project_set, choice, environ, project)
    assert (str(caught.value), caught.value.exit_code) == (line, exit_code)


def test_a_scenario_names_its_missing_locustfile(project_set: ProfileSet, project: Path) -> None:
    (project / "load" / "shop.py").rename(project / "load" / "store.txt")
    with pytest.raises(PerftuiError, match=r"^profiles.toml \[scenarios.shop\]: locustfile load/shop.py: ") as caught:
        resolve(project_set, Choice(profile="light"), {}, project)
    assert caught.value.exit_code == LOCUSTFILE
    with pytest.raises(PerftuiError, match=r"locustfile load: the folder holds no .py file\.$"):
        resolve(project_set, Choice(profile="light", scenario="pay"), {}, project)


def test_a_built_in_locustfile_has_a_name(project_set: ProfileSet, project: Path) -> None:
    with pytest.raises(PerftuiError, match="no built-in locustfile is called 'nothing'") as caught:
        resolve(project_set, Choice(profile="light", locustfiles=("builtin:nothing",)), {}, project)
    assert caught.value.exit_code == USAGE


def test_the_built_in_set_becomes_a_plan_on_the_built_in_target(tmp_path: Path) -> None:
    built_in = load_profiles(None)
    plan = resolve(built_in, Choice(profile="light", target="demo"), {}, tmp_path, demo_url="http://127.0.0.1:5")
    assert Path(plan.scenario.locustfiles[0]).is_file()
    assert (plan.target.url, plan.origins["url"]) == ("http://127.0.0.1:5", "the built-in target")


def test_the_only_profile_needs_no_name(project: Path) -> None:
    (project / "profiles.toml").write_text("[profiles.one]\nusers = 3\n")
    choice = Choice(locustfiles=("load/shop.py",), target="http://localhost:1")
    plan = resolve(load_profiles(project / "profiles.toml"), choice, {}, project)
    assert (plan.profile.name, plan.origins["profile"]) == ("one", "the only one in profiles.toml")


def test_a_plan_to_look_at_needs_no_target_and_its_hosts_are_offered(project_set: ProfileSet, project: Path) -> None:
    plan = resolve(project_set, Choice(profile="open"), {}, project, require_target=False)
    assert plan.target is NO_TARGET
    error = NoTargetError("open", project_set.target_names(), ["https://me:hunter2@api.example.com", "http://[\x1b"])
    assert str(error) == (
        "no target: profile open names none, and a host in the locustfile is never used unasked: "
        "https://***@api.example.com, http://[\\x1b. Add --target https://***@api.example.com if that is what you mean."
    )
