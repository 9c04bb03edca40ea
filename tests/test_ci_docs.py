"""The commands of docs/ci.md do what it says, as a pipeline would run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from perftui import exit_codes
from tests.fakes.command import TIMEOUT_S
from tests.fakes.kept_runs import KeptRuns
from tests.fakes.ticks import delta, tick

PAGE = (Path(__file__).parents[1] / "docs" / "ci.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
COMMAND = re.compile(r"^ *- (?:run: )?((?:perftui|if test) .*)$", re.MULTILINE)
RUNS_DIR = re.compile(r"PERFTUI_RUNS_DIR: (\S+)")
KEPT = re.compile(r"^ +(?:- |junit: )?(\S+/\*/\S+)$", re.MULTILINE)


def pipeline(commands: list[str], folder: Path, runs_dir: str) -> list[subprocess.CompletedProcess[str]]:
    """A short one, with more users: in so few seconds two would not make every request."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "PERFTUI_RUNS_DIR": runs_dir}
    environ |= {"PERFTUI_RUN_TIME": "2s", "PERFTUI_USERS": "8", "PERFTUI_SPAWN_RATE": "8"}
    return [
        subprocess.run(
            ["bash", "-ec", command], cwd=folder, env=environ, capture_output=True, text=True, timeout=TIMEOUT_S
        )
        for command in commands
    ]


def test_both_examples_run_the_same_commands_and_keep_the_same_files() -> None:
    github, gitlab = BLOCKS
    assert COMMAND.findall(github) == COMMAND.findall(gitlab)
    assert RUNS_DIR.findall(github) == RUNS_DIR.findall(gitlab)
    assert set(KEPT.findall(github)) == set(KEPT.findall(gitlab))


def test_the_main_branch_makes_a_baseline_and_a_change_is_compared_with_it(tmp_path: Path) -> None:
    commands, (runs_dir,) = COMMAND.findall(BLOCKS[0]), RUNS_DIR.findall(BLOCKS[0])
    run, baseline = pipeline(commands, tmp_path, runs_dir)
    # Whether this machine was quick enough is what --ci is for.
    assert run.returncode in (exit_codes.OK, exit_codes.UNTRUSTED), run.stderr
    assert baseline.stdout.startswith("smoke is "), baseline.stderr
    run, compared = pipeline(commands, tmp_path, runs_dir)
    assert run.returncode in (exit_codes.OK, exit_codes.UNTRUSTED), run.stderr
    assert compared.stdout.startswith("A (old): baseline smoke = "), compared.stderr
    # A few seconds are too few to say; the next test has runs that are not.
    assert compared.returncode in (exit_codes.OK, exit_codes.FAILED, exit_codes.NO_DATA), compared.stderr
    for pattern in KEPT.findall(BLOCKS[0]):
        assert len(list(tmp_path.glob(pattern))) == 2, pattern


def test_the_gate_passes_an_equal_run_fails_a_slower_one_and_does_not_pass_what_it_cannot_judge(tmp_path: Path) -> None:
    gate, (runs_dir,) = COMMAND.findall(BLOCKS[0])[-1], RUNS_DIR.findall(BLOCKS[0])
    runs = KeptRuns(tmp_path / runs_dir)
    few = [tick(second, delta("/", (64.0,) * 5)) for second in range(20)]
    stalls = [*few[:-2], *(tick(second, delta("/", (64.0,) * 4 + (4677.0,))) for second in (18, 19))]
    pairs: tuple[tuple[dict[str, Any], dict[str, Any], int], ...] = (
        ({}, {}, exit_codes.OK),
        ({}, {"factor": 1.6}, exit_codes.FAILED),
        ({"ticks": few}, {"ticks": stalls}, exit_codes.NO_DATA),
    )
    for old, new, code in pairs:
        runs.keep(**old)
        assert pipeline(["perftui baseline set smoke last"], tmp_path, runs_dir)[0].returncode == exit_codes.OK
        runs.keep(**new)
        (compared,) = pipeline([gate], tmp_path, runs_dir)
        assert compared.returncode == code, compared.stdout + compared.stderr


def test_the_exit_codes_it_names_are_those_there_are() -> None:
    named = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert named <= exit_codes.MEANINGS.keys()
