"""The edges of the cockpit's process: what a terminal must be, and how it is always given back.

The cockpit runs in a child. Its parent only waits: it keeps the terminal's settings, and puts them back when
the child dies of a signal, which no handler inside the child could do. Nothing here imports Textual.
"""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import sys
import termios
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from perftui.exit_codes import BUG, HANGUP, INTERRUPTED, OK, TERMINATED, USAGE
from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.profiles.choice import AskedNames
from perftui.tui.crash import write_crash_report
from perftui.tui.settings import Settings

if TYPE_CHECKING:
    # These name types of half the program.
    from perftui.tui.services import RunAddress, Services

# Mouse, focus, paste and synchronized modes off, keyboard protocol off, wrap and cursor on, normal screen, no style.
_RESET = (
    "".join(f"\x1b[?{mode}l" for mode in (1000, 1002, 1003, 1004, 1006, 1015, 1016, 2004, 2026, 2048))
    + "\x1b[<u\x1b[?7h\x1b[?25h\x1b[?1049l\x1b[0m"
)
_FORWARDED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)


def check_terminal() -> None:
    """Raises PerftuiError where no cockpit can be drawn."""
    term = os.environ.get("TERM", "")
    if not (sys.__stdin__ and sys.__stdin__.isatty() and sys.__stderr__ and sys.__stderr__.isatty()):
        raise _refusal("there is no terminal on its input and error output")
    if term in ("", "dumb"):
        raise _refusal(f"the terminal cannot move its cursor (TERM={term or 'is not set'})")
    encoding = (sys.__stderr__.encoding or "").lower().replace("-", "")
    if encoding != "utf8":
        raise _refusal(f"the terminal's encoding is {sys.__stderr__.encoding}, and it draws with UTF-8")


def run_cockpit(
    services: Services,
    asked: AskedNames,
    *,
    attach: RunAddress | None = None,
    settings: Settings | None = None,
) -> int:
    """Open the cockpit and return its exit code: 0 when it was left in order, whatever became of the run; BUG for
    a crash of our own; 128 + n for a signal. Raises PerftuiError (USAGE) where there is no terminal for it.
    """
    check_terminal()
    before = _terminal_settings()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        os._exit(_guarded(lambda: _cockpit(services, asked, attach, settings or Settings())))
    return _wait(child, before)


def _cockpit(services: Services, asked: AskedNames, attach: RunAddress | None, settings: Settings) -> int:
    # The collector would run several times while Textual is imported; the app starts it after the first paint.
    gc.disable()
    # Textual takes them for the size of the terminal, whatever that becomes when it is resized.
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
    if settings.is_slow:
        # Read when Textual is imported; without COLORTERM a terminal has the 256 or 16 colours that its name says.
        os.environ["TEXTUAL_ANIMATIONS"] = "none"
        os.environ.pop("COLORTERM", None)
    from perftui.tui.app import PerftuiApp

    app = PerftuiApp(services, asked, attach=attach, settings=settings)
    app.run(mouse=not settings.is_slow)
    if app.return_code:
        if app.return_code == BUG:
            _say_crash(str(app.crash_report) if app.crash_report else None)
        return app.return_code
    for line in app.farewell:
        # For the shell, once the screen is given back.
        print(textwrap.fill(clean(line, 500), shutil.get_terminal_size().columns, break_on_hyphens=False))  # noqa: T201
    sys.stdout.flush()
    return OK


def _guarded(run: Callable[[], int]) -> int:
    """The child's last word: its exit code, and never an exception that would run on in the parent's stack."""
    try:
        return run()
    except PerftuiError as error:
        _say(f"perftui: {clean(str(error), 400)}")
        return error.exit_code
    except BaseException as error:  # noqa: BLE001 - the edge of the child, which must never run on as its parent
        path = write_crash_report(error)
        _say_crash(str(path) if path else None)
        return BUG


def _wait(child: int, settings: list[Any] | None) -> int:
    def forward(number: int, _frame: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    before = {number: signal.signal(number, forward) for number in _FORWARDED}
    try:
        status = _status_of(child)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if os.WIFSIGNALED(status):
        _restore(settings)
        return 128 + os.WTERMSIG(status)
    code = os.WEXITSTATUS(status)
    if code in (BUG, HANGUP, INTERRUPTED, TERMINATED):
        # These may have come past Textual's own clean-up. After a bug the child has said so on the normal screen: to
        # leave the other one again would put the cursor over it.
        _restore(settings, is_on_screen=code != BUG)
    return code


def _status_of(child: int) -> int:
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return status
        # Ctrl-Z: the shell waits for this process, so it has to stop as well; `fg` wakes both.
        os.kill(os.getpid(), signal.SIGSTOP)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGCONT)


def _terminal_settings() -> list[Any] | None:
    try:
        return termios.tcgetattr(0)
    except termios.error:
        return None


def _restore(settings: list[Any] | None, *, is_on_screen: bool = True) -> None:
    # Giving the terminal back from the background would stop this process.
    ignored = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        if is_on_screen:
            _reset_screen()
        if settings is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(0, termios.TCSANOW, settings)
    finally:
        signal.signal(signal.SIGTTOU, ignored)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(2, f"{text}\n".encode(errors="backslashreplace"))


def _reset_screen() -> None:
    with contextlib.suppress(OSError):
        os.write(2, _RESET.encode())


def _say_crash(path: str | None) -> None:
    _reset_screen()
    where = f"The report is in {path}" if path else "No report could be written"
    _say(f"perftui: a bug in perftui ended the cockpit; a run goes on without it. {where}.")


def _refusal(why: str) -> PerftuiError:
    return PerftuiError("cannot open the cockpit", why, "`perftui run` does the same without a screen", exit_code=USAGE)
