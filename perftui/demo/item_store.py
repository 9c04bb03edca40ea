"""The target's items."""

from __future__ import annotations

import sqlite3

from perftui.demo.tables import PAGE_LENGTH, Row, Table

MATERIALS = ("oak", "walnut", "steel", "glass", "linen", "cork", "brass", "clay", "wool", "bamboo")
THINGS = ("chair", "table", "lamp", "shelf", "bowl", "mirror", "clock", "stool", "basket", "frame")
MAX_ADDED = 5000


class ItemStore(Table):
    """A catalogue that is always there, and what was added to it."""

    def __init__(self, database: sqlite3.Connection) -> None:
        names = [(f"{material} {thing}",) for material in MATERIALS for thing in THINGS]
        super().__init__(database, "items", {"name": "TEXT NOT NULL"}, max_added=MAX_ADDED, seeds=names)

    def first(self) -> list[Row]:
        rows = self._database.execute("SELECT id, name FROM items ORDER BY id LIMIT ?", (PAGE_LENGTH,))
        return [{"id": item_id, "name": name} for item_id, name in rows]

    def search(self, words: str) -> list[Row]:
        query = "SELECT id, name FROM items WHERE instr(name, ?) ORDER BY id LIMIT ?"
        rows = self._database.execute(query, (words.lower(), PAGE_LENGTH))
        return [{"id": item_id, "name": name} for item_id, name in rows]
