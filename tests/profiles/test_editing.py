"""A profile is written into profiles.toml, and nothing else of the file is another than before."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perftui.exit_codes import ENVIRONMENT, USAGE
from perftui.model.errors import PerftuiError
from perftui.model.plan import UNTIL_STEADY_S
from perftui.profiles.editing import Writes, save_profile
from perftui.profiles.file import BUILT_IN_FILE, load_profiles
from perftui.profiles.profile_set import ProfileSet

FILE = """\
# What can be run here.

[defaults]
spawn_rate = 2

[targets.local] # this machine
url = "http://127.0.0.1:8000"

[scenarios.shop]
locustfiles = ["shop.py"]

# --- the light ones ---

[profiles.light] # the first
users = 10   # agreed with the team
  run_time = '1m'
thresholds = [
  "p95 < 500ms",  # from the contract
  # nothing fails
  "fail_ratio < 1%",
]
# tags = ["later"]

# --- the heavy ones ---

  [ profiles . "heavy" ]
description = \"\"\"\\
  [profiles.light] is not here: \\
  # nor a comment\"\"\"
users = 1_000
"""


def save(
    profile_set: ProfileSet, name: str, base: str, write: Writes = Path.write_bytes, /, **texts: str
) -> tuple[ProfileSet, str]:
    return save_profile(profile_set, name, base, texts, working_directory=Path.cwd(), write=write)


def is_subsequence(lines: list[str], of: list[str]) -> bool:
    rest = iter(of)
    return all(line in rest for line in lines)


@pytest.fixture
def loaded(load_text: Callable[[str | bytes], ProfileSet]) -> ProfileSet:
    load_text(FILE)
    return load_profiles(Path("profiles.toml"))


def test_a_changed_value_keeps_its_comment_and_every_other_line(loaded: ProfileSet) -> None:
    after, said = save(loaded, "light", "light", users="25", run_time="90s", spawn_rate="2", warm_up="5s")
    assert said == "[profiles.light] was changed in profiles.toml."
    profile = after.profiles["light"]
    assert (profile.users, profile.run_time_s, profile.warm_up_s) == (25, 90.0, 5.0)
    expected = FILE.replace("users = 10   #", "users = 25   #").replace("'1m'", '"90s"')
    # The default of [defaults] is not written where it already holds.
    assert Path("profiles.toml").read_text() == expected.replace(
        '# tags = ["later"]\n', '# tags = ["later"]\nwarm_up = "5s"\n'
    )


def test_rules_keep_their_lines_and_a_rule_in_the_place_of_another_its_comment(loaded: ProfileSet) -> None:
    after, _ = save(loaded, "light", "light", thresholds="p95 < 400ms\nfail_ratio < 1%\nrps > 10")
    assert after.profiles["light"].thresholds == ("p95 < 400ms", "fail_ratio < 1%", "rps > 10")
    text = Path("profiles.toml").read_text()
    assert '  "p95 < 400ms",  # from the contract\n  # nothing fails\n  "fail_ratio < 1%",\n  "rps > 10",\n]' in text


def test_the_comment_of_a_rule_that_goes_stays(loaded: ProfileSet) -> None:
    save(loaded, "light", "light", thresholds="fail_ratio < 1%")
    text = Path("profiles.toml").read_text()
    assert "# from the contract" in text
    assert "# nothing fails" in text


def test_a_new_profile_stands_behind_the_one_that_it_is_like(loaded: ProfileSet) -> None:
    after, said = save(loaded, "mine", "light", users="3", target="local")
    assert said == "[profiles.mine] was written into profiles.toml."
    assert list(after.profiles) == ["light", "mine", "heavy"]
    assert (after.profiles["mine"].users, after.target_of("mine")) == (3, "local")
    assert after.profiles["mine"].thresholds == after.profiles["light"].thresholds
    text = Path("profiles.toml").read_text()
    assert is_subsequence(FILE.split("\n"), text.split("\n"))
    assert text.index("[profiles.mine]") < text.index("# --- the heavy ones ---")
    after, _ = save(after, "more", "heavy", users="7")
    assert after.profiles["more"].description == after.profiles["heavy"].description


@pytest.mark.parametrize(
    ("name", "base", "texts", "said"),
    [
        ("heavy", "light", {}, "profile heavy is there already"),
        ("-x", "light", {}, "'-x' cannot name a profile"),
        ("x]\n[y", "light", {}, "cannot name a profile"),
        ("x", "lite", {}, "no profile is called 'lite', the nearest is 'light'"),
        ("x", "light", {"users": "0"}, "--users: '0' is not a whole number"),
        ("x", "light", {"thresholds": "p95 <"}, "--threshold"),
        ("x", "light", {"target": "nowhere"}, "nowhere"),
        ("x", "light", {"warm_up": "2m"}, "leaves nothing of a run_time of 1m"),
        ("x", "light", {"description": "a\x1b[31m"}, "description"),
    ],
)
def test_what_is_wrong_is_one_line_and_the_file_stays(
    loaded: ProfileSet, name: str, base: str, texts: dict[str, str], said: str
) -> None:
    with pytest.raises(PerftuiError, match=r".") as caught:
        save(loaded, name, base, Path.write_bytes, **texts)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert Path("profiles.toml").read_text() == FILE


def test_a_file_that_changed_meanwhile_is_not_written(loaded: ProfileSet) -> None:
    Path("profiles.toml").write_text(FILE + "# somebody else's\n")
    with pytest.raises(PerftuiError, match=r"profiles\.toml changed meanwhile: nothing was written") as caught:
        save(loaded, "light", "light", users="3")
    assert caught.value.exit_code == USAGE
    assert Path("profiles.toml").read_text().endswith("# somebody else's\n")


def test_a_disk_that_is_full_is_said(loaded: ProfileSet) -> None:
    def write(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(PerftuiError, match=r"profiles\.toml cannot be written: no space left") as caught:
        save(loaded, "light", "light", write, users="3")
    assert caught.value.exit_code == ENVIRONMENT


def test_what_no_profile_holds_is_named(loaded: ProfileSet) -> None:
    _, said = save(loaded, "light", "light", users="3", tags="read", locust_args="--basket 3")
    assert said.endswith("; no profile holds these, and they are not in it: tags, arguments behind --.")


def test_a_path_typed_in_another_folder_means_the_same_interpreter(
    loaded: ProfileSet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    after, _ = save(load_profiles(tmp_path / "profiles.toml"), "light", "light", python="../.venv/bin/python")
    assert after.profiles["light"].python == str(tmp_path / ".venv/bin/python")
    assert 'python = "./.venv/bin/python"' in (tmp_path / "profiles.toml").read_text()


def test_the_link_to_a_file_stays_a_link(loaded: ProfileSet) -> None:
    os.rename("profiles.toml", "shared.toml")
    os.symlink("shared.toml", "profiles.toml")
    save(loaded, "light", "light", users="3")
    assert os.path.islink("profiles.toml")
    assert "users = 3" in Path("shared.toml").read_text()


LAYOUTS = {
    "line ends of Windows": FILE.replace("\n", "\r\n"),
    "a mark in front": "\ufeff" + FILE,
    "no line end": FILE.rstrip("\n"),
    "dotted keys": "profiles.light.users = 10 # ten\nprofiles.light.run_time = '1m'\nprofiles.other.users = 1\n",
    "an inline table": "[profiles]\nother = { users = 1 }\nlight = { users = 10, run_time = '1m' } # in a line\n",
    "dotted keys in a table": "[profiles]\nlight.users = 10 # ten\nlight.run_time = '1m'\n[targets.a]\nurl='http://a'\n",
    "tables in any order": "[profiles.light]\nusers = 10 # ten\n[targets.a]\nurl='http://a'\n[profiles.z]\nusers=1\n",
    "a header in a list": '[profiles.a]\nabort_on = [\n"p95 > 1s",\n# [profiles.light]\n]\n[profiles.light]\nusers=1\n',
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_however_a_file_is_laid_out(text: str, load_text: Callable[[str | bytes], ProfileSet]) -> None:
    load_text(text)
    before = load_profiles(Path("profiles.toml"))
    changed, _ = save(before, "light", "light", users="77", stop_timeout="3s")
    assert (changed.profiles["light"].users, changed.profiles["light"].stop_timeout_s) == (77, 3.0)
    both, _ = save(changed, "mine", "light", spawn_rate="5")
    assert (both.profiles["mine"].users, both.profiles["mine"].spawn_rate) == (77, 5.0)
    data = Path("profiles.toml").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") == text.startswith("\ufeff")
    if "\r\n" in text:
        assert b"\n" not in data.replace(b"\r\n", b"")
    kept = [line for line in text.encode().splitlines() if b"light" not in line and b"users" not in line]
    rest = iter(data.splitlines())
    assert all(line in rest for line in kept)
    assert text.count("#") <= data.decode().count("#")


def test_the_built_in_profiles_become_a_file_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    built_in = load_profiles(None)
    after, said = save(built_in, "mine", "trips-stress", users="7", target="local")
    assert said == "profiles.toml was written with [profiles.mine] alone: it is what applies here now."
    assert list(after.profiles) == ["mine"]
    assert after.scenarios["trips"] == built_in.scenarios["trips"]
    assert after.targets["local"] == built_in.targets["local"]
    assert after.profiles["mine"].abort_on == built_in.profiles["trips-stress"].abort_on
    with pytest.raises(PerftuiError, match=r"profiles\.toml is there already"):
        save(built_in, "more", "light")


NAMES = sorted(load_profiles(BUILT_IN_FILE).profiles)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    base=st.sampled_from(NAMES),
    name=st.sampled_from(["", "new", "a.b", "ünï"]),
    users=st.integers(1, 900),
    rules=st.lists(
        st.sampled_from(["p95 < 1s", "rps > 1", "p99 < 9s, acceptable 10s", "status[429] > 0"]), unique=True
    ),
    warm_up=st.sampled_from(["", "1s", "until steady"]),
)
def test_any_edit_of_the_reference_file_leaves_the_rest_as_it_was(
    tmp_path: Path, base: str, name: str, users: int, rules: list[str], warm_up: str
) -> None:
    path = tmp_path / "profiles.toml"
    before = BUILT_IN_FILE.read_text(encoding="utf-8")
    path.write_text(before, encoding="utf-8")
    texts = {"users": str(users), "thresholds": "\n".join(rules), "warm_up": warm_up}
    texts = {key: text for key, text in texts.items() if text}
    name = name or base
    after, _ = save(load_profiles(path), name, base, Path.write_bytes, **texts)
    saved = after.profiles[name]
    assert (saved.users, saved.thresholds or tuple(rules)) == (users, tuple(rules) or saved.thresholds)
    assert warm_up != "until steady" or saved.warm_up_s == UNTIL_STEADY_S
    lines, new_lines = before.split("\n"), path.read_text(encoding="utf-8").split("\n")
    if name == base:
        start = lines.index(f"[profiles.{name}]")
        end = next((at for at in range(start + 1, len(lines)) if lines[at].startswith("[")), len(lines))
        lines = [*lines[: start + 1], *lines[end:]]
    assert is_subsequence(lines, new_lines)


STEPS = "users=5 for=30s; users=50 spawn_rate=2.5 hold=5m; users=0 for=30s"


def test_stages_take_the_place_of_users_and_run_time_and_their_comments_stay(loaded: ProfileSet) -> None:
    after, _ = save(loaded, "light", "light", stages=STEPS)
    assert [stage.users for stage in after.profiles["light"].stages] == [5, 50, 0]
    assert after.profiles["light"].run_time_s is None
    text = Path("profiles.toml").read_text()
    light = text[text.index("[profiles.light]") : text.index("# --- the heavy ones")]
    assert "users = 10" not in light
    assert "run_time" not in light
    assert "# agreed with the team" in light
    # And back: one stage is another, and its neighbours keep their lines.
    after, _ = save(after, "light", "light", stages=STEPS.replace("hold=5m", "hold=6m"))
    assert after.profiles["light"].stages[1].hold_s == 360
    after, _ = save(after, "light", "light", users="3")
    assert (after.profiles["light"].users, after.profiles["light"].stages) == (3, ())
    assert is_subsequence(
        [line for line in FILE.split("\n") if "run_time" not in line and "users = 10" not in line],
        Path("profiles.toml").read_text().split("\n"),
    )


def test_comments_between_stages_stay(load_text: Callable[[str | bytes], ProfileSet]) -> None:
    load_text(
        "[profiles.a]\nstages = [\n  # slowly\n  { users = 5, for = '30s' }, # warm\n  { users = 9, for = '1m' },\n]\n"
    )
    before = load_profiles(Path("profiles.toml"))
    after, _ = save(before, "a", "a", stages="users=5 for=30s; users=12 for=1m")
    assert after.profiles["a"].stages[1].users == 12
    text = Path("profiles.toml").read_text()
    assert "  # slowly\n  { users = 5, for = '30s' }, # warm\n  { users = 12, for = \"1m\" },\n" in text
    after, _ = save(after, "b", "a", rate="5/s", max_users="3")
    assert (after.profiles["b"].rate_per_s, after.profiles["b"].stages) == (5.0, ())
    after, _ = save(after, "b", "b", users="2")
    assert (after.profiles["b"].rate_per_s, after.profiles["b"].max_users, after.profiles["b"].users) == (None, None, 2)
    with pytest.raises(PerftuiError, match="--rate: a rate needs max_users"):
        save(after, "c", "a", rate="5/s")


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_stages_however_a_file_is_laid_out(text: str, load_text: Callable[[str | bytes], ProfileSet]) -> None:
    load_text(text)
    after, _ = save(load_profiles(Path("profiles.toml")), "light", "light", stages=STEPS)
    after, _ = save(after, "light", "light", stages="users=1 for=1s")
    after, _ = save(after, "light", "light", rate="9/min", max_users="2")
    assert (after.profiles["light"].rate_per_s, after.profiles["light"].stages) == (0.15, ())
    assert text.count("#") <= Path("profiles.toml").read_text().count("#")


def test_stages_with_headers_of_their_own_are_left_alone(
    load_text: Callable[[str | bytes], ProfileSet],
) -> None:
    load_text("[profiles.a]\nrun_time = '1m'\n[[profiles.a.stages]]\nusers = 5\nfor = '30s'\n[profiles.z]\nusers = 1\n")
    before = load_profiles(Path("profiles.toml"))
    text = Path("profiles.toml").read_text()
    with pytest.raises(PerftuiError, match="cannot be written without changing more than that"):
        save(before, "a", "a", stages="users=6 for=30s")
    assert Path("profiles.toml").read_text() == text
