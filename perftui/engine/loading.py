"""From what was asked to an environment that is ready to start, in the order of Locust's own command line."""

from __future__ import annotations

import itertools
import os
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import locust
from locust.log import setup_logging
from locust.main import create_environment
from locust.opentelemetry import setup_opentelemetry

from perftui.engine import arguments, locustfiles, selection
from perftui.engine.bounded_stats import BoundedStats
from perftui.engine.dispatcher import SmoothDispatcher
from perftui.engine.faults import LoadError, fault_of
from perftui.engine.inspection import inspect_files
from perftui.engine.logs import own_locust_logging
from perftui.engine.master import MasterEngineRunner
from perftui.engine.runner import EngineRunner
from perftui.engine.worker import WorkerEngineRunner
from perftui.model.plan import LONGEST_UNASKED_RUN_S
from perftui.wire.messages import Configure, Loaded


@dataclass(frozen=True, slots=True)
class LoadedTest:
    """`runner` is None where the locustfiles were only inspected. `secrets` are the values of secret arguments."""

    message: Loaded
    options: Namespace
    runner: EngineRunner | MasterEngineRunner | WorkerEngineRunner | None
    secrets: tuple[str, ...] = ()


def load(
    configure: Configure,
    hook_error: Callable[[], BaseException | None],
    on_logging: Callable[[], None],
    runner_of: Callable[[Any], Any],
) -> LoadedTest:
    """Import the locustfiles and make everything ready. Raises LoadError whatever their code does.

    `hook_error` is the first exception that Locust caught from a listener; `on_logging` is called once logging is
    set up and before user code runs again; `runner_of` makes the runner of an environment.
    """
    arguments.set_argv(arguments.command_line(configure))
    files = locustfiles.load(configure.locustfiles)
    locustfiles.choose_shape(files, configure)
    parser = arguments.build_parser()
    _check_hooks(hook_error, "a listener of init_command_line_parser raised:")
    inspection = inspect_files(files, arguments.custom_actions(parser))
    options = arguments.parse(parser, configure)
    if configure.mode == "inspect":
        return LoadedTest(_inspected(configure, files, inspection), options, None)
    _set_up_logging(options)
    selected = selection.select(files, options.user_classes, configure.weights)
    environment = _environment(files, selected, options, configure)
    warnings = selection.filter_by_tags(environment.user_classes, configure.tags, configure.exclude_tags)
    if configure.worker is None:
        selection.check_hosts(environment.user_classes, configure.host, inspection.hosts)
    on_logging()
    engine_runner = runner_of(environment)
    if isinstance(engine_runner, MasterEngineRunner):
        engine_runner.hidden_options = arguments.secret_options(parser)
    _initialise(environment, engine_runner, hook_error)
    message = Loaded(
        inspection=inspection,
        selected_user_classes=tuple(each.__name__ for each in environment.user_classes),
        shape=type(files.shape).__name__ if files.shape is not None else None,
        run_time_s=_run_time_s(files, configure),
        warnings=(*warnings, *_shape_warnings(files, configure)),
        master_port=engine_runner.port if isinstance(engine_runner, MasterEngineRunner) else 0,
    )
    return LoadedTest(message, options, engine_runner, arguments.secrets_of(parser, options))


def _inspected(configure: Configure, files: locustfiles.Locustfiles, inspection: Any) -> Loaded:
    selected = selection.select(files, list(configure.user_classes), configure.weights)
    warnings = selection.filter_by_tags(selected, configure.tags, configure.exclude_tags)
    return Loaded(
        inspection=inspection,
        selected_user_classes=tuple(each.__name__ for each in selected),
        shape=type(files.shape).__name__ if files.shape is not None else None,
        run_time_s=_run_time_s(files, configure),
        warnings=tuple(warnings),
    )


def _set_up_logging(options: Namespace) -> None:
    if not options.skip_log_setup:
        setup_logging(options.loglevel, options.logfile)
        own_locust_logging()
    if options.otel:
        setup_opentelemetry(options.locustfile, options.profile)


def _environment(files: locustfiles.Locustfiles, selected: list[Any], options: Namespace, configure: Configure) -> Any:
    try:
        environment = create_environment(
            selected,
            options,
            events=locust.events,
            shape_class=files.shape,
            locustfile=os.path.basename(files.paths[0]),
            parsed_locustfiles=files.paths,
            available_user_classes=files.user_classes,
            available_shape_classes=files.shapes,
            available_user_tasks={name: each.tasks for name, each in files.user_classes.items()},  # type: ignore[attr-defined]
        )
    except ValueError as error:
        raise LoadError("locustfile", str(error)) from None
    environment.dispatcher_class = SmoothDispatcher
    environment.stats = BoundedStats()
    # Parsed, they are whole seconds; and statistics that begin anew would lose counts.
    environment.stop_timeout = configure.stop_timeout_s
    environment.reset_stats = False
    for settings in itertools.chain(*(options.config_users or ())):
        if settings["user_class_name"] not in files.user_classes:
            raise LoadError("arguments", f"--config-users: no User class {settings['user_class_name']}")
        environment.update_user_class(settings)
    return environment


def _initialise(environment: Any, engine_runner: Any, hook_error: Callable[[], BaseException | None]) -> None:
    if environment.parsed_options.equal_weights:
        environment.events.init.add_listener(lambda environment, **_: environment.assign_equal_weights())
    try:
        environment.events.init.fire(environment=environment, runner=engine_runner, web_ui=None)
    except BaseException as error:  # noqa: BLE001 - user code may raise anything, also SystemExit
        raise _hook_fault(error, "a listener of init:") from None
    _check_hooks(hook_error, "a listener of init raised:")


def _check_hooks(hook_error: Callable[[], BaseException | None], doing: str) -> None:
    error = hook_error()
    if error is not None:
        raise _hook_fault(error, doing)


def _hook_fault(error: BaseException, doing: str) -> LoadError:
    fault = fault_of(error, doing)
    return LoadError("locustfile", fault.text, fault.traceback)


def _run_time_s(files: locustfiles.Locustfiles, configure: Configure) -> float | None:
    """As in Locust, a load shape ends by itself; where it does care for the run time, it reads the options."""
    if files.shape is not None:
        return None
    if configure.stages and configure.run_time_s is None:
        return None
    return LONGEST_UNASKED_RUN_S if configure.run_time_s is None else configure.run_time_s


def _shape_warnings(files: locustfiles.Locustfiles, configure: Configure) -> list[str]:
    if configure.mode in ("bench", "trial"):
        return []
    if files.shape is None and files.shapes:
        named = f"load shape{'s'[: len(files.shapes) > 1]} {', '.join(files.shapes)} of the locustfile"
        return [f"not used: {named}; {'the stages go' if configure.stages else 'the arrival rate goes'} before it"]
    if files.shape is None or files.shape.use_common_options:
        return []
    name = type(files.shape).__name__
    return [f"the load shape {name} decides the load: users, spawn rate and run time are not used"]
