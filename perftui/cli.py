"""The commands. Each builds its parts from the rooms below; Textual is imported when a screen is asked for."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from perftui import __version__, exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.text import clean, mask_secrets

F = TypeVar("F", bound=Callable[..., Any])

_EXIT_CODES = "\n".join(f"  {code:>3}  {meaning}" for code, meaning in exit_codes.MEANINGS.items())
_RUN_EPILOG = f"""\b
Exit codes (0 must be earned; a locustfile's own exit code is passed through where nothing else is wrong):
{_EXIT_CODES}

What stands after -- goes to Locust's own command line: perftui run light -- --my-argument 1
"""


def main() -> None:
    """The console script: every error of perftui's own is one line on stderr and its exit code."""
    debug = "--debug" in sys.argv[: sys.argv.index("--") if "--" in sys.argv else None]
    try:
        code = cli.main(standalone_mode=False)
    except PerftuiError as error:
        _report(error, debug)
        code = error.exit_code
    except click.ClickException as error:
        hint = f" Try `{error.ctx.command_path} --help`." if isinstance(error, click.UsageError) and error.ctx else ""
        click.echo(f"perftui: {error.format_message().rstrip('.')}.{hint}", err=True)
        code = exit_codes.USAGE
    except (click.Abort, KeyboardInterrupt):
        code = exit_codes.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough (`| head`); nothing is left to say on it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = exit_codes.OK
    except Exception as error:
        if debug:
            raise
        text = clean(mask_secrets(str(error)))
        click.echo(f"perftui: this is a bug: {type(error).__name__}: {text}. Details with --debug.", err=True)
        code = exit_codes.BUG
    sys.exit(code if isinstance(code, int) else exit_codes.OK)


def _report(error: PerftuiError, debug: bool) -> None:
    click.echo(f"perftui: {clean(mask_secrets(str(error)), 600)}", err=True)
    if debug:
        for note in getattr(error, "__notes__", ()):
            click.echo(mask_secrets(note), err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="perftui")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def cli(debug: bool) -> None:
    """Load tests in the terminal: run Locust live, judge it, keep every run."""


# --- what a run is asked with -------------------------------------------------------------------------------


def _asking(command: F) -> F:
    """The options that say what to run, shared by run, launch and check."""
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
        click.option("--users", "-u", metavar="N", help="Peak number of users. [PERFTUI_USERS]"),
        click.option("--spawn-rate", "-r", metavar="N", help="Users started per second. [PERFTUI_SPAWN_RATE]"),
        click.option("--run-time", metavar="TIME", help="Such as 90s, 5m, 1h30m. [PERFTUI_RUN_TIME]"),
        click.option("--stop-timeout", metavar="TIME", help="What users may take to finish. [PERFTUI_STOP_TIMEOUT]"),
        click.option("--warm-up", metavar="TIME", help="Time at the start that does not count. [PERFTUI_WARM_UP]"),
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
    for option in reversed(options):
        command = option(command)
    return command


def _runs_dir(command: F) -> F:
    return click.option("--runs-dir", metavar="DIR", help="Where runs are kept. [PERFTUI_RUNS_DIR]")(command)


class _Locust(click.Command):
    """A command whose arguments after ``--`` belong to Locust, whatever they look like."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        cut = args.index("--") if "--" in args else len(args)
        ctx.obj = tuple(args[cut + 1 :])
        return super().parse_args(ctx, args[:cut])


class _Asked:
    """The options of one command, turned into the parts that a run is made of; holds the demo target if it is used."""

    def __init__(self, options: dict[str, Any], profile: str | None, locust_args: tuple[str, ...]) -> None:
        from perftui.planning import Asker, profiles_here
        from perftui.profiles.choice import Choice, wants_demo

        profiles, confirmed, demo = options.pop("profiles"), options.pop("confirm_host"), options.pop("demo")
        profile_set = profiles_here(profiles)
        if demo and options["target"] is None:
            options["target"] = "demo"
        self.choice = Choice(
            profiles=str(profiles) if profiles else None, profile=profile, locust_args=locust_args, **options
        )
        demo = demo or wants_demo(profile_set, self.choice, os.environ)
        self.lease = _demo_lease() if demo else None
        self.asker = Asker(profile_set, Path.cwd(), self.lease.url if self.lease else None, confirmed)

    @property
    def lease_fds(self) -> tuple[int, ...]:
        return (self.lease.fileno(),) if self.lease else ()


def _demo_lease() -> Any:
    from perftui.demo.process import ensure_demo
    from perftui.wire.rendezvous import runtime_folder

    folder = runtime_folder() / "demo"
    folder.mkdir(mode=0o700, exist_ok=True)
    return ensure_demo(folder)


# --- run ----------------------------------------------------------------------------------------------------


@cli.command(cls=_Locust, epilog=_RUN_EPILOG)
@click.argument("profile", required=False)
@_asking
@_runs_dir
@click.option("--again", metavar="RUN", help="Run the plan of an earlier run again.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as JSON, and nothing else on stdout.")
@click.option("--quiet", "-q", is_flag=True, help="No progress, no table: one line at the end.")
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_obj
def run(
    locust_args: tuple[str, ...],
    profile: str | None,
    again: str | None,
    runs_dir: str | None,
    as_json: bool,
    quiet: bool,
    debug: bool,
    **options: Any,
) -> int:
    """Run PROFILE without a screen."""
    from perftui.headless import Voice, run_headless
    from perftui.planning import admit
    from perftui.store.layout import runs_folder

    voice = Voice(quiet=quiet, json=as_json)
    folder = runs_folder(runs_dir)

    async def go() -> int:
        if again is not None:
            asked, plan = _again(again, runs_dir, profile, locust_args, options)
        else:
            asked = _Asked(options, profile, locust_args)
            plan = await asked.asker.plan_or_offer(asked.choice)
        plan, interpreter, warnings = await admit(asked.asker, plan)
        for item in warnings:
            click.echo(f"warning: {clean(item.text, 500)}", err=True)
        outcome = await run_headless(plan, interpreter, folder, voice)
        if outcome.exit_code != exit_codes.OK:
            click.echo(f"perftui: {clean(outcome.reason, 500)}.", err=True)
        return outcome.exit_code

    return asyncio.run(go())


def _again(
    name: str,
    runs_dir: str | None,
    profile: str | None,
    locust_args: tuple[str, ...],
    options: dict[str, Any],
) -> tuple[_Asked, Any]:
    """The plan of the run `name`, as it was; only the built-in target's port is a new one."""
    from dataclasses import replace

    from perftui.store.history import find_run
    from perftui.store.layout import runs_folder
    from perftui.store.reader import RunReader

    meant = {"profiles", "demo", "confirm_host", "python"}
    changed = [key for key, value in options.items() if value and key not in meant]
    if profile or changed:
        raise PerftuiError(
            "--again runs a plan as it was",
            f"{'a profile' if profile else '--' + changed[0].replace('_', '-')} would change it",
            "Leave one of the two out",
            exit_code=exit_codes.USAGE,
        )
    plan = RunReader(find_run(runs_folder(runs_dir), name)).plan()
    if "***" in " ".join(plan.locust_args) and not locust_args:
        raise PerftuiError(
            "cannot run it again as it was",
            "the values of its secret arguments are not kept",
            "Give Locust's arguments again after --",
            exit_code=exit_codes.USAGE,
        )
    if locust_args:
        plan = replace(plan, locust_args=locust_args)
    if options["python"]:
        plan = replace(plan, profile=replace(plan.profile, python=options["python"]))
    options["demo"] = options["demo"] or plan.target.name == "demo"
    asked = _Asked(options, None, ())
    if asked.lease is not None and plan.target.name == "demo":
        plan = replace(plan, target=replace(plan.target, url=asked.lease.url))
    return asked, plan


# --- check --------------------------------------------------------------------------------------------------


@cli.command(cls=_Locust)
@click.argument("profile", required=False)
@_asking
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_obj
def check(locust_args: tuple[str, ...], profile: str | None, as_json: bool, debug: bool, **options: Any) -> int:
    """Check PROFILE: what is asked, the locustfile, the target. Sends no load."""
    from perftui import planning

    async def go() -> int:
        asked = _Asked(options, profile, locust_args)
        plan = await asked.asker.plan_or_offer(asked.choice)
        items = []
        if not as_json:
            _print_origins(plan)
        async for item in planning.check(asked.asker, plan):
            items.append(item)
            if not as_json:
                mark = {"ok": "✓", "warning": "!", "failed": "✗"}[item.status]
                click.echo(f"{mark} {item.name:<12} {clean(item.text, 500)}")
        failed = {item.exit_code for item in items if item.status == "failed"}
        if as_json:
            document = [{"name": item.name, "status": item.status, "text": clean(item.text, 500)} for item in items]
            click.echo(json.dumps({"checks": document, "origins": dict(plan.origins)}, indent=2))
        return min(failed, default=exit_codes.OK)

    return asyncio.run(go())


def _print_origins(plan: Any) -> None:
    from perftui.model.plan import plan_to_dict

    tables = plan_to_dict(plan)
    flat = {key: value for table in ("scenario", "target", "profile") for key, value in tables[table].items()}
    for key, origin in plan.origins.items():
        # The run's own keys carry their unit, the file's do not.
        value = flat.get(key, flat.get(f"{key}_s", ""))
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        click.echo(f"  {key:<16} {clean(mask_secrets(shown), 60):<40} {clean(origin)}")


# --- launch, attach -----------------------------------------------------------------------------------------


@cli.command(cls=_Locust)
@click.option("--profile", metavar="NAME", help="The profile to begin with. [PERFTUI_PROFILE]")
@_asking
@_runs_dir
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_obj
def launch(locust_args: tuple[str, ...], profile: str | None, runs_dir: str | None, debug: bool, **options: Any) -> int:
    """Open the cockpit."""
    from perftui.tui.edges import require_terminal

    require_terminal()
    from perftui.cockpit import CockpitServices
    from perftui.store.layout import runs_folder
    from perftui.tui.edges import run_cockpit

    asked = _Asked(options, profile, locust_args)
    services = CockpitServices(asked.asker, asked.choice, runs_folder(runs_dir), asked.lease_fds)
    return run_cockpit(services, profile=asked.choice.profile, target=asked.choice.target)


@cli.command()
@click.argument("run_name", metavar="[RUN]", required=False)
@_runs_dir
def attach(run_name: str | None, runs_dir: str | None) -> int:
    """Look at a run that goes on; without RUN, the only one."""
    client, path = _live_run(run_name, runs_dir)
    folder = Path(client.welcome.folder)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        from perftui.headless import Progress, Voice, print_results
        from perftui.store.reader import RunReader

        progress = Progress(sys.stderr)
        with client:
            for snapshot in client.snapshots():
                progress.show(snapshot)
        progress.finish()
        record = RunReader(folder).record()
        print_results(record, Voice())
        return record.outcome.exit_code if record.outcome else exit_codes.ENGINE_DIED
    with client:
        pass
    from perftui.cockpit import CockpitServices
    from perftui.planning import Asker, profiles_here
    from perftui.profiles.choice import Choice
    from perftui.store.layout import runs_folder
    from perftui.tui.edges import run_cockpit
    from perftui.tui.services import RunAddress

    services = CockpitServices(Asker(profiles_here(None), Path.cwd()), Choice(), runs_folder(runs_dir), ())
    return run_cockpit(services, profile=None, target=None, attach=RunAddress(folder, path))


def _live_runs() -> list[tuple[Any, Path]]:
    from perftui.wire.client import RunClient
    from perftui.wire.rendezvous import live_sockets

    found = [(RunClient.connect(path), path) for path in live_sockets()]
    return [(client, path) for client, path in found if client is not None]


def _live_run(name: str | None, runs_dir: str | None) -> tuple[Any, Path]:
    """The connection to the run `name`, or to the only one; the others are closed."""
    runs = _live_runs()
    if name is not None:
        from perftui.store.history import find_run
        from perftui.store.layout import runs_folder

        matching = [(client, path) for client, path in runs if name in client.welcome.run_id]
        if not matching:
            folder = find_run(runs_folder(runs_dir), name)
            raise PerftuiError(
                f"run {folder.name} is not going on",
                next_step=f"See it with `perftui show {folder.name}`",
                exit_code=exit_codes.USAGE,
            )
    else:
        matching = runs
    if len(matching) != 1:
        names = ", ".join(client.welcome.run_id for client, _ in matching[:5])
        why, step = (
            (f"several go on: {names}", "Name one") if matching else ("no run goes on", "Start one with `perftui run`")
        )
        raise PerftuiError("which run?" if matching else "nothing to do", why, step, exit_code=exit_codes.USAGE)
    for client, _ in runs:
        if client is not matching[0][0]:
            client.__exit__()
    return matching[0]


# --- runs that go on, runs that are over --------------------------------------------------------------------


@cli.command()
def ps() -> None:
    """List the runs that go on now."""
    from perftui.headless import progress_text
    from perftui.store.paths import path_for_people

    runs = _live_runs()
    if not runs:
        click.echo("No run goes on.", err=True)
    for client, _ in runs:
        with client:
            snapshot = next(client.snapshots(timeout_s=5), None)
            said = progress_text(snapshot) if snapshot else "no word from it"
            click.echo(
                f"{clean(client.welcome.run_id)}  pid {client.welcome.pid}  {path_for_people(client.welcome.folder)}"
            )
            click.echo(f"  {clean(said)}")


@cli.command()
@click.argument("run_name", metavar="[RUN]", required=False)
@_runs_dir
@click.option("--all", "everything", is_flag=True, help="Every run of this user on this machine.")
@click.option("--now", is_flag=True, help="Do not wait for users to finish.")
def stop(run_name: str | None, runs_dir: str | None, everything: bool, now: bool) -> int:
    """Stop RUN, or the only one that goes on; waits until its load is gone and its record is sealed."""
    if everything and run_name:
        raise PerftuiError("both RUN and --all are given", next_step="Give one", exit_code=exit_codes.USAGE)
    clients = [client for client, _ in _live_runs()] if everything else [_live_run(run_name, runs_dir)[0]]
    if not clients:
        click.echo("No run goes on.", err=True)
    by = f"{getpass.getuser()}@{socket.gethostname()}"
    for client in clients:
        client.stop(by, now=now)
    failed = False
    for client in clients:
        with client:
            sealed = any(snapshot.state.is_over for snapshot in client.snapshots())
        failed = failed or not sealed
        said = "stopped" if sealed else "its conductor died"
        click.echo(f"{clean(client.welcome.run_id)}: {said}")
    return exit_codes.ENGINE_DIED if failed else exit_codes.OK


def _is_live(folder: Path) -> bool:
    from perftui.wire.rendezvous import connect, socket_path

    connection = connect(socket_path(folder))
    if connection is not None:
        connection.close()
    return connection is not None


@cli.command()
@_runs_dir
@click.option("--limit", "-n", default=20, show_default=True, help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def history(runs_dir: str | None, limit: int, as_json: bool) -> None:
    """List the runs that were kept, newest first."""
    from perftui.reports.text import history_text
    from perftui.store.history import list_runs
    from perftui.store.layout import runs_folder
    from perftui.store.paths import path_for_people

    folder = runs_folder(runs_dir)
    listings = list_runs(folder, _is_live)[:limit]
    if as_json:
        documents = [
            {
                "run_id": each.run_id,
                "profile": each.profile,
                "target": each.target,
                "started_at": each.started_at,
                "state": each.state.value,
                "verdict": each.verdict,
                "duration_s": each.duration_s,
                "requests": each.requests,
                "fail_ratio": each.fail_ratio,
                "p95_ms": each.p95_ms,
            }
            for each in listings
        ]
        click.echo(json.dumps(documents, indent=2))
    elif not listings:
        click.echo(f"No runs in {path_for_people(folder)}.", err=True)
    else:
        click.echo(history_text([each.as_row() for each in listings]))


@cli.command()
@click.argument("run_name", metavar="[RUN]", default="last")
@_runs_dir
@click.option("--json", "as_json", is_flag=True, help="result.json on stdout.")
def show(run_name: str, runs_dir: str | None, as_json: bool) -> None:
    """Show RUN (an id, a part of one, or "last"): the verdict, the table, where the files are."""
    from perftui.reports.result_json import result_json
    from perftui.reports.text import results_text
    from perftui.store.paths import path_for_people

    record = _record(run_name, runs_dir)
    if as_json:
        click.echo(result_json(record).decode())
    else:
        click.echo(results_text(record, path_for_people(record.folder)))


@cli.command()
@click.argument("run_name", metavar="[RUN]", default="last")
@_runs_dir
@click.option("--format", "formats", multiple=True, metavar="FORMAT", help="html, csv, json; repeatable. Default: all.")
@click.option("--out", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Where to. Default: here.")
def export(run_name: str, runs_dir: str | None, formats: tuple[str, ...], out: Path) -> None:
    """Write the exports of RUN to files named after it; nothing is overwritten."""
    import difflib

    from perftui.reports.exports import FORMATS, render, render_all
    from perftui.store.atomic import write_new
    from perftui.store.paths import path_for_people

    for name in formats:
        if name not in FORMATS:
            near = difflib.get_close_matches(name, FORMATS, 1)
            raise PerftuiError(
                f"unknown format {clean(name)!r}",
                f"there are {', '.join(FORMATS)}",
                f"Did you mean {near[0]}" if near else "",
                exit_code=exit_codes.USAGE,
            )
    record = _record(run_name, runs_dir)
    files = render_all(record) if not formats else {k: v for name in formats for k, v in render(record, name).items()}
    for name, data in files.items():
        try:
            out.mkdir(parents=True, exist_ok=True)
            written = write_new(out / f"{record.run_id}_{name}", data)
        except OSError as error:
            raise PerftuiError(
                f"cannot write into {path_for_people(out)}",
                error.strerror or str(error),
                exit_code=exit_codes.ENVIRONMENT,
            ) from None
        click.echo(path_for_people(written.absolute()))


def _record(name: str, runs_dir: str | None) -> Any:
    from perftui.store.history import find_run
    from perftui.store.layout import runs_folder
    from perftui.store.reader import RunReader

    folder = find_run(runs_folder(runs_dir), name)
    return RunReader(folder).record(is_live=_is_live(folder))


# --- the other processes ------------------------------------------------------------------------------------


@cli.command(hidden=True)
def conductor() -> int:
    """Own one run that outlives its starter: reads what is asked on stdin."""
    from perftui.detach import run_detached

    return run_detached(sys.stdin.read())


@cli.command()
@click.option("--port", default=0, metavar="N", help="Default: a free one.")
def demo(port: int) -> int:
    """Serve the built-in target on loopback until interrupted."""
    from perftui.demo.__main__ import main as serve

    return serve(["--port", str(port)])
