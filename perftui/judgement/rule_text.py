"""The text of a rule on its way to be understood: where the reader stands, and what is wrong there."""

from __future__ import annotations

import re

from perftui.model.duration import format_duration, parse_duration
from perftui.model.text import clean, mask_secrets

MAX_RULE_LENGTH = 400
_MAX_SHOWN = 60

_SPACE = re.compile(r"[ \t]*")
_WHOLE = re.compile(r"[0-9]{1,9}(?![0-9.])")
_DURATION = re.compile(r"[0-9][0-9.hms]{0,29}(?![\w.])", re.ASCII)


class RuleError(ValueError):
    """A rule that cannot be read: the message shows it, and says at which column, from 1, what is expected.

    `text` is the rule as it was given.
    """

    def __init__(self, text: str, column: int, expected: str) -> None:
        super().__init__(f"'{clean(mask_secrets(text), _MAX_SHOWN)}', column {column}: {expected}")
        self.text = text
        self.column = column


class RuleText:
    """A rule, read from left to right. `at` is where, from 0: always at the next character that is no space.

    Raises RuleError for a text of more than MAX_RULE_LENGTH characters.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        if len(text) > MAX_RULE_LENGTH:
            raise self.error(f"a rule has at most {MAX_RULE_LENGTH} characters", MAX_RULE_LENGTH)
        self._skip_spaces()

    def error(self, expected: str, at: int | None = None) -> RuleError:
        return RuleError(self.text, (self.at if at is None else at) + 1, expected)

    def _skip_spaces(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def take(self, pattern: re.Pattern[str]) -> str:
        """What stands here, where it is of the form; then the reader is behind it. Empty where it is not."""
        match = pattern.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        self._skip_spaces()
        return match.group()

    def expect(self, mark: str, expected: str) -> None:
        if not self.take(re.compile(re.escape(mark))):
            raise self.error(expected)

    def requests(self) -> int:
        at, digits = self.at, self.take(_WHOLE)
        if not digits or int(digits) < 1:
            raise self.error("expected a number of requests from 1", at)
        return int(digits)

    def duration(self, lowest_s: float, highest_s: float, otherwise: str = "") -> float:
        at, written = self.at, self.take(_DURATION)
        try:
            seconds = parse_duration(written)
        except ValueError:
            seconds = -1.0
        if not lowest_s <= seconds <= highest_s:
            span = f"from {format_duration(lowest_s)} to {format_duration(highest_s)}"
            raise self.error(f"expected a duration {span}, such as 30s{otherwise}", at)
        return seconds
