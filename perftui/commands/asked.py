"""What a person may say of a run on the command line, and the parts that it is turned into."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from perftui.exit_codes import USAGE
from perftui.model.errors import PerftuiError
from perftui.planning import Asker, profiles_here
from perftui.profiles.choice import Choice, wants_demo
from perftui.profiles.keys import STAGES
from perftui.profiles.profile_set import DEMO_TARGET

if TYPE_CHECKING:
    from perftui.demo.process import DemoLease

F = TypeVar("F", bound=Callable[..., Any])


def asking_options(command: F) -> F:
    """The options that say what to run, shared by run, launch and check."""
    return _where_options(_load_options(_kind_options(_whose_options(command))))


def selecting_options(command: F) -> F:
    """As `asking_options`, without those that say how much load there is and how long."""
    return _where_options(_whose_options(command))


def _where_options(command: F) -> F:
    options = [
        click.option("--target", "-t", metavar="NAME|URL", help="Where the load goes. [PERFTUI_TARGET]"),
        click.option(
            "--file",
            "-f",
            "locustfiles",
            multiple=True,
            metavar="FILE",
            help="Locustfile or folder; repeatable.",
        ),
        click.option("--scenario", metavar="NAME", help="A scenario of the profiles. [PERFTUI_SCENARIO]"),
    ]
    return _with(command, options)


def _load_options(command: F) -> F:
    options = [
        click.option("--users", "-u", metavar="N", help="Peak number of users. [PERFTUI_USERS]"),
        click.option("--spawn-rate", "-r", metavar="N", help="Users started per second. [PERFTUI_SPAWN_RATE]"),
        click.option("--run-time", metavar="TIME", help="Such as 90s, 5m, 1h30m. [PERFTUI_RUN_TIME]"),
        click.option("--warm-up", metavar="TIME", help="Not judged: 30s, or 'until steady'. [PERFTUI_WARM_UP]"),
        click.option(
            "--threshold",
            "thresholds",
            multiple=True,
            metavar="RULE",
            help="Such as 'p95 < 500ms', in place of all those of the file; repeatable.",
        ),
        click.option(
            "--abort-on",
            multiple=True,
            metavar="RULE",
            help="Such as 'fail_ratio[10s] > 50%', in place of the profile's; repeatable.",
        ),
    ]
    return _with(command, options)


def _kind_options(command: F) -> F:
    """What the load is, where it is more than so many users; and which processes make it."""
    options = [
        click.option(
            "--stage",
            "stages",
            multiple=True,
            metavar="STAGE",
            help="Such as 'users=200 spawn_rate=10 hold=2m' or 'rate=50/s for=1m'; repeatable. [PERFTUI_STAGES]",
        ),
        click.option("--rate", metavar="RATE", help="Tasks that start: 200/s, 90/min, 5/h. [PERFTUI_RATE]"),
        click.option("--max-users", metavar="N", help="Users that may be busy with a rate. [PERFTUI_MAX_USERS]"),
        click.option("--load-shape", metavar="CLASS", help="The locustfile's LoadTestShape. [PERFTUI_LOAD_SHAPE]"),
        click.option("--load-workers", metavar="N|auto", help="Processes for the load. [PERFTUI_LOAD_WORKERS]"),
        click.option("--expect-workers", metavar="N", help="Load workers from elsewhere. [PERFTUI_EXPECT_WORKERS]"),
        click.option("--max-wait", metavar="TIME", help="What those may take to come. [PERFTUI_MAX_WAIT]"),
        click.option("--bind", metavar="HOST[:PORT]", help="Where they find the master. [PERFTUI_BIND]"),
    ]
    return _with(command, options)


def _whose_options(command: F) -> F:
    options = [
        click.option("--stop-timeout", metavar="TIME", help="What users may take to finish. [PERFTUI_STOP_TIMEOUT]"),
        click.option("--connect-timeout", metavar="TIME", help="Where user code sets none. [PERFTUI_CONNECT_TIMEOUT]"),
        click.option("--read-timeout", metavar="TIME", help="Where user code sets none. [PERFTUI_READ_TIMEOUT]"),
        click.option(
            "--user-class",
            "-c",
            "user_classes",
            multiple=True,
            metavar="NAME",
            help="Only this class; repeatable.",
        ),
        click.option("--tag", "-T", "tags", multiple=True, metavar="TAG", help="Only tasks with this tag; repeatable."),
        click.option(
            "--exclude-tag",
            "-E",
            "exclude_tags",
            multiple=True,
            metavar="TAG",
            help="No tasks with this tag.",
        ),
        click.option("--python", metavar="PATH", help="The interpreter the locustfile needs. [PERFTUI_PYTHON]"),
        click.option("--profiles", type=click.Path(path_type=Path), metavar="FILE", help="The profiles.toml to use."),
        click.option("--demo", is_flag=True, help="Use the built-in target, starting it if need be."),
        click.option("--confirm-host", metavar="HOST", help="The host name of a production target, to mean it."),
    ]
    return _with(command, options)


def _with(command: F, options: Sequence[Callable[[F], F]]) -> F:
    """In the order in which help is to show them."""
    for option in reversed(options):
        command = option(command)
    return command


def runs_dir_option(command: F) -> F:
    return click.option("--runs-dir", metavar="DIR", help="Where runs are kept. [PERFTUI_RUNS_DIR]")(command)


class LocustCommand(click.Command):
    """A command whose arguments after ``--`` belong to Locust, whatever they look like."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        cut = args.index("--") if "--" in args else len(args)
        ctx.obj = tuple(args[cut + 1 :])
        return super().parse_args(ctx, args[:cut])


def asked(options: dict[str, Any], profile: str | None, locust_args: tuple[str, ...]) -> tuple[Asker, Choice]:
    """Where the person stands, and what was chosen; the built-in target runs if the choice needs it."""
    profiles, confirmed, demo = options.pop("profiles"), options.pop("confirm_host"), options.pop("demo")
    profile_set = profiles_here(profiles)
    if demo and options["target"] is None:
        options["target"] = DEMO_TARGET
    options["stages"] = stages_text(options.get("stages", ()))
    choice = Choice(profiles=str(profiles) if profiles else None, profile=profile, locust_args=locust_args, **options)
    lease = demo_lease() if demo or wants_demo(profile_set, choice, os.environ) else None
    return Asker(profile_set, Path.cwd(), lease, confirmed), choice


def stages_text(entries: Sequence[str]) -> str | None:
    """What `--stage` said, each time it was given; None where it was not. Raises PerftuiError for an empty one."""
    if not all(map(str.strip, entries)):
        raise PerftuiError(
            str(STAGES.option), "it says nothing", "Such as 'users=200 spawn_rate=10 hold=2m'", exit_code=USAGE
        )
    return "; ".join(entries) or None


def demo_lease() -> DemoLease:
    """The built-in target, started if need be; it leaves when its last lease is closed."""
    # Lazy: few runs need it, and every command of these options would wait for it.
    from perftui.demo.process import ensure_demo
    from perftui.wire.rendezvous import runtime_folder

    folder = runtime_folder() / "demo"
    folder.mkdir(mode=0o700, exist_ok=True)
    return ensure_demo(folder)
