"""Rows of samples.db: what they are made of, and what of them is not believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Row = tuple[Any, ...]
IdOf = Callable[..., int]
"""The id of a name or group, given its texts."""


def check(row: Row, kinds: tuple[type, ...]) -> None:
    """Raises ValueError where a value is not exactly of its kind."""
    if tuple(map(type, row)) != kinds:
        raise ValueError("a row holds what is not a number")


def check_known(values: Sequence[Any], kinds: tuple[type, ...]) -> None:
    """As `check`, of those that are not None."""
    if any(value is not None and type(value) is not kind for value, kind in zip(values, kinds, strict=True)):
        raise ValueError("a row holds what is not a number")
