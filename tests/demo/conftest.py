"""The built-in target in processes of its own, as people start it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


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
