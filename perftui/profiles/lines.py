"""Where in a TOML file something stands: tomllib forgets it, and people look for it."""

from __future__ import annotations

import re
import tomllib


def line_of(text: str, table: tuple[str, ...], key: str | None = None) -> int | None:
    """The line, from 1, of `key` in `table`; where it has none, that of the nearest thing around it.

    Only for messages: what stands inside a text of several lines may deceive it. None where nothing is found.
    """
    header = below = None
    wanted = table if key is None else (*table, key)
    pattern = None if key is None else _assignment(key)
    inside = not table
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("["):
            path = header_path(line, wanted)
            inside = path == table
            if inside and header is None:
                header = number
            if path is not None and path[: len(wanted)] == wanted and below is None:
                below = number
        elif inside and pattern is not None and pattern.match(line):
            return number
    if below is None and header is None and table:
        return line_of(text, table[:-1], table[-1])
    return below or header


def line_with(text: str, entry: str, first: int) -> int:
    """The first line from `first` on that holds `entry`, an entry of a list that begins there; else `first`."""
    lines = text.split("\n")[first - 1 :]
    return next((number for number, line in enumerate(lines, first) if entry and entry in line), first)


def line_of_table(text: str, number: int, first: int) -> int:
    """The line of table `number`, from 1, of a list that begins at line `first`; that one where it is not found."""
    found = 0
    for at, line in enumerate(text.split("\n")[first - 1 :], first):
        code = line.partition("#")[0]
        found += code.count("{") or code.lstrip().startswith("[[")
        if 0 < number <= found:
            return at
    return first


def _assignment(key: str) -> re.Pattern[str]:
    name = re.escape(key)
    return re.compile(rf"""\s*(?:{name}|"{name}"|'{name}')\s*[=.]""")


def header_path(line: str, wanted: tuple[str, ...]) -> tuple[str, ...] | None:
    """The names in a table's header; None where `wanted` cannot be meant, which is quicker than to read it."""
    if not any(name in line for name in wanted):
        return None
    try:
        found: object = tomllib.loads(line.rstrip("\r"))
    except (ValueError, RecursionError):
        return None
    path: list[str] = []
    while found:
        if isinstance(found, list):
            found = found[0]
        if not isinstance(found, dict) or len(found) != 1:
            break
        ((name, found),) = found.items()
        path.append(name)
    return tuple(path)
