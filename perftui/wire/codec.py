"""Dataclasses to plain lists and back, by their annotations; what arrives is checked, whoever sent it."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")

_PLAIN = frozenset({int, float, str, bool, bytes, types.NoneType})


class WireError(ValueError):
    """What arrived is not what the protocol says."""


def to_plain(value: Any) -> Any:
    """`value` as lists, dicts, strings, numbers and None: a dataclass is the list of its fields in order."""
    kind: Any = type(value)
    if kind in _PLAIN:
        # Most of a tick: a quarter of what the questions below take.
        return value
    if kind is not dict:
        if dataclasses.is_dataclass(value):
            return [to_plain(getattr(value, name)) for name in _names(kind)]
        if isinstance(value, Enum):
            return value.value
        if isinstance(value, (tuple, list)):
            return [to_plain(each) for each in value]
    if isinstance(value, Mapping) and value and not isinstance(next(iter(value.values())), (int, float, str)):
        return {key: to_plain(each) for key, each in value.items()}
    return value


def from_plain(kind: type[T], value: Any) -> T:
    """The `kind` that `to_plain` made `value` of. Raises WireError where it is something else."""
    annotation: Any = kind
    return typing.cast(T, _reader(annotation)(value))


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in dataclasses.fields(kind))


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _dataclass_reader(kind)
    if origin is tuple:
        return _tuple_reader(arguments)
    if _is_mapping(origin):
        return _dict_reader(*arguments)
    if origin in (types.UnionType, typing.Union):
        return _optional_reader(arguments)
    if origin is typing.Literal:
        return _literal_reader(arguments)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum_reader(kind)
    if kind is float:
        return _float
    if isinstance(kind, type):
        return _plain_reader(kind)
    raise TypeError(f"the wire cannot carry {kind!r}")


def _is_mapping(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _dataclass_reader(kind: Any) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(kind)
    readers = [_reader(hints[name]) for name in _names(kind)]

    def read(value: Any) -> Any:
        if not isinstance(value, list) or len(value) != len(readers):
            raise WireError(f"a {kind.__name__} has {len(readers)} fields")
        return kind(*[reader(each) for reader, each in zip(readers, value, strict=True)])

    return read


def _tuple_reader(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        reader = _reader(arguments[0])

        def read(value: Any) -> Any:
            if not isinstance(value, list):
                raise WireError("expected a list")
            return tuple(map(reader, value))

        return read
    readers = [_reader(each) for each in arguments]

    def read_fixed(value: Any) -> Any:
        if not isinstance(value, list) or len(value) != len(readers):
            raise WireError(f"expected a list of {len(readers)}")
        return tuple(reader(each) for reader, each in zip(readers, value, strict=True))

    return read_fixed


def _dict_reader(key_kind: Any, value_kind: Any) -> Callable[[Any], Any]:
    read_key, read_value = _reader(key_kind), _reader(value_kind)

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise WireError("expected a map")
        return {read_key(key): read_value(each) for key, each in value.items()}

    return read


def _optional_reader(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    (kind,) = (each for each in arguments if each is not types.NoneType)
    reader = _reader(kind)
    return lambda value: None if value is None else reader(value)


def _literal_reader(allowed: tuple[Any, ...]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if value not in allowed:
            raise WireError(f"{value!r} is none of {allowed}")
        return value

    return read


def _enum_reader(kind: type[Enum]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        try:
            return kind(value)
        except ValueError as error:
            raise WireError(str(error)) from None

    return read


def _float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise WireError(f"expected a number, not {type(value).__name__}")
    return float(value)


def _plain_reader(kind: type[Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise WireError(f"expected {kind.__name__}, not {type(value).__name__}")
        return value

    return read
