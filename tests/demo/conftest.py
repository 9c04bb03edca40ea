"""The built-in target in processes of its own, as people start it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.running import Target, running_demo


@pytest.fixture
def runtime_dir() -> Iterator[Path]:
    """A short path: the address of a Unix socket holds 107 bytes, and pytest's own folders are long."""
    with tempfile.TemporaryDirectory(prefix="perftui-") as folder:
        yield Path(folder)


@pytest.fixture
def demo_process() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "perftui.demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        yield process
        process.kill()


@pytest.fixture
def demo_url(demo_process: subprocess.Popen[str]) -> str:
    assert demo_process.stdout is not None
    announcement = demo_process.stdout.readline()
    assert announcement.startswith("perftui demo target: http://127.0.0.1:")
    return announcement.removeprefix("perftui demo target: ").strip()


@pytest.fixture(scope="package")
def shared_target() -> Iterator[Target]:
    """One target for all tests that only add to it."""
    with running_demo() as target:
        yield target


@pytest.fixture
def target(shared_target: Target) -> Iterator[Target]:
    """The shared target, with all knobs off before and after."""
    shared_target.reset()
    yield shared_target
    shared_target.reset()
