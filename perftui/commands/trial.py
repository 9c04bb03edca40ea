"""One user, one task, once: what a locustfile sends, and what comes back."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from perftui import exit_codes
from perftui.commands.asked import LocustCommand, asked, asking_options
from perftui.conductor.trial import one_user, run_trial
from perftui.model.exchange import Trial
from perftui.model.text import clean
from perftui.planning import admit
from perftui.reports.exchange_text import trial_text

_EPILOG = f"""\b
Exit codes:
  {exit_codes.OK:>3}  every request succeeded
  {exit_codes.LOCUSTFILE:>3}  user code raised, or did not come to its end
  {exit_codes.FAILED:>3}  a request failed
  {exit_codes.NO_DATA:>3}  no request was sent
  The others are those of `perftui run --help`.
"""


@click.command("try", cls=LocustCommand, epilog=_EPILOG)
@click.argument("profile", required=False)
@asking_options
@click.option("--task", default="", metavar="NAME", help="This task, such as read or Flow.read. Default: the first.")
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_obj
def try_(locust_args: tuple[str, ...], /, profile: str | None, task: str, debug: bool, **options: Any) -> int:
    """Let one user of PROFILE do one task once, and show every request and response."""

    async def go() -> int:
        asker, choice = asked(options, profile, locust_args)
        plan = one_user(await asker.plan_or_offer(choice))
        plan, interpreter, warnings = await admit(asker, plan)
        for item in warnings:
            click.echo(f"warning: {clean(item.text, 500)}", err=True)
        trial = await run_trial(plan, interpreter, task=task)
        click.echo(trial_text(trial))
        return _exit_code(trial)

    return asyncio.run(go())


def _exit_code(trial: Trial) -> int:
    if trial.exception:
        return exit_codes.LOCUSTFILE
    if any(each.message for each in trial.exchanges):
        return exit_codes.FAILED
    return exit_codes.OK if trial.exchanges else exit_codes.NO_DATA
