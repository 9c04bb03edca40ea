"""One locustfile under Locust's own command and under perftui's: the same names, columns and counts."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from perftui import exit_codes
from tests.fakes.command import perftui
from tests.fakes.fault_server import RunningFaultServer

FIXED = Path(__file__).parent / "locustfiles" / "fixed_iterations.py"
FILES = ("stats", "stats_history", "failures", "exceptions")

Tables = dict[str, list[list[str]]]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tables, Tables]:
    """The rows of each CSV file, of Locust and of perftui."""
    folder = tmp_path_factory.mktemp("both")
    with RunningFaultServer("ok") as server:
        locust = Path(sys.executable).with_name("locust")
        command = [str(locust), "-f", str(FIXED), "--headless", "-u", "4", "-r", "100", "-t", "3s", "-H", server.url]
        with subprocess.Popen(
            [*command, "--csv", "stock"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as stock:
            done = perftui(
                "run", "smoke", "-f", str(FIXED), "--target", server.url, "--users", "4", "--spawn-rate", "100",
                "--run-time", "3s", "--runs-dir", "runs", cwd=folder,
            )  # fmt: skip
            stock.wait(60)
    assert done.returncode == exit_codes.OK, done.stderr
    (run,) = (folder / "runs").iterdir()
    return tables(folder, "stock_"), tables(run, "")


def tables(folder: Path, prefix: str) -> Tables:
    found: Tables = {}
    for name in FILES:
        with (folder / f"{prefix}{name}.csv").open(newline="") as file:
            found[name] = list(csv.reader(file))
    return found


@pytest.mark.parametrize("name", FILES)
def test_the_columns_are_locusts(name: str, both: tuple[Tables, Tables]) -> None:
    stock, ours = both
    assert ours[name][0] == stock[name][0]


def test_the_names_and_counts_are_locusts(both: tuple[Tables, Tables]) -> None:
    stock, ours = both
    # Type, Name, Request Count, Failure Count.
    assert sorted(row[:4] for row in ours["stats"][1:]) == sorted(row[:4] for row in stock["stats"][1:])
    assert ours["stats"][-1][1] == "Aggregated"
    # Method, Name, Occurrences.
    failures = [sorted((row[0], row[1], row[3]) for row in each["failures"][1:]) for each in both]
    assert failures[0] == failures[1]
