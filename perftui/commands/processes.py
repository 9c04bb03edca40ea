"""The other processes: a run's own conductor, and the built-in target."""

from __future__ import annotations

import sys

import click


@click.command(hidden=True)
def conductor() -> int:
    """Own one run that outlives its starter: reads what is asked on stdin."""
    from perftui.detach import run_detached

    return run_detached(sys.stdin.read())


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Default: a free one.")
def demo(port: int) -> None:
    """Serve the built-in target on loopback until interrupted."""
    from perftui.demo.server import serve

    serve(port)
