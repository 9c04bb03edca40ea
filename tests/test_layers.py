"""Each room, imported alone in a fresh interpreter, pulls in only what it may: a static graph cannot see
an import inside a function or one that a library makes."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOCUST = {"locust", "gevent", "geventhttpclient"}
SCREEN = {"textual", "plotext"}
LIBRARIES = {"click", "httpx", "msgspec", "platformdirs", "psutil", "starlette", "tomli_w", "tomlkit", "uvicorn"}
ROOMS = {"engine", "conductor", "store", "reports", "profiles", "tui", "wire", "judgement", "demo", "users"}

# Room: (libraries and rooms that must not be loaded with it).
FORBIDDEN = {
    "model": LOCUST | SCREEN | LIBRARIES | {"msgpack"} | ROOMS,
    "judgement": LOCUST | SCREEN | LIBRARIES | {"msgpack"} | ROOMS - {"judgement"},
    "wire": LOCUST | SCREEN | LIBRARIES | ROOMS - {"wire"},
    "profiles": LOCUST | SCREEN | {"httpx", "psutil"} | ROOMS - {"profiles", "judgement"},
    "store": LOCUST | SCREEN | {"httpx", "psutil", "click"} | ROOMS - {"store", "judgement"},
    "reports": LOCUST | SCREEN | {"httpx", "psutil", "click"} | ROOMS - {"reports", "judgement"},
    "conductor": LOCUST | SCREEN | {"engine", "tui", "users"},
    "tui": LOCUST | {"httpx", "psutil", "engine", "conductor", "users"},
    "demo": LOCUST | SCREEN | {"engine", "conductor", "tui", "store", "users"},
    # Locust itself brings psutil and click.
    "users": SCREEN | LIBRARIES - {"psutil", "click"} | {"model"} | ROOMS - {"users"},
}

LIST_MODULES = """
import importlib, pkgutil, sys
room = importlib.import_module("perftui." + sys.argv[1])
for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
    if ".locustfiles" not in module.name and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(*sys.modules)
"""


def modules_loaded(code: str, *arguments: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("room", sorted(FORBIDDEN))
def test_a_room_imports_only_what_it_may(room: str) -> None:
    loaded = modules_loaded(LIST_MODULES, room)
    packages = {name.split(".")[0] for name in loaded}
    rooms = {name.split(".")[1] for name in loaded if name.startswith("perftui.")}
    assert not (packages | rooms) & FORBIDDEN[room]


def test_the_command_line_starts_without_screen_and_locust() -> None:
    loaded = modules_loaded("import perftui.cli, sys; print(*sys.modules)")
    assert not {name.split(".")[0] for name in loaded} & (LOCUST | SCREEN | LIBRARIES - {"click"})


def test_the_cockpit_reads_and_never_writes() -> None:
    assert "perftui.store.writer" not in modules_loaded(LIST_MODULES, "tui")
