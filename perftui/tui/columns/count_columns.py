"""The tables of what is counted by kind: responses by status, users by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from perftui.tui.texts.figures import count_text, share_text
from perftui.tui.widgets.table import Column, Table

_BAR_WIDTH = 24
# What HTTPStatus does not know, and targets send.
_MEANINGS = {0: "no response", 499: "client closed the request", 520: "unknown error", 521: "web server is down"}


@dataclass(frozen=True, slots=True)
class CountRow:
    """`share` is the part of all that were counted, 0 to 1; `role` its colour."""

    name: str
    meaning: str
    count: int
    share: float | None
    role: str = ""


def status_rows(statuses: Mapping[int, int]) -> list[CountRow]:
    total = sum(statuses.values())
    return [
        CountRow(
            str(status) if status else "–",
            meaning_of(status),
            count,
            count / total if total else None,
            status_role(status),
        )
        for status, count in statuses.items()
    ]


def user_rows(users_by_class: Mapping[str, int]) -> list[CountRow]:
    total = sum(users_by_class.values())
    return [CountRow(name, "", count, count / total if total else None) for name, count in users_by_class.items()]


def meaning_of(status: int) -> str:
    if status in _MEANINGS:
        return _MEANINGS[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "not a registered status"


def status_role(status: int) -> str:
    if not status or status >= 500:
        return "bad"
    return "warn" if status >= 400 else "good" if 200 <= status < 300 else ""


def status_table(*, id: str) -> Table[CountRow]:
    return _count_table(
        Column("Code", 5, lambda row: row.name, lambda row: row.name, lambda row: row.role, is_text=True),
        Column("Meaning", 16, lambda row: row.meaning, lambda row: row.meaning, is_text=True, share=1),
        empty="no response yet",
        id=id,
    )


def user_table(*, id: str) -> Table[CountRow]:
    return _count_table(
        Column("User class", 16, lambda row: row.name, lambda row: row.name, is_text=True, share=1),
        empty="no user is spawned",
        id=id,
    )


def count_bar(share: float | None, width: int) -> str:
    """`share` of `width` cells; what is not nothing is seen."""
    if not share:
        return ""
    return "━" * min(width, max(1, round(share * width)))


def _count_table(*first: Column[CountRow], empty: str, id: str) -> Table[CountRow]:
    columns: Sequence[Column[CountRow]] = (
        *first,
        Column("Count", 8, lambda row: count_text(row.count), lambda row: row.count),
        Column("Share", 6, lambda row: share_text(row.share), lambda row: row.share),
        Column(
            "",
            _BAR_WIDTH,
            lambda row: count_bar(row.share, _BAR_WIDTH),
            lambda row: row.share,
            lambda row: row.role,
            is_text=True,
        ),
    )
    return Table(
        columns,
        lambda row: row.name,
        sorted_by="Count",
        searched=lambda row: f"{row.name} {row.meaning}",
        empty=empty,
        id=id,
    )
