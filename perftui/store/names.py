"""Texts that many ticks repeat, stored once."""

from __future__ import annotations

from perftui.model.text import mask_secrets
from perftui.model.tick import MAX_EXCEPTION_GROUPS, MAX_FAILURE_GROUPS, MAX_LOAD_WORKERS, MAX_REQUEST_NAMES, OTHER
from perftui.store.blobs import pack_text

Texts = tuple[str, ...]

# There are three reasons: files, ports and memory; each may be said in a few ways.
MAX_LOCAL_ERROR_GROUPS = 100


class NameTable:
    """The ids that one table of samples.db gives to texts.

    An id that was given in a transaction which was rolled back is forgotten with it. Past `limit` all texts get the
    id of `other`, as the engine does long before.
    """

    def __init__(self, table: str, limit: int, other: Texts) -> None:
        self.insert = f"INSERT INTO {table} VALUES (?{', ?' * len(other)})"
        self._limit = limit
        self._other = other
        # Bounded by `limit` and one for `other`.
        self._ids: dict[Texts, int] = {}
        self._new: list[Texts] = []

    @classmethod
    def for_all_kinds(cls) -> tuple[NameTable, NameTable, NameTable, NameTable, NameTable]:
        """Of request names, failure groups, exception groups, local errors and load workers."""
        return (
            cls("request_name", MAX_REQUEST_NAMES, ("", OTHER)),
            cls("failure_group", MAX_FAILURE_GROUPS, ("", OTHER, OTHER)),
            cls("exception_group", MAX_EXCEPTION_GROUPS, (OTHER, OTHER)),
            cls("local_error_group", MAX_LOCAL_ERROR_GROUPS, (OTHER,)),
            cls("load_worker", MAX_LOAD_WORKERS, (OTHER, OTHER, "remote")),
        )

    def id_of(self, *texts: str) -> int:
        known = self._ids.get(texts)
        if known is not None:
            return known
        if len(self._ids) >= self._limit and texts != self._other:
            return self.id_of(*self._other)
        self._new.append(texts)
        self._ids[texts] = len(self._ids) + 1
        return self._ids[texts]

    def new_rows(self) -> list[tuple[int | str | bytes, ...]]:
        """Rows for `insert`: the texts that got an id in this transaction, their secrets masked."""
        return [(self._ids[texts], *(pack_text(mask_secrets(text)) for text in texts)) for texts in self._new]

    def keep_new(self) -> None:
        self._new.clear()

    def forget_new(self) -> None:
        for texts in self._new:
            del self._ids[texts]
        self._new.clear()
