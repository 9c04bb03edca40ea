"""The target's items, in an embedded SQLite database that lives as long as the server."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TypedDict

MATERIALS = ("oak", "walnut", "steel", "glass", "linen", "cork", "brass", "clay", "wool", "bamboo")
THINGS = ("chair", "table", "lamp", "shelf", "bowl", "mirror", "clock", "stool", "basket", "frame")
# The catalogue that is always there; its ids are 1 to SEEDED.
SEEDED = len(MATERIALS) * len(THINGS)
# Of the items added later only the newest are kept, so that a long run does not fill the memory.
MAX_ADDED = 5000
PAGE_LENGTH = 20


class Item(TypedDict):
    id: int
    name: str


class ItemStore:
    """Its queries take well under a millisecond each, so they run on the event loop's own thread."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        self._database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        names = [(f"{material} {thing}",) for material in MATERIALS for thing in THINGS]
        self._database.executemany("INSERT INTO items (name) VALUES (?)", names)

    def close(self) -> None:
        self._database.close()

    def count(self) -> int:
        (count,) = self._database.execute("SELECT count(*) FROM items").fetchone()
        return int(count)

    def first(self) -> list[Item]:
        return self._items("SELECT id, name FROM items ORDER BY id LIMIT ?", (PAGE_LENGTH,))

    def get(self, item_id: int) -> Item | None:
        if item_id.bit_length() > 63:  # more than SQLite's integers hold
            return None
        found = self._items("SELECT id, name FROM items WHERE id = ?", (item_id,))
        return found[0] if found else None

    def search(self, words: str) -> list[Item]:
        query = "SELECT id, name FROM items WHERE instr(name, ?) ORDER BY id LIMIT ?"
        return self._items(query, (words.lower(), PAGE_LENGTH))

    def add(self, name: str) -> Item:
        """Store a new item; its id has never been another item's."""
        item_id = self._database.execute("INSERT INTO items (name) VALUES (?)", (name,)).lastrowid
        assert item_id is not None  # sqlite3 sets it after every INSERT
        self._database.execute("DELETE FROM items WHERE id > ? AND id <= ?", (SEEDED, item_id - MAX_ADDED))
        return {"id": item_id, "name": name}

    def _items(self, query: str, values: Iterable[object]) -> list[Item]:
        return [{"id": item_id, "name": name} for item_id, name in self._database.execute(query, tuple(values))]
