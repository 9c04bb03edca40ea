"""Where a table of a TOML file begins and ends in its text, so that the rest need not be touched."""

from __future__ import annotations

import tomllib
from typing import NamedTuple

from perftui.profiles.lines import header_path


class Section(NamedTuple):
    """From the header at `start` to `end`, where the next header is; `body_end` is behind the last of its lines.

    What follows that, blank lines and comments, is about the next table.
    """

    start: int
    body_end: int
    end: int


def find_section(text: str, path: tuple[str, ...]) -> Section | None:
    """The table [`path`] in `text`, which is TOML; None where it is not written with a header. () is the top."""
    headers = _header_offsets(text)
    start = 0
    if path:
        found = (at for at in headers if header_path(_line_at(text, at), path) == path and is_whole(text[:at]))
        start = next(found, -1)
        if start < 0:
            return None
    behind = (at for at in headers if (at > start or not path) and is_whole(text[start:at]))
    end = next(behind, len(text))
    return Section(start, start + _body_length(text[start:end], is_last=end == len(text)), end)


def is_whole(text: str) -> bool:
    """Whether `text`, a part of a TOML file that begins with a line, ends outside of all strings and lists."""
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _header_offsets(text: str) -> list[int]:
    """Where lines begin that may be headers: inside a string or a list they are none."""
    offsets, at = [], 0
    for line in text.split("\n"):
        if line.lstrip().startswith("["):
            offsets.append(at)
        at += len(line) + 1
    return offsets


def _line_at(text: str, at: int) -> str:
    return text[at:].split("\n", 1)[0].rstrip("\r")


def _body_length(section: str, *, is_last: bool) -> int:
    """Without blank lines and comments at its end; a comment right below the last key and above a blank line stays."""
    lines = section.splitlines(keepends=True)
    if is_last and (not lines or lines[-1].strip()):
        # Comments at the end of the file are about nothing that follows.
        lines.append("")
    body = len(lines)
    while body > 1 and lines[body - 1].strip()[:1] in ("", "#") and is_whole("".join(lines[: body - 1])):
        body -= 1
    attached = body
    while attached < len(lines) and lines[attached].strip().startswith("#"):
        attached += 1
    if attached < len(lines) and not lines[attached].strip():
        body = attached
    return len("".join(lines[:body]))
