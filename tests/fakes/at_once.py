"""Several checks side by side, each with processes of its own: most of a run is waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor


def at_once(checks: Mapping[str, Callable[[], None]], at_a_time: int = 2) -> None:
    """Do all `checks` to their end. Raises an ExceptionGroup of what they raised, each with its name as a note."""
    with ThreadPoolExecutor(at_a_time) as pool:
        done = {name: pool.submit(check) for name, check in checks.items()}
    raised: list[Exception] = []
    for name, each in done.items():
        error = each.exception()
        if isinstance(error, Exception):
            error.add_note(f"in {name}")
            raised.append(error)
        elif error is not None:
            raise error
    if raised:
        raise ExceptionGroup(f"{len(raised)} of {len(checks)} checks failed", raised)
