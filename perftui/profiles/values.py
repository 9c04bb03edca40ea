"""The kinds of value that a key may have: what is allowed, how it is read, how it is written back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from perftui.model.duration import format_duration, parse_duration
from perftui.model.text import clean, mask_secrets

# No number or duration that a person means is longer; Python reads a long one slowly, or not at all.
_MAX_NUMBER_LENGTH = 30
MAX_LIST_LENGTH = 100
_MAX_PATH_LENGTH = 1000
_MAX_SHOWN_LENGTH = 1000


class ValueKind(Protocol):
    @property
    def allowed(self) -> str:
        """What is allowed, in words that follow "is not"."""

    def read(self, value: object) -> Any:
        """The value that TOML held. Raises ValueError, which says in words what is wrong with it."""

    def read_text(self, text: str) -> Any:
        """The value that an option, a variable or an entry held as text. Raises ValueError like `read`."""

    def write(self, value: Any) -> str:
        """`value` as the text that `read_text` reads."""


@dataclass(frozen=True, slots=True)
class WholeNumber:
    minimum: int
    maximum: int

    @property
    def allowed(self) -> str:
        return f"a whole number from {self.minimum:,} to {self.maximum:,}"

    def read(self, value: object) -> int:
        # bool is an int to Python, and not to people.
        if type(value) is not int or not self.minimum <= value <= self.maximum:
            raise refused(value, self)
        return value

    def read_text(self, text: str) -> int:
        digits = text.strip()
        if not (digits.isascii() and digits.isdigit()) or len(digits) > _MAX_NUMBER_LENGTH:
            raise refused(text, self)
        number = int(digits)
        if not self.minimum <= number <= self.maximum:
            raise refused(text, self)
        return number

    def write(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Number:
    """Above 0, up to `maximum`."""

    maximum: float

    @property
    def allowed(self) -> str:
        return f"a number above 0 and at most {self.maximum:,.0f}"

    def read(self, value: object) -> float:
        # Not a number (nan) is on neither side of 0.
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= self.maximum:
            raise refused(value, self)
        return float(value)

    def read_text(self, text: str) -> float:
        try:
            number = float(text) if len(text) <= _MAX_NUMBER_LENGTH else 0.0
        except ValueError:
            number = 0.0
        if not 0 < number <= self.maximum:
            raise refused(text, self)
        return number

    def write(self, value: float) -> str:
        return str(int(value)) if value == int(value) else repr(value)


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds, written as people write them."""

    minimum_s: float
    maximum_s: float

    @property
    def allowed(self) -> str:
        lowest, highest = format_duration(self.minimum_s), format_duration(self.maximum_s)
        return f"a duration from {lowest} to {highest}, such as 90s, 5m or 1h30m"

    def read(self, value: object) -> float:
        if not isinstance(value, str) or len(value) > _MAX_NUMBER_LENGTH:
            raise refused(value, self)
        try:
            seconds = parse_duration(value)
        except ValueError:
            raise refused(value, self) from None
        if not self.minimum_s <= seconds <= self.maximum_s:
            raise refused(value, self)
        return seconds

    def read_text(self, text: str) -> float:
        return self.read(text)

    def write(self, value: float) -> str:
        # format_duration rounds to the second from a minute up: right for a label, wrong for a value.
        return format_duration(value) if value < 60 or value == int(value) else f"{value!r}s"


@dataclass(frozen=True, slots=True)
class Text:
    max_length: int

    @property
    def allowed(self) -> str:
        return f"a text of 1 to {self.max_length} characters without control characters"

    def read(self, value: object) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= self.max_length or not value.isprintable():
            raise refused(value, self)
        return value

    def read_text(self, text: str) -> str:
        return self.read(text)

    def write(self, value: str) -> str:
        return value


@dataclass(frozen=True, slots=True)
class OneOf:
    choices: tuple[str, ...]

    @property
    def allowed(self) -> str:
        return f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"

    def read(self, value: object) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise refused(value, self)
        return value

    def read_text(self, text: str) -> str:
        return self.read(text)

    def write(self, value: str) -> str:
        return value


@dataclass(frozen=True, slots=True)
class TextList:
    """`what` names the entries; as text they are separated by commas."""

    what: str
    minimum: int = 0
    are_identifiers: bool = False

    @property
    def allowed(self) -> str:
        return f"a list of {self.what}, {self.minimum} to {MAX_LIST_LENGTH} of them"

    def read(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, (list, tuple)) or not self.minimum <= len(value) <= MAX_LIST_LENGTH:
            raise refused(value, self)
        for each in value:
            if not self._holds(each):
                raise ValueError(f"{shown(each)} is not one of {self.what}; allowed is {self.allowed}")
        return tuple(dict.fromkeys(value))

    def _holds(self, entry: object) -> bool:
        if not isinstance(entry, str) or not 0 < len(entry) <= _MAX_PATH_LENGTH or not entry.isprintable():
            return False
        return entry.isidentifier() or not self.are_identifiers

    def read_text(self, text: str) -> tuple[str, ...]:
        return self.read([each.strip() for each in text.split(",") if each.strip()])

    def write(self, value: tuple[str, ...]) -> str:
        return ", ".join(value)


@dataclass(frozen=True, slots=True)
class Weights:
    """As text: ``BrowseUser=3, BuyUser=1``."""

    weight: WholeNumber = WholeNumber(0, 1_000_000)

    @property
    def allowed(self) -> str:
        return f"a table of user class = weight, each {self.weight.allowed}"

    def read(self, value: object) -> dict[str, int]:
        if not isinstance(value, dict) or len(value) > MAX_LIST_LENGTH:
            raise refused(value, self)
        for name in value:
            if not name.isidentifier():
                raise ValueError(f"{shown(name)} is not the name of a user class; allowed is {self.allowed}")
        return {name: self._weight(name, self.weight.read, each) for name, each in value.items()}

    def read_text(self, text: str) -> dict[str, int]:
        pairs = [each.partition("=") for each in text.split(",") if each.strip()]
        weights = {name.strip(): self._weight(name, self.weight.read_text, each) for name, _, each in pairs}
        return self.read(weights)

    def _weight(self, name: str, read: Any, value: object) -> int:
        try:
            return int(read(value))
        except ValueError as error:
            raise ValueError(f"the weight of {clean(name.strip(), 60)}, {error}") from None

    def write(self, value: dict[str, int]) -> str:
        return ", ".join(f"{name}={weight}" for name, weight in value.items())


def shown(value: object) -> str:
    """A refused value in an error message: short, on one line, without secrets."""
    if isinstance(value, str):
        return f"'{clean(mask_secrets(value[:_MAX_SHOWN_LENGTH]), 60)}'"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"{value}" if abs(value) < 1e18 or isinstance(value, float) else "so large a number"
    if isinstance(value, dict):
        return "a table"
    return "this list" if isinstance(value, (list, tuple)) else "a date or time"


def refused(value: object, kind: ValueKind) -> ValueError:
    """`value` is none that `kind` allows."""
    return ValueError(f"{shown(value)} is not {kind.allowed}")
