"""Why the engine cannot go on, and whose fault it is."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Literal

from perftui.engine.user_line import describe_error, describe_traceback
from perftui.model.text import clean
from perftui.wire.messages import Fault


class LoadError(Exception):
    """What was asked for cannot be loaded or run."""

    def __init__(self, kind: Literal["locustfile", "arguments", "environment"], text: str, traceback: str = "") -> None:
        super().__init__(text)
        self.fault = Fault(kind, clean(text, 500), traceback)


def fault_of(error: BaseException, doing: str = "") -> Fault:
    """The locustfile's, with the user's line, where it is no LoadError; `doing` says what its code was called for."""
    if isinstance(error, LoadError):
        return error.fault
    text = f"{doing} {describe_error(error)}" if doing else describe_error(error)
    return Fault("locustfile", clean(text, 500), describe_traceback(error))


def nearest(name: str, known: list[str]) -> str:
    """ ". Did you mean X?" for a name that somebody mistyped; else which names there are."""
    close = get_close_matches(name, known, n=1)
    if close:
        return f". Did you mean {close[0]}?"
    return f"; there are {', '.join(known[:10])}" if known else ""
