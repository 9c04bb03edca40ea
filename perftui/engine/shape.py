"""The locustfile's LoadTestShape: what its `tick` says, held against what can be done."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import gevent

from perftui.engine.faults import LoadError
from perftui.engine.user_line import shown_path
from perftui.model.plan import MAX_SPAWN_RATE, MAX_USERS
from perftui.model.text import clean
from perftui.wire.messages import Logged, Message

# The shape is asked every second; meanwhile the load stays as it is.
SLOW_TICK_S = 5.0


class AskedShape:
    """`shape` is an instance of the user's class; `user_classes` are those of the run."""

    def __init__(self, shape: Any, user_classes: Sequence[type], send: Callable[[Message], None]) -> None:
        self._shape = shape
        self._user_classes = list(user_classes)
        self._send = send
        self._name = f"{clean(type(shape).__name__, 100)}.tick()"
        self._is_capped = False

    def tick(self) -> Any:
        """What it says; None where the test is to end."""
        watch = gevent.spawn_later(SLOW_TICK_S, self._warn, f"{self._name} has not returned for {SLOW_TICK_S:g} s")
        try:
            return self._shape.tick()
        finally:
            watch.kill(block=False)

    def level_of(self, asked: Any) -> tuple[int, float, Any]:
        """Users, spawn rate, and user classes or None. Raises LoadError, which names the shape and its line."""
        users, spawn_rate, user_classes = self._parts(asked)
        if not 0 <= users <= MAX_USERS:
            raise self._error(f"{self._name} gave {users:,} users: they are 0 to {MAX_USERS:,}")
        if not spawn_rate > 0:
            raise self._error(f"{self._name} gave a spawn rate of {spawn_rate:g}: it has to be above 0")
        if spawn_rate > MAX_SPAWN_RATE:
            if not self._is_capped:
                self._is_capped = True
                self._warn(
                    f"{self._name} gave a spawn rate of {spawn_rate:g}: {MAX_SPAWN_RATE:,.0f} users/s is the most"
                )
            spawn_rate = MAX_SPAWN_RATE
        if user_classes is not None:
            self._check_classes(user_classes)
        return users, spawn_rate, user_classes

    def _parts(self, asked: Any) -> tuple[int, float, Any]:
        try:
            users, spawn_rate, *classes = asked
            if len(classes) > 1:
                raise ValueError
            return int(users), float(spawn_rate), classes[0] if classes else None
        except (TypeError, ValueError, OverflowError):
            said = f"{self._name} returned {clean(repr(asked), 100)}, not users, spawn rate and perhaps user classes"
            raise self._error(said) from None

    def _check_classes(self, user_classes: Any) -> None:
        if not isinstance(user_classes, (list, tuple)) or not user_classes:
            raise self._error(f"{self._name} gave user classes that are no list: {clean(repr(user_classes), 100)}")
        for each in user_classes:
            if each not in self._user_classes:
                known = ", ".join(known.__name__ for known in self._user_classes[:10])
                wrong = each.__name__ if isinstance(each, type) else repr(each)
                raise self._error(
                    f"{self._name} gave the user class {clean(wrong, 100)}, which is none of the run: {known}"
                )

    def _error(self, said: str) -> LoadError:
        try:
            method = inspect.unwrap(type(self._shape).tick)
            where = f"{shown_path(method.__code__.co_filename)}:{method.__code__.co_firstlineno}: "
        except AttributeError:
            # Something that can be called, and is no function.
            where = ""
        return LoadError("locustfile", where + said)

    def _warn(self, text: str) -> None:
        self._send(Logged("WARNING", "perftui", text))
