"""Locust's command line, as the locustfile sees it in `environment.parsed_options` and `sys.argv`."""

from __future__ import annotations

import io
import math
import os
import sys
import sysconfig
from argparse import Action, ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any
from urllib.parse import urlsplit

from locust.argument_parser import get_empty_argument_parser, get_parser, setup_parser_arguments

from perftui.engine.faults import LoadError
from perftui.model.text import is_secret_name
from perftui.wire.messages import Configure

# Locust's own options that may stand after ``--``. What perftui decides, or does in its own way, may not.
_PASSED_ON = frozenset(
    {"help", "config", "config_users", "skip_log_setup", "loglevel", "logfile", "exit_code_on_error", "equal_weights"}
    | {"profile", "otel", "only_summary", "print_stats", "user_classes"}
)


def command_line(configure: Configure) -> list[str]:
    """What `locust` would have to be called with. Its times are whole seconds: ours are kept apart."""
    arguments = ["-f", ",".join(configure.locustfiles), *configure.user_classes, "--headless"]
    arguments += ["--users", str(configure.users), "--spawn-rate", repr(configure.spawn_rate)]
    arguments += ["--stop-timeout", str(math.ceil(configure.stop_timeout_s))]
    if configure.host is not None:
        arguments += ["--host", configure.host]
    if configure.run_time_s is not None:
        arguments += ["--run-time", f"{math.ceil(configure.run_time_s)}s"]
    if configure.tags:
        arguments += ["--tags", *configure.tags]
    if configure.exclude_tags:
        arguments += ["--exclude-tags", *configure.exclude_tags]
    return [*arguments, *configure.locust_args]


def set_argv(arguments: list[str]) -> None:
    sys.argv[:] = [os.path.join(sysconfig.get_path("scripts"), "locust"), *arguments]


def build_parser() -> ArgumentParser:
    """Locust's parser with what the loaded locustfiles add. Reads no configuration file: the plan is all there is."""
    parser: ArgumentParser = get_parser(default_config_files=[])
    return parser


def parse(parser: ArgumentParser, configure: Configure) -> Namespace:
    """Raises LoadError with Locust's own message where the arguments are not right."""
    said = io.StringIO()
    try:
        with _without_locust_variables(parser), redirect_stderr(said), redirect_stdout(said):
            options = parser.parse_args(command_line(configure))
    except SystemExit:
        raise LoadError("arguments", _one_line(said.getvalue())) from None
    _refuse_owned(parser, options, configure)
    return options


def custom_actions(parser: ArgumentParser) -> list[Action]:
    """The arguments that the locustfile added."""
    known = {action.dest for action in _stock_actions()}
    return [action for action in parser._actions if action.dest not in known]


def secret_options(parser: ArgumentParser) -> frozenset[str]:
    """The arguments of the locustfile whose values are secret, by their names among the options."""
    return frozenset(
        action.dest
        for action in custom_actions(parser)
        if getattr(action, "is_secret", False) or any(map(is_secret_name, (action.dest, *action.option_strings)))
    )


def secrets_of(parser: ArgumentParser, options: Namespace) -> tuple[str, ...]:
    """The values of secret arguments, and the password in the target's URL."""
    values = [getattr(options, dest, None) for dest in sorted(secret_options(parser))]
    # A URL that cannot be split has no password that a client would send.
    with suppress(ValueError):
        values.append(urlsplit(options.host or "").password)
    return tuple(value for value in values if isinstance(value, str))


def sets_exit_code(configure: Configure) -> bool:
    """Whether the exit code for errors was asked for, and is not just Locust's default."""
    return any(argument.startswith("--exit-code") for argument in configure.locust_args)


def _stock_actions() -> list[Action]:
    parser = get_empty_argument_parser(default_config_files=[])
    setup_parser_arguments(parser)
    return list(parser._actions)


@contextmanager
def _without_locust_variables(parser: ArgumentParser) -> Iterator[None]:
    """Hide the LOCUST_* variables of Locust's own options: what perftui was asked for must not change on the way.

    Those of custom arguments stay, and user code finds all of them again afterwards.
    """
    custom = {getattr(action, "env_var", None) for action in custom_actions(parser)}
    owned = {getattr(action, "env_var", None) for action in _stock_actions()} | {"LOCUST_USER_CLASSES"}
    hidden = {name: os.environ.pop(name) for name in owned - custom if name and name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)


def _refuse_owned(parser: ArgumentParser, options: Namespace, configure: Configure) -> None:
    """An option after ``--`` must not contradict the plan, nor start what the conductor cannot see."""
    expected: dict[str, Any] = {
        "locustfile": ",".join(configure.locustfiles),
        "host": configure.host,
        "num_users": configure.users,
        "spawn_rate": configure.spawn_rate,
        "run_time": None if configure.run_time_s is None else math.ceil(configure.run_time_s),
        "stop_timeout": math.ceil(configure.stop_timeout_s),
        "headless": True,
        "tags": list(configure.tags) or None,
        "exclude_tags": list(configure.exclude_tags) or None,
    }
    for action in _stock_actions():
        if action.dest in _PASSED_ON or not hasattr(options, action.dest):
            continue
        if getattr(options, action.dest) != expected.get(action.dest, action.default):
            flag = max(action.option_strings, key=len, default=action.dest)
            raise LoadError("arguments", f"{flag} is not for Locust here: perftui has its own way to say it")


def _one_line(said: str) -> str:
    lines = [line.strip() for line in said.partition("error: ")[2].splitlines() if line.strip()]
    return " ".join(lines) or "only arguments of the locustfile may stand after --"
