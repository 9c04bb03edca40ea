from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perftui.exit_codes import USAGE
from perftui.judgement.metrics import KNOWN_METRICS
from perftui.model.errors import PerftuiError
from perftui.model.plan import UNTIL_STEADY_S
from perftui.model.text import clean
from perftui.profiles.file import MAX_FILE_BYTES, find_profiles, load_profiles
from perftui.profiles.profile_set import ProfileSet

REFERENCE = Path(__file__).parents[2] / "profiles.toml"
SCENARIO = '[scenarios.s]\nlocustfiles = ["a.py"]\n'

BAD_FILES = {
    "unknown key": (
        "[profiles.light]\nuser = 3\n",
        "profiles.toml:2 [profiles.light] user: unknown key, the nearest is users. Allowed here: description, users, "
        "spawn_rate, run_time, stop_timeout, warm_up, connect_timeout, read_timeout, python, stages, rate, max_users, "
        "load_shape, load_workers, expect_workers, max_wait, bind, thresholds, abort_on, "
        "scenario, target.",
    ),
    "unknown table": (
        "[profile.light]\nusers = 3\n",
        "profiles.toml:1 profile: unknown table, the nearest is profiles. "
        "Allowed here: defaults, targets, scenarios, profiles.",
    ),
    "a rate without users for it": (
        '[profiles.light]\nrate = "200/s"\n',
        "profiles.toml:2 [profiles.light] rate: a rate needs max_users, the most users that may be busy with it. "
        "Add max_users (--max-users).",
    ),
    "two kinds of load": (
        "[profiles.light]\nusers = 3\nrate = 5\nmax_users = 3\n",
        "profiles.toml:3 [profiles.light] rate: users and rate together. A run has one kind of load: leave one out.",
    ),
    "users for a rate that is none": (
        "[profiles.light]\nmax_users = 3\n",
        "profiles.toml:2 [profiles.light] max_users: it is for an arrival rate, and there is none. "
        "Write users for how many users there are, or add a rate.",
    ),
    "a wrong stage of several": (
        '[profiles.light]\nstages = [\n  { users = 3, for = "1m" }, # {\n  { users = 3, fro = "1m" },\n]\n',
        "profiles.toml:4 [profiles.light] stages: stage 2: unknown key 'fro', the nearest is for; "
        "allowed are users, rate, spawn_rate, for, hold.",
    ),
    "a wrong stage that is a table": (
        '[[profiles.light.stages]]\nusers = 3\nfor = "1m"\n[[profiles.light.stages]]\nrate = 3\nfor = "1m"\n',
        "profiles.toml:4 [profiles.light] stages: stage 2: the stages before go to users, this one to a rate; "
        "one run has one of them.",
    ),
    "stages that are text": (
        '[defaults]\nstages = ["users=3 for=1m"]\n',
        "profiles.toml:2 [defaults] stages: this list is not a list of 1 to 100 stages such as "
        "{ users = 200, spawn_rate = 10, hold = '2m' } or { rate = '50/s', for = '1m' }.",
    ),
    "stages that would never end": (
        "[profiles.light]\nspawn_rate = 0.01\nstages = [{ users = 100_000, hold = '1m' }]\n",
        "profiles.toml:3 [profiles.light] stages: they take longer than 7 days at the profile's spawn_rate of 0.01/s. "
        "Give the stages a spawn_rate of their own.",
    ),
    "nobody to wait for": (
        '[profiles.light]\nmax_wait = "5s"\n',
        "profiles.toml:2 [profiles.light] max_wait: it is how long expected load workers may take to come, "
        "and none are expected. Add expect_workers (--expect-workers).",
    ),
    "a warm-up as long as the stages": (
        "[profiles.light]\nwarm_up = '1m'\nstages = [{ users = 1, for = '1m' }]\n",
        "profiles.toml:2 [profiles.light] warm_up: a warm_up of 1m leaves nothing of stages of 1m.",
    ),
    "wrong type": (
        '\n[profiles.light]\nusers = "ten"\n',
        "profiles.toml:3 [profiles.light] users: 'ten' is not a whole number from 1 to 1,000,000.",
    ),
    "true is no number": (
        "[profiles.light]\nusers = true\n",
        "profiles.toml:2 [profiles.light] users: true is not a whole number from 1 to 1,000,000.",
    ),
    "nan": (
        "[profiles.light]\nspawn_rate = nan\n",
        "profiles.toml:2 [profiles.light] spawn_rate: nan is not a number above 0 and at most 10,000.",
    ),
    "bare seconds": (
        "[profiles.light]\nrun_time = 60\n",
        "profiles.toml:2 [profiles.light] run_time: 60 is not a duration from 1s to 168h, such as 90s, 5m or 1h30m.",
    ),
    "too short a timeout": (
        '[defaults]\nread_timeout = "10ms"\n',
        "profiles.toml:2 [defaults] read_timeout: '10ms' is not a duration from 0.1s to 1h, such as 90s, 5m or 1h30m.",
    ),
    "not a table": (
        "[profiles]\nlight = 3\n",
        "profiles.toml:2 [profiles] light: not a table; write [profiles.light].",
    ),
    "a name that would leave its folder": (
        '[profiles."../up"]\nusers = 3\n',
        "profiles.toml:1 [profiles] ../up: not a name; allowed: letters, digits, '_', '-' and '.', at most 64, "
        "the first no '-' or '.'.",
    ),
    "no scheme": (
        '[targets.a]\nurl = "localhost:8000"\n',
        "profiles.toml:2 [targets.a] url: 'localhost:8000' has no scheme; write http://localhost:8000.",
    ),
    "a password in a bad address": (
        '[targets.a]\nurl = "ftp://me:hunter2@example.com"\n',
        "profiles.toml:2 [targets.a] url: 'ftp://***@example.com' is not an http:// or https:// address.",
    ),
    "no url": (
        '[targets.a]\nenvironment = "local"\n',
        "profiles.toml:1 [targets.a]: url is missing. It is an address such as http://127.0.0.1:8000.",
    ),
    "unknown environment": (
        '[targets.a]\nurl = "http://a"\nenvironment = "prod"\n',
        "profiles.toml:3 [targets.a] environment: 'prod' is not local, staging or production.",
    ),
    "no locustfile": (
        "[scenarios.s]\nlocustfiles = []\n",
        "profiles.toml:2 [scenarios.s] locustfiles: this list is not a list of paths of locustfiles or folders, "
        "1 to 100 of them.",
    ),
    "negative weight": (
        SCENARIO + "[scenarios.s.weights]\nBuyUser = -1\n",
        "profiles.toml:3 [scenarios.s] weights: the weight of BuyUser, -1 is not a whole number from 0 to 1,000,000.",
    ),
    "weight of a class that is left out": (
        SCENARIO + 'user_classes = ["BuyUser"]\nweights = { BrowseUser = 2 }\n',
        "profiles.toml:4 [scenarios.s.weights] BrowseUser: BrowseUser is not one of user_classes, BuyUser.",
    ),
    "unknown scenario": (
        SCENARIO + '[profiles.light]\nscenario = "t"\n',
        "profiles.toml:4 [profiles.light] scenario: no scenario is called 't'. Known here: s.",
    ),
    "unknown target": (
        '[targets.local]\nurl = "http://a"\n[defaults]\ntarget = "locall"\n',
        "profiles.toml:4 [defaults] target: no target is called 'locall', the nearest is 'local'. "
        "Known here: local, demo.",
    ),
    "nothing left after the warm-up": (
        '[defaults]\nwarm_up = "1m"\n[profiles.light]\nrun_time = "1m"\n',
        "profiles.toml:4 [profiles.light] run_time: a warm_up of 1m leaves nothing of a run_time of 1m.",
    ),
    "nothing left after it is steady": (
        '[profiles.light]\nrun_time = "20s"\nwarm_up = "until steady"\n',
        "profiles.toml:3 [profiles.light] warm_up: a warm_up until steady, which takes at least 20s, leaves nothing "
        "of a run_time of 20s.",
    ),
    "no such warm-up": (
        '[profiles.light]\nwarm_up = "steady"\n',
        "profiles.toml:2 [profiles.light] warm_up: 'steady' is not a duration from 0s to 168h, such as 90s, 5m or "
        "1h30m, or 'until steady'.",
    ),
    "a threshold that does not parse": (
        '[profiles.light]\nthresholds = ["p95(auth) < 500"]\n',
        "profiles.toml:2 [profiles.light] thresholds: 'p95(auth) < 500', column 13: a time needs its unit; "
        "write 500ms.",
    ),
    "the line of the threshold in a long list": (
        '[profiles.light]\nthresholds = [\n  "rps > 100",\n  "p95 << 500ms",\n]\n',
        "profiles.toml:4 [profiles.light] thresholds: 'p95 << 500ms', column 6: expected a time, such as 500ms.",
    ),
    "a metric that does not exist": (
        SCENARIO + 'thresholds = ["fail_rate < 1%"]\n',
        "profiles.toml:3 [scenarios.s] thresholds: 'fail_rate < 1%', column 1: no metric is called 'fail_rate', "
        "the nearest is fail_ratio.",
    ),
    "an abort rule that does not parse": (
        '[defaults]\nabort_on = ["default", "p95 > 1s for long"]\n',
        "profiles.toml:2 [defaults] abort_on: 'p95 > 1s for long', column 14: expected a duration from 0s to 24h, "
        "such as 30s.",
    ),
    "no default among thresholds": (
        '[defaults]\nthresholds = ["default"]\n',
        "profiles.toml:2 [defaults] thresholds: 'default', column 1: no metric is called 'default', "
        f"known are {KNOWN_METRICS}.",
    ),
    "one threshold without its list": (
        '[profiles.light]\nthresholds = "p95 < 500ms"\n',
        "profiles.toml:2 [profiles.light] thresholds: 'p95 < 500ms' is not a list of thresholds such as p95 < 500ms, "
        "0 to 100 of them.",
    ),
    "a threshold that is a number": (
        "[profiles.light]\nthresholds = [500]\n",
        "profiles.toml:2 [profiles.light] thresholds: 500 is not one of thresholds such as p95 < 500ms; allowed is a "
        "list of thresholds such as p95 < 500ms, 0 to 100 of them.",
    ),
    "a group without globs": (
        SCENARIO + "groups = { auth = [] }\n",
        "profiles.toml:3 [scenarios.s] groups: the globs of auth, this list is not a list of globs over request names, "
        "1 to 100 of them.",
    ),
    "a group whose name no rule could hold": (
        SCENARIO + 'groups = { "a)" = ["GET /a"] }\n',
        "profiles.toml:3 [scenarios.s] groups: 'a)' is not the name of a group; allowed: letters, digits, '_', '-' and "
        "'.', at most 64, the first no '-' or '.'.",
    ),
    "metrics at no address": (
        '[targets.a]\nurl = "http://a"\nmetrics_url = "metrics"\n',
        "profiles.toml:3 [targets.a] metrics_url: 'metrics' is not an address such as "
        "http://127.0.0.1:9100/metrics, or a path on the target such as /metrics.",
    ),
    "metrics of another kind": (
        '[targets.a]\nurl = "http://a"\nmetrics_url = "ftp://me:hunter2@a/metrics"\n',
        "profiles.toml:3 [targets.a] metrics_url: 'ftp://***@a/metrics' is not an http:// or https:// address.",
    ),
    "a password in the command of a monitor": (
        '[targets.a]\nurl = "http://a"\nmonitor_command = "psql --password=hunter2\\u001b"\n',
        "profiles.toml:3 [targets.a] monitor_command: 'psql --password=***' is not a text of 1 to 1000 characters "
        "without control characters.",
    ),
    "not TOML": (
        "[profiles.light]\nusers = \n",
        "profiles.toml:2:9: not TOML: Invalid value.",
    ),
    "twice": (
        "[profiles.a]\n[profiles.a]\n",
        "profiles.toml:2:12: not TOML: Cannot declare ('profiles', 'a') twice.",
    ),
    "not UTF-8": (
        b"[defaults]\n# caf\xe9\n",
        "profiles.toml:2: not UTF-8 text: byte 0xe9. Save it as UTF-8.",
    ),
    "too large": (
        b"#" * (MAX_FILE_BYTES + 1),
        "profiles.toml: is larger than 1,000,000 bytes: no profiles file.",
    ),
    "a line without end": (
        "[defaults]\na" + ".a" * 1_000 + " = 1\n",
        "profiles.toml:2: the line is longer than 2,000 characters.",
    ),
    "nested without end": (
        "x = " + "[" * 1_900,
        "profiles.toml: its lists or tables are nested too deeply.",
    ),
    "text for the terminal": (
        '[profiles.light]\ndescription = "\\u001b[2J"\n',
        "profiles.toml:2 [profiles.light] description: '\\x1b[2J' is not a text of 1 to 200 characters "
        "without control characters.",
    ),
    "a number without end": (
        f"[profiles.light]\nusers = 0x{'f' * 1_500}\n",
        "profiles.toml:2 [profiles.light] users: so large a number is not a whole number from 1 to 1,000,000.",
    ),
}


@pytest.mark.parametrize(("content", "line"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_gets_one_line_that_says_where_and_what(
    load_text: Callable[[str | bytes], ProfileSet], content: str | bytes, line: str
) -> None:
    with pytest.raises(PerftuiError) as caught:
        load_text(content)
    assert str(caught.value) == line
    assert caught.value.exit_code == USAGE


@given(st.binary(max_size=200) | st.text(alphabet='[]{}="\\.\n\tprofilest 19', max_size=200).map(str.encode))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(load_text: Callable[[str | bytes], ProfileSet], content: bytes) -> None:
    _assert_read_or_refused(load_text, content)


KEYS = [
    "url",
    "users",
    "run_time",
    "warm_up",
    "spawn_rate",
    "python",
    "locustfiles",
    "weights",
    "tags",
    "scenario",
    "thresholds",
    "abort_on",
    "groups",
    "metrics_url",
    "x",
]
VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["1m", "http://a", "until steady", "p95 < 1s", "default"]),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from(["defaults", "targets.a", "scenarios.a", "profiles.a", "profiles", "x"]),
        st.dictionaries(
            st.sampled_from(KEYS),
            VALUE,
            max_size=4,
        ),
        max_size=4,
    )
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_values_are_read_or_refused(
    load_text: Callable[[str | bytes], ProfileSet], tables: dict[str, dict[str, object]]
) -> None:
    lines = []
    for table, values in tables.items():
        lines.append(f"[{table}]")
        lines += [f"{key} = {_toml(value)}" for key, value in values.items()]
    _assert_read_or_refused(load_text, "\n".join(lines).encode(errors="replace"))


def _assert_read_or_refused(load_text: Callable[[str | bytes], ProfileSet], content: bytes) -> None:
    """Anything but PerftuiError comes through; its line must do nothing to a terminal."""
    with contextlib.suppress(PerftuiError):
        load_text(content)
        return
    with pytest.raises(PerftuiError) as caught:
        load_text(content)
    assert clean(str(caught.value), 10_000) == str(caught.value)


def _toml(value: object) -> str:
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(each):08x}" for each in value) + '"'
    if isinstance(value, bool) or value is None:
        return str(bool(value)).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    return str(value)


def test_the_shipped_sets_mean_the_same() -> None:
    built_in, reference = load_profiles(None), load_profiles(REFERENCE)
    assert built_in.source == "built-in"
    assert (built_in.profiles, built_in.targets, built_in.scenarios, built_in.defaults, built_in.written) == (
        reference.profiles,
        reference.targets,
        reference.scenarios,
        reference.defaults,
        reference.written,
    )


def test_defaults_are_under_every_profile_and_the_origin_of_each_key_is_known(project_set: ProfileSet) -> None:
    assert project_set.source == "profiles.toml"
    assert project_set.profiles["light"].spawn_rate == 2
    assert project_set.key_origin("light", "users") == "profiles.toml [profiles.light]"
    assert project_set.key_origin("light", "spawn_rate") == "profiles.toml [defaults]"
    assert project_set.key_origin("light", "python") is None
    assert project_set.target_of("light") == "staging"
    assert project_set.target_of("open") is None


def test_what_judges_a_run_is_read_and_a_profiles_own_rules_stand_in_place_of_the_defaults(
    load_text: Callable[[str | bytes], ProfileSet],
) -> None:
    loaded = load_text("""
[defaults]
thresholds = ["rps > 10"]
abort_on = []
[targets.a]
url = "http://a"
metrics_url = "/metrics?format=prometheus"
monitor_command = "cat /proc/loadavg"
[scenarios.s]
locustfiles = ["a.py"]
groups = { auth = ["POST /auth/*", "GET /me"] }
thresholds = ["p95(auth) < 500ms, acceptable 1s"]
[profiles.own]
warm_up = "until steady"
thresholds = ["p99 < 1s", " p99 < 1s "]
abort_on = ["default", "fail_ratio[10s] >= 50% for 5s after 30s"]
[profiles.plain]
""")
    own, plain = loaded.profiles["own"], loaded.profiles["plain"]
    assert (own.warm_up_s, own.thresholds) == (UNTIL_STEADY_S, ("p99 < 1s",))
    assert own.abort_on == ("default", "fail_ratio[10s] >= 50% for 5s after 30s")
    assert (plain.thresholds, plain.abort_on) == (("rps > 10",), ())
    assert loaded.scenarios["s"].groups == {"auth": ("POST /auth/*", "GET /me")}
    assert loaded.scenarios["s"].thresholds == ("p95(auth) < 500ms, acceptable 1s",)
    assert loaded.targets["a"].metrics_url == "/metrics?format=prometheus"
    assert loaded.targets["a"].monitor_command == "cat /proc/loadavg"


def test_an_interpreter_is_found_from_the_file_and_its_link_stays(
    load_text: Callable[[str | bytes], ProfileSet], tmp_path: Path
) -> None:
    loaded = load_text('[defaults]\npython = ".venv/bin/python"\n[profiles.a]\n[profiles.b]\npython = "python3.12"\n')
    assert loaded.profiles["a"].python == str(tmp_path / ".venv/bin/python")
    assert loaded.profiles["b"].python == "python3.12"


class TestFindProfiles:
    def test_in_a_parent_up_to_the_root_of_the_repository(self, tmp_path: Path) -> None:
        inside = tmp_path / "repository" / "api" / "tests"
        inside.mkdir(parents=True)
        (tmp_path / "profiles.toml").touch()
        (tmp_path / "repository" / ".git").mkdir()
        assert find_profiles(None, inside) is None
        (tmp_path / "repository" / "profiles.toml").touch()
        assert find_profiles(None, inside) == tmp_path / "repository" / "profiles.toml"
        (inside / "profiles.toml").touch()
        assert find_profiles(None, inside) == inside / "profiles.toml"

    def test_outside_a_repository_only_in_the_folder_itself(self, tmp_path: Path) -> None:
        (tmp_path / "below").mkdir()
        (tmp_path / "profiles.toml").touch()
        assert find_profiles(None, tmp_path) == tmp_path / "profiles.toml"
        assert find_profiles(None, tmp_path / "below") is None

    @pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
    def test_never_a_strangers_file_above(self, tmp_path: Path) -> None:
        below = tmp_path / "below"
        below.mkdir()
        (tmp_path / ".git").mkdir()
        (tmp_path / "profiles.toml").touch()
        os.chown(tmp_path / "profiles.toml", 12345, 12345)
        assert find_profiles(None, below) is None
        assert find_profiles(None, tmp_path) == tmp_path / "profiles.toml"

    def test_the_one_that_was_named_or_an_error_with_the_nearest(self, project: Path) -> None:
        assert find_profiles(project / "profiles.toml", Path("/")) == project / "profiles.toml"
        with pytest.raises(PerftuiError) as caught:
            find_profiles(Path("profile.toml"), project)
        assert str(caught.value) == (
            "--profiles profile.toml: there is no such file. The nearest name beside it is profiles.toml."
        )
