"""Rows of one kind in the target's database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

PAGE_LENGTH = 20

Row = dict[str, str | int | None]


class Table:
    """Rows with an `id` that has never been another row's.

    The ids 1 to `seeded` are always there; of the rows added later only the newest `max_added` are kept, so that
    a long run does not fill the memory. Names of tables and columns are ours: they are part of the SQL. Each
    query takes well under a millisecond, so it runs on the event loop's own thread.
    """

    def __init__(
        self,
        database: sqlite3.Connection,
        name: str,
        columns: Mapping[str, str],
        *,
        max_added: int,
        seeds: Iterable[tuple[str | int, ...]] = (),
        index: str = "",
    ) -> None:
        """`columns` is each column's SQL type by its name; a seed has a value for each of them.

        `index` is the column that rows are found by, where it is neither the id nor unique.
        """
        self._database = database
        self._name = name
        self._columns = ("id", *columns)
        self._max_added = max_added
        definitions = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        # AUTOINCREMENT: not even a deleted row's id is used again.
        database.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY AUTOINCREMENT, {definitions})")
        if index:
            database.execute(f"CREATE INDEX {name}_by_{index} ON {name} ({index})")
        places = ", ".join("?" for _ in columns)
        database.executemany(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places})", seeds)
        self.seeded = self.count()

    def count(self, **where: str | int) -> int:
        ((count,),) = self._fetch(f"SELECT count(*) FROM {self._name}", where)
        assert isinstance(count, int)
        return count

    def find(self, **where: str | int) -> Row | None:
        """The newest row with these values."""
        found = self.newest(1, **where)
        return found[0] if found else None

    def get(self, row_id: int) -> Row | None:
        if row_id.bit_length() > 63:  # more than SQLite's integers hold
            return None
        return self.find(id=row_id)

    def newest(self, limit: int = PAGE_LENGTH, **where: str | int) -> list[Row]:
        columns = ", ".join(self._columns)
        rows = self._fetch(f"SELECT {columns} FROM {self._name}", where, f"ORDER BY id DESC LIMIT {limit}")
        return [dict(zip(self._columns, row, strict=True)) for row in rows]

    def add(self, **values: str | int) -> Row:
        """Raises sqlite3.IntegrityError where a column is unique and has this value."""
        places = ", ".join("?" for _ in values)
        row_id = self._database.execute(
            f"INSERT INTO {self._name} ({', '.join(values)}) VALUES ({places})", tuple(values.values())
        ).lastrowid
        assert row_id is not None  # sqlite3 sets it after every INSERT
        self._database.execute(
            f"DELETE FROM {self._name} WHERE id > ? AND id <= ?", (self.seeded, row_id - self._max_added)
        )
        row = self.get(row_id)
        assert row is not None
        return row

    def update(self, row_id: int, **values: str | int) -> Row | None:
        """The row as it is now; None where there is none."""
        if row_id.bit_length() <= 63:
            changes = ", ".join(f"{column} = ?" for column in values)
            self._database.execute(f"UPDATE {self._name} SET {changes} WHERE id = ?", (*values.values(), row_id))
        return self.get(row_id)

    def delete(self, **where: str | int) -> int:
        """How many rows there were."""
        conditions = " AND ".join(f"{column} = ?" for column in where)
        return self._database.execute(f"DELETE FROM {self._name} WHERE {conditions}", tuple(where.values())).rowcount

    def _fetch(
        self, select: str, where: Mapping[str, str | int], order: str = ""
    ) -> list[tuple[str | int | None, ...]]:
        conditions = " AND ".join(f"{column} = ?" for column in where)
        query = f"{select} {'WHERE ' + conditions if where else ''} {order}"
        return self._database.execute(query, tuple(where.values())).fetchall()
