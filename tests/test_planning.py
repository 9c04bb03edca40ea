"""From what a person said to a plan: which Python its locustfiles get."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perftui.planning import Asker
from perftui.profiles.choice import Choice
from perftui.profiles.file import load_profiles
from tests.conductor.test_interpreter import environment_in
from tests.fakes.command import locustfile_in


def test_the_bundled_suites_run_in_perftuis_own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project's may lack what they import, and a first run is often made from inside of one."""
    active = environment_in(tmp_path / "active", "2.47.0")
    named = environment_in(tmp_path / "named", "2.47.0")
    environment_in(tmp_path / ".venv", "2.47.0")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    locustfile = str(locustfile_in(tmp_path))

    def python_of(**choice: object) -> str:
        asker = Asker(load_profiles(None), tmp_path)
        plan = asker.plan(Choice(profile="browse", target="http://127.0.0.1:9", **choice))  # type: ignore[arg-type]
        return asker.interpreter(plan).python

    assert python_of() == sys.executable
    assert python_of(locustfiles=(locustfile,)) == str(active)
    assert python_of(locustfiles=("builtin:default", locustfile)) == str(active)
    assert python_of(python=str(named)) == str(named)
