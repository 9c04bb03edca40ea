"""What every test needs: no settings of this person's, and folders of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def private_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Runs and sockets of a test are its own. Sockets need a short path, which tmp_path is not everywhere."""
    for name in [name for name in os.environ if name.startswith(("PERFTUI_", "LOCUST_")) or name == "VIRTUAL_ENV"]:
        monkeypatch.delenv(name)
    with tempfile.TemporaryDirectory(prefix="pt-") as runtime:
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        monkeypatch.setenv("PERFTUI_RUNS_DIR", str(tmp_path / "runs"))
        yield
