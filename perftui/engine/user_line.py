"""Which line of a stack is the user's own: the innermost outside the standard library and installed packages."""

from __future__ import annotations

import os
import sysconfig
import traceback
from collections.abc import Iterator
from types import CodeType, FrameType, TracebackType

from perftui.model.text import clean, mask_secrets

_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_LIBRARIES = tuple(sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib"))
_ENGINE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_USERS = os.path.join(os.path.dirname(os.path.dirname(_ENGINE)), "users") + os.sep

MAX_ERROR_LENGTH = 500
MAX_TRACEBACK_LINES = 60


def is_user_file(path: str) -> bool:
    return not (path.startswith(("<", _ENGINE, _USERS, *_LIBRARIES)) or any(folder in path for folder in _INSTALLED))


def shown_path(path: str) -> str:
    """`path` relative to the working directory where it lies below."""
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):
        return path
    return path if relative.startswith(os.pardir) else relative


def line_of_frame(innermost: FrameType) -> str:
    """The user's line that leads to `innermost` (that frame itself where there is none): file:line in function."""
    frame: FrameType | None = innermost
    while frame is not None and not is_user_file(frame.f_code.co_filename):
        frame = frame.f_back
    found = frame or innermost
    return f"{shown_path(found.f_code.co_filename)}:{found.f_lineno} in {found.f_code.co_name}"


def line_of_error(error: BaseException) -> str:
    """The user's line that `error` came through, file:line; "" where there is none."""
    if isinstance(error, SyntaxError) and error.filename and is_user_file(error.filename):
        return f"{shown_path(error.filename)}:{error.lineno}"
    found = ""
    for code, line in walk(error.__traceback__):
        if is_user_file(code.co_filename):
            found = f"{shown_path(code.co_filename)}:{line}"
    return found


def walk(trace: TracebackType | None) -> Iterator[tuple[CodeType, int]]:
    """Code and line of each frame, outermost first."""
    while trace is not None:
        yield trace.tb_frame.f_code, trace.tb_lineno
        trace = trace.tb_next


def describe_error(error: BaseException) -> str:
    """`error` as one clean line: file:line: Type: message."""
    where = line_of_error(error)
    return f"{where}: {_what(error)}" if where else _what(error)


def describe_traceback(error: BaseException) -> str:
    """The traceback, each line clean, the engine's own frames at its outer end left out."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_ENGINE):
        trace = trace.tb_next
    text = "".join(traceback.format_exception(type(error), error, trace or error.__traceback__))
    return clean_lines(text)


def clean_lines(text: str) -> str:
    """Each line of `text` made fit to be shown; of many, the last."""
    lines = text.rstrip("\n").split("\n")[-MAX_TRACEBACK_LINES:]
    return "\n".join(clean(mask_secrets(line), MAX_ERROR_LENGTH) for line in lines)


def _what(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"called sys.exit({clean(repr(error.code), 80) if error.code is not None else ''})"
    if isinstance(error, KeyboardInterrupt):
        return "raised KeyboardInterrupt"
    if isinstance(error, SyntaxError):
        return clean(str(error.msg), MAX_ERROR_LENGTH)
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - __str__ of an exception of the user's own
        message = ""
    shown = clean(mask_secrets(message), MAX_ERROR_LENGTH)
    return f"{type(error).__name__}: {shown}" if shown else type(error).__name__
