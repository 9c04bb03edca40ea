"""The command line: finds the command, and turns every end into an exit code."""

from __future__ import annotations

import difflib
import errno
import gc
import importlib
import io
import keyword
import os
import sys
from typing import Any

import click

from perftui import __version__, exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.text import clean, mask_secrets

# Name: (module in perftui.commands, help). A command's module is imported when it is called: `perftui ps` needs no
# Textual, and nobody waits for what another command needs.
COMMANDS = {
    "launch": ("launch", "Open the cockpit."),
    "run": ("run", "Run a profile without a screen."),
    "capacity": ("capacity", "Search for the most load that a target bears."),
    "check": ("run", "Check what would be run; sends no load."),
    "try": ("trial", "Let one user do one task once, and show every request."),
    "init": ("init", "Write a starter profiles.toml for this project."),
    "bench": ("bench", "Measure each task alone, without concurrency."),
    "ps": ("live", "List the runs that go on now."),
    "attach": ("launch", "Look at a run that goes on."),
    "ctl": ("ctl", "Change the load of a run that goes on."),
    "stop": ("live", "Stop a run that goes on."),
    "worker": ("worker", "Make load for a run on another machine."),
    "history": ("kept", "List the runs that were kept."),
    "show": ("kept", "Show how a run ended."),
    "export": ("kept", "Write the exports of a run."),
    "note": ("marking", "Put a note on a run's timeline."),
    "star": ("marking", "Star a run: it is never removed."),
    "judge": ("marking", "Move a run's warm-up and judge it again."),
    "rm": ("marking", "Remove runs for good."),
    "compare": ("compare", "Compare two runs."),
    "baseline": ("compare", "Name runs to compare with."),
    "profile": ("profile", "List, show and save profiles."),
    "demo": ("processes", "Serve the built-in target."),
    "conductor": ("processes", ""),
}


# What a stream says that has no room for more.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


class _Commands(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(exit_codes.USAGE)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Whoever read our output has seen enough (`| head`); nothing is left to say on it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return exit_codes.OK

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, (_, help_text) in COMMANDS.items() if help_text]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            near = difflib.get_close_matches(cmd_name, self.list_commands(ctx), 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"There is no command {clean(cmd_name)!r}.{hint}", ctx)
        # What is imported stays: looking for garbage among it is a twentieth of the time.
        gc.disable()
        module = importlib.import_module(f"perftui.commands.{COMMANDS[cmd_name][0]}")
        gc.freeze()
        gc.enable()
        command: click.Command = getattr(module, f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in COMMANDS.items() if help_text])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="perftui")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def cli(debug: bool) -> None:
    """Load tests in the terminal: run Locust live, judge it, keep every run."""


def main() -> None:
    """The console script: every error of perftui's own is one line on stderr and its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A locale that cannot show a character gets its escape, and never costs a run its exit code.
            stream.reconfigure(errors="backslashreplace")
    debug = "--debug" in sys.argv[: sys.argv.index("--") if "--" in sys.argv else None]
    try:
        code = cli.main(standalone_mode=False)
    except PerftuiError as error:
        _report(error, debug)
        code = error.exit_code
    except click.ClickException as error:
        hint = f" Try `{error.ctx.command_path} --help`." if isinstance(error, click.UsageError) and error.ctx else ""
        click.echo(f"perftui: {error.format_message().rstrip('.?')}.{hint}", err=True)
        code = exit_codes.USAGE
    except (click.Abort, KeyboardInterrupt):
        code = exit_codes.INTERRUPTED
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            click.echo(f"perftui: the output cannot be written: {error.strerror}.", err=True)
            sys.exit(exit_codes.ENVIRONMENT)
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
