"""The engine runs where the locustfile's imports work, or a line says what to install."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perftui.conductor.interpreter import choose_interpreter
from perftui.exit_codes import ENVIRONMENT
from perftui.model.errors import PerftuiError


def environment_in(folder: Path, locust: str | None) -> Path:
    """A stand-in for a virtual environment: an interpreter that answers for Locust as `locust` says."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n" + (f"echo {locust}\n" if locust else "exit 1\n"))
    python.chmod(0o755)
    return python


def test_the_named_one_is_used(tmp_path: Path) -> None:
    python = environment_in(tmp_path / "env", "2.48.1")
    chosen = choose_interpreter(str(python), "--python", {}, tmp_path)
    assert (chosen.python, chosen.origin, chosen.locust) == (str(python), "--python", "2.48.1")


@pytest.mark.parametrize(
    ("locust", "why"), [(None, "has no Locust"), ("2.31.0", "has Locust 2.31.0, and perftui needs 2.47 or newer")]
)
def test_a_named_one_without_locust_is_refused_with_what_to_install(
    tmp_path: Path, locust: str | None, why: str
) -> None:
    python = environment_in(tmp_path / "env", locust)
    with pytest.raises(PerftuiError) as raised:
        choose_interpreter(str(python), "--python", {}, tmp_path)
    assert raised.value.exit_code == ENVIRONMENT
    assert why in str(raised.value)
    assert "-m pip install 'locust>=2.47'" in str(raised.value)


def test_one_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PerftuiError, match="cannot be started"):
        choose_interpreter(str(tmp_path / "none"), "--python", {}, tmp_path)


def test_the_active_environment_goes_before_the_one_beside_the_profiles(tmp_path: Path) -> None:
    environment_in(tmp_path / ".venv", "2.47.0")
    active = environment_in(tmp_path / "active", "2.47.0")
    chosen = choose_interpreter(None, "", {"VIRTUAL_ENV": str(tmp_path / "active")}, tmp_path)
    assert (chosen.python, chosen.origin) == (str(active), "VIRTUAL_ENV")
    assert choose_interpreter(None, "", {}, tmp_path).origin == ".venv beside the profiles"


def test_an_environment_without_locust_is_said_and_passed_over(tmp_path: Path) -> None:
    environment_in(tmp_path / ".venv", None)
    chosen = choose_interpreter(None, "", {}, tmp_path)
    assert chosen.python == sys.executable
    assert "has no Locust" in chosen.notice
    assert "pip install" in chosen.notice


def test_without_any_it_is_perftuis_own(tmp_path: Path) -> None:
    chosen = choose_interpreter(None, "", {"VIRTUAL_ENV": sys.prefix}, tmp_path)
    assert (chosen.python, chosen.notice) == (sys.executable, "")
    assert chosen.locust
