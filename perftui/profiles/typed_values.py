"""What a person typed for a key, as its value and as TOML holds it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from perftui.exit_codes import USAGE
from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.profiles.keys import RULES, STAGES, Key
from perftui.profiles.settings import interpreter_path
from perftui.profiles.stage_values import stage_tables

_RULE_NAMES = frozenset(key.name for key in RULES)


def value_of(key: Key, text: str) -> Any:
    """What `text` means as a value of `key`. Raises PerftuiError, by the option's name."""
    try:
        return key.kind.read(_rules(text)) if key.name in _RULE_NAMES else key.kind.read_text(text)
    except ValueError as error:
        raise PerftuiError(clean(key.option or key.name), str(error), exit_code=USAGE) from None


def _rules(text: str) -> list[str]:
    return [each.strip() for each in text.replace(";", "\n").splitlines() if each.strip()]


def as_toml(key: Key, text: str, value: Any) -> Any:
    """`value` as TOML holds it: as it was typed, where the file may say it that way."""
    if key.name == STAGES.name:
        return stage_tables(value)
    if isinstance(value, tuple):
        return list(value)
    for typed in (text.strip(), value, key.kind.write(value)):
        try:
            if key.kind.read(typed) == value:
                return int(typed) if isinstance(typed, float) and typed.is_integer() else typed
        except ValueError:
            continue
    raise AssertionError(f"{key.name}: what was read cannot be written")


def path_from(text: str, working_directory: Path, folder: Path) -> str:
    """A path typed in `working_directory` as a file in `folder` has to name it."""
    absolute = interpreter_path(text, working_directory)
    if absolute == text or text.startswith("~"):
        return text
    if Path(absolute).is_relative_to(folder):
        return os.path.join(os.curdir, os.path.relpath(absolute, folder))
    return absolute
