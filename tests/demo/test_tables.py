from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from perftui.demo.tables import Table


@pytest.fixture
def table() -> Iterator[Table]:
    database = sqlite3.connect(":memory:", isolation_level=None)
    yield Table(database, "things", {"name": "TEXT"}, max_added=3, seeds=[("seed 1",), ("seed 2",)])
    database.close()


def test_only_the_newest_are_kept_beside_what_is_always_there(table: Table) -> None:
    for number in range(10):
        table.add(name=f"added {number}")
    assert [row["name"] for row in table.newest()] == ["added 9", "added 8", "added 7", "seed 2", "seed 1"]
    assert table.count() == 5


def test_an_id_is_never_used_twice(table: Table) -> None:
    first = table.add(name="a")
    table.delete(id=first["id"] or 0)
    assert table.add(name="b")["id"] == 4


def test_what_is_not_there_is_neither_found_nor_changed(table: Table) -> None:
    for row_id in (0, 3, 2**70):
        assert table.get(row_id) is None
        assert table.update(row_id, name="x") is None
