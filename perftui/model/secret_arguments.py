"""Which command-line arguments hold a secret, and the same arguments without them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from perftui.model.text import is_secret_name, mask_secrets

if TYPE_CHECKING:
    from perftui.model.inspection import ArgumentInfo

MASK = "***"

# What follows a secret option and does not look like this is taken for its value, even behind a dash: -5, -p4ss, -a b.
_OPTION = re.compile(r"--[A-Za-z][\w-]*(?:=.*)?|-[A-Za-z]", re.DOTALL)


def secret_flags_of(arguments: Iterable[ArgumentInfo]) -> tuple[str, ...]:
    """The flags of the arguments that their locustfile declared secret, or whose name says so."""
    return tuple(
        flag
        for argument in arguments
        if argument.is_secret or any(map(is_secret_name, argument.flags))
        for flag in argument.flags
    )


def mask_arguments(
    arguments: Iterable[str], secret_flags: Iterable[str] = ()
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """`arguments` with each value of a secret option as ``***``, and the names of what was masked, in order.

    An option is secret by its name, or by being one of `secret_flags` or short for one, as argparse allows. All that
    follows it up to the next option is its value: one too many is masked rather than one too few.
    """
    flags = tuple(secret_flags)
    shown: list[str] = []
    gone: list[str] = []
    secret = ""
    for argument in arguments:
        if secret and not _OPTION.fullmatch(argument):
            gone.append(secret)
            shown.append(MASK)
            continue
        option, joint, value = _split(argument, flags)
        is_secret = option.startswith("-") and _is_secret(option, flags)
        secret = option if is_secret and not joint and not value else ""
        masked = f"{option}{joint}{MASK}" if is_secret and value else mask_secrets(argument)
        if masked != argument:
            gone.append(option if option.startswith("-") else "an argument")
        shown.append(masked)
    return tuple(shown), tuple(gone)


def _split(argument: str, flags: tuple[str, ...]) -> tuple[str, str, str]:
    """Option, ``=`` and value; a short flag's value may follow it at once."""
    for flag in flags:
        if len(flag) == 2 and flag[0] == "-" != flag[1] and argument.startswith(flag) and argument[2:3] != "=":
            return flag, "", argument[2:]
    return argument.partition("=")


def _is_secret(option: str, flags: tuple[str, ...]) -> bool:
    is_short_for_one = len(option) > 2 and any(flag.startswith(option) for flag in flags)
    return option in flags or is_short_for_one or is_secret_name(option)
