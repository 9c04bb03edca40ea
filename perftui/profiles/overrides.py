"""What a person types over a choice, as texts by key."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from perftui.exit_codes import USAGE
from perftui.model.errors import PerftuiError
from perftui.profiles.choice import Choice
from perftui.profiles.keys import RULES, SELECTIONS, SETTINGS
from perftui.profiles.load_kinds import BY_OPTION, BY_VARIABLE, LoadKindError, losing

LOCUST_ARGS_KEY = "locust_args"
_RULE_NAMES = frozenset(key.name for key in RULES)
_SELECTION_NAMES = frozenset(key.name for key in SELECTIONS)


def with_overrides(choice: Choice, overrides: Mapping[str, str]) -> Choice:
    """`choice` with texts by key in place of what it says of them.

    Settings are taken as they stand; rules have lines or semicolons between them, selections commas, `locust_args`
    is split as a shell does. A key that begins with a dash holds words to stand behind the other arguments.
    Raises PerftuiError whose `what` names the option.
    """
    given: dict[str, Any] = {}
    arguments = overrides.get(LOCUST_ARGS_KEY)
    words = choice.locust_args if arguments is None else _words(arguments)
    for key, text in overrides.items():
        if key.startswith("-"):
            words = (*words, *_words(text))
        elif key in _RULE_NAMES:
            given[key] = tuple(each.strip() for each in text.replace(";", "\n").splitlines() if each.strip())
        elif key in _SELECTION_NAMES:
            given[key] = tuple(each.strip() for each in text.split(",") if each.strip())
        elif key != LOCUST_ARGS_KEY:
            given[key] = text
    given |= dict.fromkeys(_outdated(choice, given))
    return replace(choice, locust_args=words, **given)


def _outdated(choice: Choice, given: Mapping[str, Any]) -> set[str]:
    """What `choice` says of the load, and what is `given` over it leaves no use for."""
    said = [key.name for key in SETTINGS if getattr(choice, key.name) is not None]
    try:
        return set(losing({**dict.fromkeys(said, BY_VARIABLE), **dict.fromkeys(given, BY_OPTION)})) - set(given)
    except LoadKindError:
        # Said by who makes the plan of it.
        return set()


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise PerftuiError("--", "a quote is opened and never closed", exit_code=USAGE) from None
