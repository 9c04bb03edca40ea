"""The same locustfile under Locust's own command and under the engine, in an environment that holds only Locust."""

from __future__ import annotations

import csv
import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# The interpreter itself, without the packages that are installed for it.
BARE_PYTHON = [sys._base_executable, "-S"]  # type: ignore[attr-defined]
LOAD = ("--headless", "-u", "4", "-r", "100", "-t", "3s")
FIXED = Path(__file__).parents[1] / "locustfiles" / "fixed_iterations.py"


def requirements_of(name: str, found: dict[str, importlib.metadata.Distribution]) -> None:
    """`name` and what it requires, transitively, as far as it is installed."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in found:
        return
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return  # for another system or Python
    found[key] = distribution
    for requirement in distribution.requires or ():
        if "extra ==" not in requirement:
            requirements_of(re.split(r"[\s<>=!~;\[(]", requirement, maxsplit=1)[0], found)


@pytest.fixture(scope="module")
def bare_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds Locust and what Locust requires, and nothing else that is installed here."""
    site = tmp_path_factory.mktemp("bare") / "site-packages"
    site.mkdir()
    found: dict[str, importlib.metadata.Distribution] = {}
    requirements_of("locust", found)
    for distribution in found.values():
        for file in distribution.files or ():
            top = file.parts[0]
            if top not in ("..", "bin", "__pycache__") and not (site / top).exists():
                os.symlink(Path(str(distribution.locate_file(top))), site / top)
    return site


def test_same_names_and_counts_as_locust(
    start_engine: Any, bare_site: Path, target: Any, tmp_path: Path, configure: Any
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

    engine = start_engine(python=BARE_PYTHON, PYTHONPATH=str(bare_site))
    engine.run(
        configure(FIXED, host=target.url, users=4),
        until=lambda engine: sum(map(sum, engine.counts.values())) >= sum(map(sum, stock.values())),
    )
    assert engine.counts == stock
    assert len(stock) == 6
    total, failed = (sum(column) for column in zip(*((ok + bad, bad) for ok, bad in stock.values()), strict=True))
    assert f"total {total} failed {failed}" in engine.output
    engine.check_accounting()


def test_bare_environment_holds_nothing_of_ours(bare_site: Path) -> None:
    """What the test above proves rests on this."""
    probe = (
        "import importlib.util as u, sys; sys.exit(any(map(u.find_spec, ('perftui', 'textual', 'msgspec', 'httpx'))))"
    )
    environment = {**os.environ, "PYTHONPATH": str(bare_site)}
    done = subprocess.run([*BARE_PYTHON, "-c", probe], env=environment, cwd=bare_site, check=False)
    assert done.returncode == 0
