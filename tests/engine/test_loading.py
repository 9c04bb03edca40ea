"""What is asked of a locustfile before any load: it loads as under Locust, or its fault is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from perftui.wire.messages import Loaded

EVERY_KIND = Path(__file__).parents[1] / "locustfiles" / "every_kind.py"

USER = """
class ShopUser(HttpUser):
    @task
    def buy(self): self.client.get("/")
"""
IDLE = """
class IdleUser(HttpUser):
    pass
"""

# name: (what the locustfile holds, what is asked besides, the kind of the fault, what its one line says)
FAULTS: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "syntax": ("def f(:\n    pass", {}, "locustfile", "locustfile.py:2: invalid syntax"),
    "import": ("\nimport no_such_module", {}, "locustfile", "locustfile.py:3: ModuleNotFoundError: No module named"),
    "no httptools": (
        "import sys; sys.modules['httptools'] = None\nfrom perftui.users import LeanHttpUser",
        {},
        "locustfile",
        "locustfile.py:3: ImportError: LeanHttpUser needs httptools",
    ),
    "raises": ("def f():\n    raise ValueError('boom')\nf()", {}, "locustfile", "locustfile.py:3: ValueError: boom"),
    "exit": ("import sys; sys.exit(3)", {}, "locustfile", "locustfile.py:2: called sys.exit(3)"),
    "interrupt": ("raise KeyboardInterrupt", {}, "locustfile", "locustfile.py:2: raised KeyboardInterrupt"),
    "no user": ("x = 1", {}, "locustfile", "no User class in locustfile.py"),
    "unknown class": (USER, {"user_classes": ("ShopUsr",)}, "arguments", "Did you mean ShopUser?"),
    "unknown weight": (USER, {"weights": {"Shopper": 2}}, "arguments", "no User class Shopper"),
    "all weights 0": (USER, {"weights": {"ShopUser": 0}}, "arguments", "no User class with a weight above 0"),
    "no tasks": (IDLE, {}, "locustfile", "IdleUser has no tasks"),
    "chosen without tasks": (USER + IDLE, {"user_classes": ("IdleUser",)}, "locustfile", "IdleUser has no tasks"),
    "tags take all": (USER, {"tags": ("slow",)}, "locustfile", "ShopUser has no tasks left after the tags"),
    "no host": (USER, {"host": None}, "arguments", "ShopUser: no host was given"),
    "unknown option": (USER, {"locust_args": ("--colur", "x")}, "arguments", "unrecognized arguments: --colur"),
    "owned option": (USER, {"locust_args": ("--master",)}, "arguments", "--master is not for Locust here"),
    "contradiction": (USER, {"locust_args": ("-u", "9")}, "arguments", "--users is not for Locust here"),
    "init raises": (
        USER + "@events.init.add_listener\ndef f(**_):\n    raise OSError('no database')",
        {},
        "locustfile",
        "a listener of init raised: locustfile.py:8: OSError: no database",
    ),
    "parser listener raises": (
        USER + "@events.init_command_line_parser.add_listener\ndef f(parser):\n    parser.add_argument('--users')",
        {},
        "locustfile",
        "locustfile.py:8: ArgumentError",
    ),
    "hostile": ("raise ValueError('\\x1b[31m[bold]\\u202e')", {}, "locustfile", "ValueError: \\x1b[31m[bold]\\u202e"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_fault_names_the_line_and_the_cause(case: str, engine: Any, locustfile: Any, configure: Any) -> None:
    text, changes, kind, said = FAULTS[case]
    engine.run(configure(locustfile(text), **{"host": "http://127.0.0.1:9", **changes}))
    assert said in engine.fault
    assert "\n" not in engine.fault
    assert engine.faults[0].kind == kind
    assert engine.process.returncode in (2, 4)


def test_missing_file_and_folder_without_locustfiles(start_engine: Any, tmp_path: Path, configure: Any) -> None:
    (tmp_path / "empty").mkdir()
    for name, said in (
        ("gone.py", "gone.py: no such file"),
        ("empty", "no locustfile in empty"),
        (sys.executable, "ends in .py"),
    ):
        engine = start_engine()
        engine.run(configure(name))
        assert said in engine.fault


def test_path_and_arguments_are_those_of_the_locust_command(start_engine: Any, tmp_path: Path, configure: Any) -> None:
    """Modules beside the locustfile and in the working directory import, relative files open, nothing else differs."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "beside.py").write_text("")
    (tmp_path / "in_cwd.py").write_text("")
    (tmp_path / "data.txt").write_text("")
    path = tmp_path / "tests" / "locustfile.py"
    path.write_text(
        "import beside, in_cwd, json, sys\nfrom locust import User, task\nopen('data.txt').close()\n"
        "print('PATH', json.dumps([sys.path, sys.argv[0]]))\n"
        "class U(User):\n    @task\n    def t(self): pass\n"
    )
    stock = subprocess.run(
        [Path(sys.executable).with_name("locust"), "-f", str(path), "--list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    engine = start_engine()
    engine.run(configure(path, mode="inspect"))

    def path_line(output: str) -> Any:
        return next(json.loads(line[5:]) for line in output.splitlines() if line.startswith("PATH "))

    assert path_line(engine.output) == path_line(stock)


def test_inspection_tells_what_may_be_chosen(engine: Any, configure: Any) -> None:
    engine.run(configure(EVERY_KIND, mode="inspect"))
    assert engine.process.returncode == 0
    found = engine.wait_message(Loaded).inspection
    by_name = {info.name: info for info in found.user_classes}
    assert set(by_name) == {"ShopUser", "WanderUser", "OwnClientUser"}
    assert (by_name["ShopUser"].weight, by_name["ShopUser"].base) == (3, "HttpUser")
    assert (by_name["WanderUser"].fixed_count, by_name["WanderUser"].base) == (1, "FastHttpUser")
    assert by_name["OwnClientUser"].base == "User"
    index = next(task for task in by_name["ShopUser"].tasks if task.name == "Flow.index")
    assert index.share == pytest.approx(0.5 * 3 / 4)
    assert index.tags == ("flow", "read")
    assert found.tags == ("flow", "read", "write")
    colour, password = found.arguments
    assert (colour.flags, colour.default, colour.choices) == (("--colour",), "red", ("red", "blue"))
    assert (password.is_secret, password.default) == (True, "")


def test_environment_variables_of_locust_do_not_change_what_was_asked(
    start_engine: Any, locustfile: Any, configure: Any
) -> None:
    engine = start_engine(LOCUST_USERS="50", LOCUST_CSV="leak", LOCUST_MODE_MASTER="1", MY_TEAM="blue")
    path = locustfile(
        "import os\n@events.init_command_line_parser.add_listener\n"
        "def f(parser): parser.add_argument('--team', env_var='MY_TEAM')\n"
        "@events.init.add_listener\ndef g(environment, **_):\n    options = environment.parsed_options\n"
        "    print(options.num_users, options.csv_prefix, options.master, options.team, os.environ['LOCUST_USERS'])\n"
        + USER
    )
    engine.send(configure(path, host="http://127.0.0.1:9", users=3))
    engine.wait_message(Loaded)
    engine.wait_for(lambda: "3 None False blue 50" in engine.output)


def test_selection_weights_and_tags(start_engine: Any, locustfile: Any, configure: Any) -> None:
    path = locustfile(
        "class A(User):\n    @tag('x')\n    @task\n    def t(self): pass\n"
        "class B(User):\n    @task\n    def t(self): pass\n"
        "class C(User):\n    weight = 5\n    @tag('x')\n    @task\n    def t(self): pass\n"
    )
    for changes, selected, warnings in (
        ({"user_classes": ("C", "A")}, {"A", "C"}, ()),
        ({"weights": {"C": 0}}, {"A", "B"}, ()),
        ({"tags": ("x",)}, {"A", "C"}, ("B has no tasks left after the tags: it does not run",)),
    ):
        engine = start_engine()
        engine.send(configure(path, **changes))
        loaded = engine.wait_message(Loaded)
        assert set(loaded.selected_user_classes) == selected
        assert loaded.warnings == warnings


def test_several_files_with_one_name_for_two_classes(engine: Any, tmp_path: Path, configure: Any) -> None:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("from locust import *\nclass A(User):\n    @task\n    def t(self): pass\n")
    engine.run(configure("one.py", "two.py"))
    assert "A is defined in both one.py and two.py" in engine.fault


def test_a_file_named_as_a_standard_module_does_not_stand_in_for_it(
    start_engine: Any, tmp_path: Path, configure: Any
) -> None:
    user = "from locust import User, task\nclass U(User):\n    @task\n    def t(self): pass\n"
    (tmp_path / "platform.py").write_text(user)
    (tmp_path / "after.py").write_text(
        "import platform\nprint('NODE', platform.python_version())\n" + user.replace("U(", "V(")
    )
    engine = start_engine()
    engine.run(configure("platform.py", "after.py", mode="inspect"))
    assert "NODE 3." in engine.output


def test_interpreter_without_locust_is_named(start_engine: Any, tmp_path: Path, configure: Any) -> None:
    """msgpack alone is there to say it with."""
    import msgpack

    os.symlink(os.path.dirname(msgpack.__file__), tmp_path / "msgpack")
    engine = start_engine(python=[sys._base_executable, "-S"], PYTHONPATH=str(tmp_path))  # type: ignore[attr-defined]
    engine.wait_end()
    assert "has no Locust; install locust>=2.47 there" in engine.fault
    assert engine.faults[0].kind == "environment"
