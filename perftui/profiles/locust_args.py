"""Locust's own options behind ``--``: those that perftui owns are refused, with what to use instead."""

from __future__ import annotations

from collections.abc import Iterable

from perftui.exit_codes import USAGE
from perftui.model.errors import PerftuiError
from perftui.model.text import clean, mask_secrets

_SCREEN = "perftui is the screen itself: leave it out"
_FILES = "each run's folder holds these files: leave it out"
_DISTRIBUTED = "perftui starts Locust itself: leave it out"
_INSPECT = "use perftui check"

# Locust 2.48's options, long and short, and what perftui has in their place.
_INSTEAD = {
    "--locustfile -f": "use perftui's -f",
    "--users -u": "use perftui's --users",
    "--spawn-rate -r": "use perftui's --spawn-rate",
    "--run-time -t": "use perftui's --run-time",
    "--stop-timeout -s": "use perftui's --stop-timeout",
    "--host -H": "use perftui's --target",
    "--tags -T": "use perftui's --tag",
    "--exclude-tags -E": "use perftui's --exclude-tag",
    "--profile": "name perftui's profile in front",
    "--equal-weights": "give weights in the scenario",
    "--config": "use profiles.toml",
    "--headless --headful --autostart --autoquit --class-picker --print-stats --only-summary": _SCREEN,
    "--web-host --web-port -P --web-login --web-base-path --tls-cert --tls-key": _SCREEN,
    "--web-auth --web-host-display-name --build-path --legacy-ui": _SCREEN,
    "--csv --csv-full-history --html --json-file": _FILES,
    "--json": "use perftui run --json",
    "--reset-stats": "perftui counts the whole run, and says what was warm-up: leave it out",
    "--exit-code-on-error": "perftui has exit codes of its own: leave it out",
    "--master --master-bind-host --master-bind-port --expect-workers --expect-workers-max-wait": _DISTRIBUTED,
    "--enable-rebalancing --worker --processes --master-host --master-port": _DISTRIBUTED,
    "--slave --expect-slaves": _DISTRIBUTED,
    "--list -l --show-task-ratio --show-task-ratio-json": _INSPECT,
    "--help -h --version -V": "use perftui --help or perftui --version",
}
_INSTEAD_BY_OPTION = {option: instead for options, instead in _INSTEAD.items() for option in options.split()}


def check_locust_args(arguments: Iterable[str]) -> None:
    """Raises PerftuiError for the first option among `arguments` that perftui owns.

    Knows no locustfile: what only begins like such an option may be an argument of its own. If it is none, the
    engine refuses it, because it would change what was asked for.
    """
    for argument in arguments:
        option = _option_in(argument)
        if option in _INSTEAD_BY_OPTION:
            instead = _INSTEAD_BY_OPTION[option]
            next_step = f"{instead[0].upper()}{instead[1:]}"
            raise PerftuiError(
                f"-- {clean(mask_secrets(argument), 60)}", f"perftui owns {option}", next_step, exit_code=USAGE
            )


def _option_in(argument: str) -> str:
    """``--x=1`` is --x, and ``-u5`` is -u."""
    if argument.startswith("--"):
        return argument.partition("=")[0]
    return argument[:2] if argument.startswith("-") else ""
