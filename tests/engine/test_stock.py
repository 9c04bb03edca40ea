"""The same locustfile under Locust's own command and under the engine, in an environment that holds only Locust."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.engine.bare import BARE_PYTHON, bare_site

LOAD = ("--headless", "-u", "4", "-r", "100", "-t", "3s")
FIXED = Path(__file__).parents[1] / "locustfiles" / "fixed_iterations.py"


@pytest.fixture(scope="module")
def locust_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bare_site(tmp_path_factory.mktemp("bare"), "locust")


def test_same_names_and_counts_as_locust(
    start_engine: Any, locust_alone: Path, target: Any, tmp_path: Path, configure: Any
) -> None:
    prefix = tmp_path / "stock"
    subprocess.run(
        [Path(sys.executable).with_name("locust"), "-f", FIXED, *LOAD, "-H", target.url, "--csv", prefix],
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=False,
    )
    with open(f"{prefix}_stats.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Name"] != "Aggregated"]
    stock = {
        row["Name"]: (int(row["Request Count"]) - int(row["Failure Count"]), int(row["Failure Count"])) for row in rows
    }

    engine = start_engine(python=BARE_PYTHON, PYTHONPATH=str(locust_alone))
    engine.run(
        configure(FIXED, host=target.url, users=4),
        until=lambda engine: sum(map(sum, engine.counts.values())) >= sum(map(sum, stock.values())),
    )
    assert engine.counts == stock
    assert len(stock) == 6
    total, failed = (sum(column) for column in zip(*((ok + bad, bad) for ok, bad in stock.values()), strict=True))
    assert f"total {total} failed {failed}" in engine.output
    engine.check_accounting()


def test_bare_environment_holds_nothing_of_ours(locust_alone: Path) -> None:
    """What the test above proves rests on this."""
    probe = (
        "import importlib.util as u, sys; sys.exit(any(map(u.find_spec, ('perftui', 'textual', 'msgspec', 'httpx'))))"
    )
    environment = {**os.environ, "PYTHONPATH": str(locust_alone)}
    done = subprocess.run([*BARE_PYTHON, "-c", probe], env=environment, cwd=locust_alone, check=False)
    assert done.returncode == 0
