"""A bench as people and as pytest-benchmark's tools read it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from perftui.judgement.bench import compare_tasks
from perftui.model.bench import Bench, TaskRounds
from perftui.reports.bench import bench_text, comparison_text
from perftui.reports.bench_json import NewerBenchError, bench_from_json, bench_json

READ = TaskRounds("Shop", "read", (0.010, 0.012, 0.011, 0.013, 0.030), failed=2, failure="GET /: 500")
HUNG = TaskRounds("Shop", "buy", (), given_up="a round was not over after 10 s, at shop.py:8 in buy")
BENCH = Bench(
    scenario="shop",
    target="http://stage.test",
    started_at="2026-03-04T05:06:07.000+00:00",
    rounds=None,
    max_time_s=3.0,
    tasks=(READ, HUNG),
    machine={"node": "box", "system": "Linux"},
    provenance={"git_revision": "abc", "git_dirty": "yes"},
)


def test_the_table_has_pytest_benchmarks_columns_and_every_failure_a_line() -> None:
    lines = bench_text(BENCH).splitlines()
    assert lines[0] == "shop on http://stage.test"
    head = ["Name", "(time", "in", "ms)", "Min", "Max", "Mean", "StdDev", "Median", "IQR", "Outliers", "OPS", "Rounds"]
    assert lines[2].split() == [*head, "Failed"]
    row = ["Shop.read", "10.0000", "30.0000", "15.2000", "8.3487", "12.0000", "6.5000", "1;1", "65.7895", "5", "2"]
    assert lines[4].split() == row
    assert "Shop.read: 2 rounds failed, and are in no statistics: GET /: 500" in lines
    assert "Shop.buy: not measured: a round was not over after 10 s, at shop.py:8 in buy" in lines


@pytest.mark.parametrize(("time_s", "unit"), [(3e-8, "ns"), (3e-5, "us"), (0.3, "ms"), (3.0, "s")])
def test_the_unit_is_that_of_the_quickest_task(time_s: float, unit: str) -> None:
    tasks = (replace(READ, times_s=(time_s,) * 5), replace(READ, task="slow", times_s=(50.0,) * 5))
    assert f"(time in {unit})" in bench_text(replace(BENCH, tasks=tasks))


def test_nothing_of_a_name_reaches_the_terminal() -> None:
    hostile = replace(HUNG, user_class="\x1b]0;x\x07", given_up="\x1b[31mred")
    assert "\x1b" not in bench_text(replace(BENCH, tasks=(hostile,)))


def test_what_is_written_is_read_again() -> None:
    assert bench_from_json(bench_json(BENCH)) == BENCH


def test_secrets_are_not_written() -> None:
    data = bench_json(replace(BENCH, tasks=(replace(READ, failure="token=CANARY"),)))
    assert b"CANARY" not in data


def test_what_is_no_bench_is_refused_in_words() -> None:
    document = json.loads(bench_json(BENCH))
    document["perftui"]["schema_version"] = 99
    with pytest.raises(NewerBenchError, match="its schema is 99"):
        bench_from_json(json.dumps(document).encode())
    for data in (b"", b"[]", b"{}", b'{"perftui": {"schema_version": 1}}', b'{"perftui": {"schema_version": "x"}}'):
        with pytest.raises(ValueError):
            bench_from_json(data)


def test_pytest_benchmark_itself_lists_and_compares_it(tmp_path: Path) -> None:
    storage = tmp_path / "benchmarks" / "Linux-CPython-3.11-64bit"
    storage.mkdir(parents=True)
    for number in (1, 2):
        (storage / f"000{number}_base.json").write_bytes(bench_json(BENCH))
    tool = [sys.executable, "-m", "pytest_benchmark", "--storage", str(storage.parent)]

    def said(*arguments: str) -> str:
        return subprocess.run(
            [*tool, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
        ).stdout

    assert [Path(line).name for line in said("list").splitlines()] == ["0001_base.json", "0002_base.json"]
    table = said("compare", "0001")
    ours = bench_text(replace(BENCH, tasks=(replace(READ, failed=0),)))
    # Its own table of our numbers is ours; it has one more column.
    (row,) = [line.split() for line in table.splitlines() if line.startswith("Shop.read")]
    (own,) = [line.split() for line in ours.splitlines() if line.startswith("Shop.read")]
    assert row == [*own, "1"]
    assert said("compare", "--between", "median").count("Shop.read") == 1


def test_a_comparison_says_the_change_the_verdict_and_what_is_not_compared() -> None:
    slower = replace(READ, times_s=tuple(each * 4 for each in READ.times_s))
    text = comparison_text("base", compare_tasks([READ], [slower, HUNG], 0.2), ["Shop.old"], 0.2)
    lines = text.splitlines()
    assert lines[2].split() == ["Shop.read", "12.0ms", "48.0ms", "+300.0%", "worse"]
    assert lines[3].split() == ["Shop.buy", "-", "-", "-", "no", "data"]
    assert "Shop.buy: no data: 0 good rounds before; 5 are needed" in lines
    assert "Only in base, not compared: Shop.old" in lines
