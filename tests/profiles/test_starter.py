"""Which files are taken for locustfiles, and that what is written of them can be read."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

from perftui.model.inspection import Inspection, TaskInfo, UserClassInfo
from perftui.profiles import starter
from perftui.profiles.profile_set import ProfileSet
from perftui.profiles.starter import StarterScenario, find_locustfiles, scenario_names, starter_text

USERS = "from locust import HttpUser\nclass ShopUser(HttpUser):\n    pass\n"


def inspection(*class_names: str, tags: tuple[str, ...] = (), hosts: tuple[str, ...] = ()) -> Inspection:
    tasks = (TaskInfo("read", 1.0, tags),)
    classes = tuple(UserClassInfo(name, 1, 0, None, "HttpUser", tasks) for name in class_names)
    return Inspection(classes, (), tags, (), hosts)


def test_locustfiles_are_found_by_name_by_folder_and_by_what_they_import(tmp_path: Path) -> None:
    files = {
        "locustfile.py": "",
        "shop_locust.py": "",
        "locustfiles/pay.py": "",
        "load/users.py": USERS,
        "load/shape.py": "from locust import LoadTestShape\nclass Steps(LoadTestShape):\n    pass\n",
        "app/users.py": "class AdminUser(User):\n    pass\n",
        "locustfiles/_shared.py": USERS,
        ".hidden/locustfile.py": USERS,
        "node_modules/a/locustfile.py": USERS,
        "my-env/pyvenv.cfg": "",
        "my-env/locustfile.py": USERS,
        "broken\n/locustfile.py": USERS,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    os.mkfifo(tmp_path / "pipe.py")
    found = find_locustfiles(tmp_path)
    assert found.paths == ("locustfile.py", "shop_locust.py", "load/users.py", "locustfiles/pay.py")
    assert found.is_complete


def test_the_search_is_bounded_and_says_so(tmp_path: Path) -> None:
    for number in range(starter.MAX_FOUND + 1):
        (tmp_path / f"locust_{number}.py").touch()
    found = find_locustfiles(tmp_path)
    assert len(found.paths) == starter.MAX_FOUND
    assert not found.is_complete


def test_files_that_are_called_alike_get_names_of_their_own() -> None:
    paths = ["locustfile.py", "shop/locustfile.py", "old/shop/locustfile.py", "été load.py", "...py"]
    assert list(scenario_names(paths).values()) == [
        "locustfile", "shop-locustfile", "shop-locustfile-2", "t-load", "locustfile-2",
    ]  # fmt: skip


def test_what_is_written_can_be_read_whatever_the_files_hold(load_text: Callable[[str | bytes], ProfileSet]) -> None:
    hostile = inspection(
        "A", 'B"]\n[x', tags=('t"ag\n', "b\x7f"), hosts=('http://h/"\n[targets.x]', "https://u:p@shop.test")
    )
    text = starter_text(
        [
            StarterScenario("broken", "broken.py", problem='broken.py:1: no\n[defaults]\n"'),
            StarterScenario("shop", 'load "1"/shop.py', hostile),
        ]
    )
    profile_set = load_text(text)
    assert profile_set.scenarios["shop"].locustfiles == ('load "1"/shop.py',)
    # The first that loads is the one that runs.
    assert {profile_set.scenario_of(name) for name in profile_set.profiles} == {"shop"}
    assert not profile_set.targets
    assert ":p@" not in text


def test_what_is_suggested_is_right_once_its_mark_is_taken_away(load_text: Callable[[str | bytes], ProfileSet]) -> None:
    hosts = ("http://localhost:8000", "https://a.test", "https://b.test")
    text = starter_text(
        [StarterScenario("shop", "shop.py", inspection("Browser", "Buyer", tags=("read",), hosts=hosts))]
    )
    meant = "\n".join(
        line.removeprefix("# ") if " = " in line or line.startswith("# [") else line for line in text.split("\n")
    )
    assert tomllib.loads(meant)["scenarios"]["shop"]["tags"] == ["read"]
    profile_set = load_text(meant)
    assert {name: (each.url, each.environment) for name, each in profile_set.targets.items()} == {
        "local": ("http://localhost:8000", "local"),
        "staging": ("https://a.test", "staging"),
        "staging-2": ("https://b.test", "staging"),
    }
    assert profile_set.scenarios["shop"].user_classes == ("Browser", "Buyer")
