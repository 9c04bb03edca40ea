"""Saved benches: numbered, named, found again, and never half written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.store.benchmarks import find_bench, machine_id, read_bench, save_bench


def test_each_is_a_new_number_in_the_folder_that_pytest_benchmark_uses_for_this_machine(tmp_path: Path) -> None:
    first, second = save_bench(tmp_path, "base", b"1"), save_bench(tmp_path, "other", b"2")
    assert first.relative_to(tmp_path).as_posix() == f"benchmarks/{machine_id()}/0001_base.json"
    assert second.name == "0002_other.json"
    assert second.stat().st_mode & 0o777 == 0o600
    assert second.parent.stat().st_mode & 0o777 == 0o700


def test_the_machine_is_called_as_pytest_benchmark_calls_it() -> None:
    from pytest_benchmark.utils import get_machine_id

    assert machine_id() == get_machine_id()  # type: ignore[no-untyped-call]


def test_a_name_means_the_newest_a_number_or_a_path_means_that_one(tmp_path: Path) -> None:
    for data in (b"1", b"2"):
        save_bench(tmp_path, "base", data)
    assert read_bench(find_bench(tmp_path, "base")) == b"2"
    assert read_bench(find_bench(tmp_path, "0001")) == b"1"
    assert read_bench(find_bench(tmp_path, "0001_base")) == b"1"
    assert read_bench(find_bench(tmp_path, str(find_bench(tmp_path, "0001")))) == b"1"


def test_two_that_are_saved_at_once_get_two_numbers(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(lambda _: save_bench(tmp_path, "base", b"x"), range(16)))
    assert {path.name[:4] for path in paths} == {f"{number:04}" for number in range(1, 17)}


def test_what_is_not_there_is_said_with_what_is(tmp_path: Path) -> None:
    with pytest.raises(PerftuiError, match="nothing was saved yet"):
        find_bench(tmp_path, "base")
    save_bench(tmp_path, "base", b"1")
    with pytest.raises(PerftuiError, match=r"no bench is called 'best': there are base\.") as raised:
        find_bench(tmp_path, "best")
    assert raised.value.exit_code == exit_codes.USAGE


def test_one_of_another_kind_of_machine_is_not_taken_by_its_name(tmp_path: Path) -> None:
    mine = save_bench(tmp_path, "base", b"1").parent
    mine.rename(mine.with_name("Windows-PyPy-2.7-32bit"))
    with pytest.raises(PerftuiError, match="measured on another kind of machine: Windows-PyPy"):
        find_bench(tmp_path, "base")
