"""`python -m perftui.demo`: the target's process."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from perftui import exit_codes
from perftui.demo import server
from perftui.model.errors import PerftuiError


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 65535")
    return int(text)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m perftui.demo", description="perftui's built-in target.")
    place = parser.add_mutually_exclusive_group()
    place.add_argument(
        "--port",
        type=_port,
        metavar="0-65535",
        default=0,
        help="serve here, until a signal; 0 takes a free one",
    )
    place.add_argument(
        "--lease-dir", type=Path, metavar="DIR", help="serve in the background while someone holds a lease"
    )
    options = parser.parse_args()
    try:
        if options.lease_dir is None:
            server.serve(options.port)
        else:
            server.serve_leased(options.lease_dir)
    except PerftuiError as error:
        sys.stderr.write(f"perftui: {error}\n")
        return error.exit_code
    return exit_codes.OK


if __name__ == "__main__":
    sys.exit(main())
