"""The other processes: a run's own conductor, and the built-in target."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from perftui.demo.connection_pool import DEFAULT_SIZE, LARGEST, SMALLEST
from perftui.demo.knobs import HIGHEST, MAX_FREEZE_S, Knobs, ScheduledFreeze, parse_kilobytes, parse_share
from perftui.model.duration import parse_duration


@click.command(hidden=True)
def conductor() -> int:
    """Own one run that outlives its starter: reads what is asked on stdin."""
    from perftui.detach import run_detached

    return run_detached(sys.stdin.read())


class _Quantity(click.ParamType[float]):
    """A text that `parse` makes a number of; it raises ValueError where it cannot."""

    name = "quantity"

    def __init__(self, parse: Callable[[str], float], highest: float, highest_text: str) -> None:
        self._parse = parse
        self._highest = highest
        self._highest_text = highest_text

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = self._parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if number > self._highest:
            self.fail(f"{value!r} is more than {self._highest_text}", param, ctx)
        return number


_DELAY = _Quantity(parse_duration, HIGHEST["latency_ms"] / 1000, "1m")
_FREEZE = _Quantity(parse_duration, MAX_FREEZE_S, "10m")
_WAIT = _Quantity(parse_duration, 24 * 3600, "24h")
_SHARE = _Quantity(parse_share, 1.0, "100%")
_SIZE = _Quantity(parse_kilobytes, HIGHEST["leak_kb_per_request"], "100000kB")

_DEMO_EPILOG = """\b
While it runs:
  GET, POST, DELETE /__perftui__/knobs   see, change, reset the knobs (JSON)
  keys, in a terminal                    l L f F m z r q; the screen says what they do
"""


@click.command(epilog=_DEMO_EPILOG)
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Default: a free one.")
@click.option("--latency", type=_DELAY, default="0s", metavar="TIME", help="Added to each answer, such as 50ms.")
@click.option("--jitter", type=_DELAY, default="0s", metavar="TIME", help="Give or take up to this, evenly.")
@click.option("--failure-share", type=_SHARE, default="0", metavar="SHARE", help="Answers that are a 500, such as 5%.")
@click.option("--freeze-after", type=_WAIT, metavar="TIME", help="Freeze once, so long after the first request.")
@click.option("--freeze", type=_FREEZE, metavar="TIME", help="How long nothing is answered then.  [default: 2s]")
@click.option("--leak", type=_SIZE, default="0kB", metavar="SIZE", help="Memory kept per request; stops at 1 GB.")
@click.option(
    "--pool-size",
    type=click.IntRange(SMALLEST, LARGEST),
    default=DEFAULT_SIZE,
    metavar="N",
    help=f"Database connections, {SMALLEST} to {LARGEST}; 10 more in a rush.  [default: {DEFAULT_SIZE}]",
)
def demo(
    port: int,
    latency: float,
    jitter: float,
    failure_share: float,
    freeze_after: float | None,
    freeze: float | None,
    leak: float,
    pool_size: int,
) -> None:
    """Serve the built-in target on loopback until interrupted.

    The options make it go wrong on purpose, so that you can watch what a test says of it.
    """
    from perftui.demo.server import Settings, serve

    if freeze is not None and freeze_after is None:
        raise click.UsageError("--freeze needs --freeze-after, the time of the freeze")
    scheduled = None if freeze_after is None else ScheduledFreeze(freeze_after, 2.0 if freeze is None else freeze)
    knobs = Knobs(
        latency_ms=latency * 1000,
        jitter_ms=jitter * 1000,
        failure_share=failure_share,
        leak_kb_per_request=leak,
    )
    serve(port, Settings(knobs, scheduled, pool_size))
