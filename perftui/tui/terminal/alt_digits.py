"""Alt and a digit, as terminals without the newer keyboard protocols send them: escape, and the digit.

Textual takes these for what one keyboard layout of one system writes with them (6 would be a section sign), so that
no binding of alt+6 would ever hear of it in a terminal multiplexer.
"""

from __future__ import annotations

from typing import NamedTuple, cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS


class _Key(NamedTuple):
    """Textual reads `value`, as of the members of its own enumeration."""

    value: str


def know_alt_digits() -> None:
    """Have Textual's parser report them as alt+0 to alt+9."""
    known = cast("dict[str, object]", ANSI_SEQUENCES_KEYS)
    known |= {f"\x1b{n}": (_Key(f"alt+{n}"),) for n in range(10)}
