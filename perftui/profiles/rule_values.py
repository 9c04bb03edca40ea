"""The kinds of value that say how a run is judged: rules, the groups that they name, the warm-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from perftui.judgement.rules import parse_abort_rule, parse_threshold
from perftui.model.plan import DEFAULT_ABORT_RULES, UNTIL_STEADY_S
from perftui.model.text import clean
from perftui.profiles.names import NAME_ALLOWED, is_name
from perftui.profiles.values import MAX_LIST_LENGTH, Duration, TextList, refused, shown

UNTIL_STEADY = "until steady"
# A rule holds commas. What separates rules in one text is rare in them.
_SEPARATOR = ";"


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules as people write them, each of which `parse` reads; as one text they are separated by semicolons.

    A wrong rule raises RuleError, which is a ValueError. `word` is what may stand in place of a rule; empty: nothing.
    """

    what: str
    parse: Callable[[str], object]
    word: str = ""

    @property
    def allowed(self) -> str:
        return f"a list of {self.what}, 0 to {MAX_LIST_LENGTH} of them"

    def read(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, (list, tuple)) or len(value) > MAX_LIST_LENGTH:
            raise refused(value, self)
        return tuple(dict.fromkeys(self._rule(each) for each in value))

    def _rule(self, entry: object) -> str:
        if not isinstance(entry, str) or not entry.isprintable():
            raise ValueError(f"{shown(entry)} is not one of {self.what}; allowed is {self.allowed}")
        rule = entry.strip()
        if not self.word or rule != self.word:
            self.parse(entry)
        return rule

    def read_text(self, text: str) -> tuple[str, ...]:
        return self.read([each.strip() for each in text.split(_SEPARATOR) if each.strip()])

    def write(self, value: tuple[str, ...]) -> str:
        return f"{_SEPARATOR} ".join(value)


THRESHOLD_RULES = Rules("thresholds such as p95 < 500ms", parse_threshold)
ABORT_RULES = Rules("abort rules such as fail_ratio[10s] > 50%", parse_abort_rule, DEFAULT_ABORT_RULES)


_GLOBS = TextList("globs over request names", minimum=1)


@dataclass(frozen=True, slots=True)
class Groups:
    """Lists of globs by the group's name. As text: ``auth=POST /auth/*, GET /me; health=GET /health``."""

    @property
    def allowed(self) -> str:
        return f"a table of group = {_GLOBS.allowed}"

    def read(self, value: object) -> dict[str, tuple[str, ...]]:
        if not isinstance(value, dict) or len(value) > MAX_LIST_LENGTH:
            raise refused(value, self)
        for name in value:
            if not is_name(name):
                raise ValueError(f"{shown(name)} is not the name of a group; allowed: {NAME_ALLOWED}")
        return {name: self._globs(name, globs) for name, globs in value.items()}

    def _globs(self, name: str, value: object) -> tuple[str, ...]:
        try:
            return _GLOBS.read(value)
        except ValueError as error:
            raise ValueError(f"the globs of {clean(name, 60)}, {error}") from None

    def read_text(self, text: str) -> dict[str, tuple[str, ...]]:
        pairs = [each.partition("=") for each in text.split(_SEPARATOR) if each.strip()]
        return self.read({name.strip(): [glob.strip() for glob in globs.split(",")] for name, _, globs in pairs})

    def write(self, value: dict[str, tuple[str, ...]]) -> str:
        return f"{_SEPARATOR} ".join(f"{name}={_GLOBS.write(globs)}" for name, globs in value.items())


@dataclass(frozen=True, slots=True)
class WarmUpTime:
    """Seconds like `duration`, or UNTIL_STEADY_S."""

    duration: Duration

    @property
    def allowed(self) -> str:
        return f"{self.duration.allowed}, or '{UNTIL_STEADY}'"

    def read(self, value: object) -> float:
        if value == UNTIL_STEADY:
            return UNTIL_STEADY_S
        try:
            return self.duration.read(value)
        except ValueError:
            raise refused(value, self) from None

    def read_text(self, text: str) -> float:
        return self.read(" ".join(text.split()))

    def write(self, value: float) -> str:
        return UNTIL_STEADY if value == UNTIL_STEADY_S else self.duration.write(value)
