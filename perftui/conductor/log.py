"""What user code prints and logs, as lines that are safe to show."""

from __future__ import annotations

from dataclasses import dataclass

from perftui.conductor.engine_process import Printed
from perftui.model.text import clean, mask_secrets
from perftui.wire.messages import Logged

MAX_LINE_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the run's log; `level` is a logging level, or STDOUT or STDERR for what was printed."""

    elapsed_s: float
    level: str
    text: str

    def __str__(self) -> str:
        return f"{self.elapsed_s:10.3f} {self.level:<8} {self.text}"


def log_line(said: Printed | Logged, elapsed_s: float) -> LogLine:
    if isinstance(said, Printed):
        level, text = said.stream.upper(), said.text
    else:
        level, text = said.level, f"{said.logger}: {said.text}"
    return LogLine(elapsed_s, clean(level, 8), clean(mask_secrets(text), MAX_LINE_LENGTH))


def traceback_lines(traceback: str, elapsed_s: float) -> list[LogLine]:
    return [
        LogLine(elapsed_s, "ERROR", clean(mask_secrets(text), MAX_LINE_LENGTH)) for text in traceback.splitlines()[:200]
    ]
