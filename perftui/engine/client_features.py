"""What a user class uses of Locust's HTTP clients that `perftui.users.LeanHttpUser` does not have, by its source."""

from __future__ import annotations

import ast
import contextlib
import inspect
import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from locust import FastHttpUser, HttpUser

from perftui.engine.user_line import is_user_file

# Whatever lies beyond these bounds is not looked at: functions and classes, and what a file holds.
MAX_FEATURES = 5
MAX_PARTS = 200
MAX_FILE_BYTES = 500_000

_SENDING = frozenset({"get", "options", "head", "delete", "post", "put", "patch", "request", "rest", "rest_"})


@dataclass(frozen=True, slots=True)
class _OwnFeatures:
    """Names that only the users of `base` know: attributes of the class, of its client and of a response, arguments of
    a request. `auth` is whether that may be an object.
    """

    base: type
    of_class: frozenset[str]
    of_client: frozenset[str]
    arguments: frozenset[str]
    of_response: frozenset[str] = frozenset()
    auth: bool = False


# FastHttpUser takes these too, and sends them as fields of a form or a query.
_OF_REQUESTS = frozenset({"cert", "cookies", "hooks", "proxies", "timeout", "verify"})
_BASES = (
    _OwnFeatures(
        HttpUser,
        of_class=frozenset({"pool_manager"}),
        of_client=frozenset({
            "adapters", "auth", "cert", "cookies", "get_adapter", "headers", "hooks", "max_redirects", "mount",
            "params", "prepare_request", "proxies", "send", "stream", "trust_env", "verify",
        }),
        arguments=_OF_REQUESTS,
        of_response=frozenset({"cookies", "links", "raw"}),
        auth=True,
    ),
    _OwnFeatures(
        FastHttpUser,
        of_class=frozenset({"client_pool", "concurrency", "max_retries"}),
        of_client=frozenset({"client"}),
        arguments=_OF_REQUESTS | {"debug_stream", "max_redirects", "max_retries", "to_string"},
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Names:
    """What stands for a client and for a response in one function."""

    clients: frozenset[str] = frozenset({"client"})
    responses: frozenset[str] = frozenset()


class ClientFeatures:
    """Reads each file once."""

    def __init__(self) -> None:
        self._files: dict[str, dict[str, ast.stmt]] = {}

    def beyond_lean(self, user_class: Any) -> tuple[str, ...]:
        """Some of them, as they are written: client.verify, timeout=. Never raises.

        Empty as well for a class that is neither an HttpUser nor a FastHttpUser, and where no source can be read.
        """
        own = next((each for each in _BASES if issubclass(user_class, each.base)), None)
        if own is None:
            return ()
        found: set[str] = set()
        # It is for an advice, and user code may be anything.
        with contextlib.suppress(Exception):
            found.update(name for name in own.of_class if _is_set(user_class, own.base, name))
            for node in self._nodes(user_class):
                names = _Names()
                nodes: Iterable[ast.AST] = (node,)
                if isinstance(node, ast.FunctionDef):
                    names, nodes = _names_in(node), ast.walk(node)
                found.update(text for each in nodes for text in _features(each, own, names))
        return tuple(sorted(found)[:MAX_FEATURES])

    def _nodes(self, user_class: Any) -> Iterator[ast.AST]:
        """Of the class, of its tasks, and of the functions and classes that these name, and so on."""
        waiting: deque[Any] = deque([user_class])
        seen: set[object] = set()
        while waiting and len(seen) < MAX_PARTS:
            owner = waiting.popleft()
            if id(owner) in seen:
                continue
            seen.add(id(owner))
            if isinstance(owner, type):
                waiting += set(getattr(owner, "tasks", ()))
            for place, known in _places(owner).items():
                if place not in seen:
                    seen.add(place)
                    nodes = self._nodes_at(*place)
                    yield from nodes
                    waiting += (known.get(name) for name in {each.id for each in nodes if isinstance(each, ast.Name)})

    def _nodes_at(self, path: str, name: str) -> list[ast.AST]:
        statement = self._statements(path).get(name)
        return list(ast.walk(statement)) if statement is not None else []

    def _statements(self, path: str) -> dict[str, ast.stmt]:
        """The functions and classes of a file."""
        if path not in self._files:
            self._files[path] = {}
            # Python has read it, but perhaps from elsewhere, and it may have changed since.
            with contextlib.suppress(OSError, SyntaxError, ValueError, RecursionError, MemoryError):
                if os.path.getsize(path) <= MAX_FILE_BYTES:
                    with open(path, "rb") as file:
                        body = ast.parse(file.read()).body
                    self._files[path] = {getattr(each, "name", ""): each for each in body}
        return self._files[path]


def _is_set(user_class: Any, base: Any, name: str) -> bool:
    return getattr(user_class, name) is not getattr(base, name)


def _places(owner: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """File and name of the source of a function, or of a class and what it inherits; and what names mean there."""
    if isinstance(owner, type):
        members = [each for kind in owner.__mro__ for each in vars(kind).values()]
    else:
        members = [owner]
    functions = [inspect.unwrap(each) for each in members if callable(each)]
    return {
        (each.__code__.co_filename, each.__qualname__.partition(".")[0]): each.__globals__
        for each in functions
        if isinstance(each, FunctionType) and is_user_file(each.__code__.co_filename)
    }


def _names_in(function: ast.FunctionDef) -> _Names:
    """By what is assigned anywhere in `function`: `http = self.client`, `with http.get(...) as answer`."""
    assigned: list[tuple[str, ast.expr]] = []
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                assigned.append((name, value))
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)):
                assigned.append((name, value))
    names = _Names()
    clients = names.clients.union(name for name, value in assigned if _is_client(value, names))
    names = _Names(clients)
    return _Names(clients, frozenset(name for name, value in assigned if _is_response(value, names)))


def _features(node: ast.AST, own: _OwnFeatures, names: _Names) -> Iterator[str]:
    match node:
        case ast.Attribute(value=client, attr=name) if name in own.of_client and _is_client(client, names):
            yield f"client.{name}"
        case ast.Attribute(value=response, attr=name) if name in own.of_response and _is_response(response, names):
            yield f"response.{name}"
        case ast.Call(keywords=keywords) if _is_response(node, names):
            for name, value in _arguments(keywords):
                if name in own.arguments:
                    yield f"{name}="
                elif name == "auth" and own.auth and (made := _class_called(value)):
                    yield f"auth={made}()"


def _arguments(keywords: Iterable[ast.keyword]) -> Iterator[tuple[str, ast.expr]]:
    """Also those of `**{"timeout": 3}`, and of `**dict(timeout=3)`."""
    for each in keywords:
        match each:
            case ast.keyword(arg=str(name), value=value):
                yield name, value
            case ast.keyword(value=ast.Dict(keys=keys, values=values)):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant):
                        yield str(key.value), value
            case ast.keyword(value=ast.Call(func=ast.Name(id="dict"), keywords=inner)):
                yield from _arguments(inner)


def _class_called(node: ast.expr) -> str:
    """The class that `node` makes an object of, by its capital; a function may well return a pair."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name[:1].isupper():
            return name
        case _:
            return ""


def _is_client(node: ast.expr, names: _Names) -> bool:
    """`self.client`, `self.user.client`, a `client` that was handed to a function, or another name of one."""
    match node:
        case ast.Attribute(attr="client"):
            return True
        case ast.Name(id=name):
            return name in names.clients
        case _:
            return False


def _is_response(node: ast.AST, names: _Names) -> bool:
    """What a client is called for, or a name of it."""
    match node:
        case ast.Name(id=name):
            return name in names.responses
        case ast.Call(func=ast.Attribute(value=sender, attr=verb)) if verb in _SENDING:
            return verb.startswith("rest") or _is_client(sender, names)
        case _:
            return False
