"""`python -m perftui.tethered`: the command line, for as long as somebody holds the other end of its stdin.

A test that is interrupted, times out or is killed lets go, whatever else it still can do: the run then stops as with
Ctrl-C, and its record is kept.
"""

from __future__ import annotations

import os
import signal
import threading

from perftui.cli import main


def _interrupt_when_let_go() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    threading.Thread(target=_interrupt_when_let_go, daemon=True).start()
    main()
