"""TOML as text that people wrote: one table of it changed, and every comment kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

import tomlkit
from tomlkit.items import Array

from perftui.profiles.sections import find_section

# A list that is longer than this is written with an entry on each line.
_MOST_IN_LINE = 100
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING_OR_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|(?P<comment>#[^\r\n]*)', re.DOTALL
)


def header(path: Sequence[str]) -> str:
    return f"[{'.'.join(map(_key, path))}]"


def section_with(text: str, path: tuple[str, ...], changes: Mapping[str, Any]) -> str:
    """`text` with `changes` in its table [`path`], however that is written. Values are what TOML has; None: no key.

    What cannot be changed is left: the reader of the result has to look whether it says what it should.
    """
    ending = line_ending(text)
    section = find_section(text, path)
    if section is not None:
        body = _body_with(text[section.start : section.body_end], path, changes, ending)
        return text[: section.start] + body + text[section.body_end :]
    # Not written with a header of its own: it stands in a table above it, as an inline one or with dotted keys.
    for depth in range(len(path) - 1, -1, -1):
        section = find_section(text, path[:depth])
        if section is None:
            continue
        part = tomlkit.parse(text[section.start : section.end])
        lost = _changed(part, path, changes)
        if lost is not None:
            new = _with_endings(tomlkit.dumps(part), text[section.start : section.end], ending)
            # Below the header, where there is one: comments at the end would be about the next table.
            head = new.index("\n") + 1 if depth and "\n" in new else 0
            said = "".join(f"{comment}{ending}" for comment in lost)
            return text[: section.start] + new[:head] + said + new[head:] + text[section.end :]
    return text


def inserted(text: str, behind: tuple[str, ...], table: str, changes: Mapping[str, Any]) -> str:
    """`text` with `table`, and `changes` in it, as the next table behind [`behind`], else at the end."""
    ending = line_ending(text)
    path = _path_of(table)
    table = _body_with(table, path, changes, ending)
    section = find_section(text, behind)
    if section is None:
        return appended(text, table)
    before, after = text[: section.body_end], text[section.body_end :]
    if not before.endswith("\n"):
        before += ending
    is_apart = not after or after.split("\n", 1)[0].strip() == ""
    return before + ending + table + ("" if is_apart else ending) + after


def appended(text: str, table: str) -> str:
    """`text` with `table` at its end, a blank line above it; `text` alone where there is no table."""
    ending = line_ending(text)
    if not table:
        return text
    if text and not text.endswith("\n"):
        text += ending
    return f"{text}{ending if text else ''}{table}"


def renamed_header(text: str, path: tuple[str, ...], new: tuple[str, ...]) -> str:
    """The table [`path`] of `text`, under the name `new`; [`new`] alone where it is not written with a header.

    For a table that is not there at all, and keeps its name, nothing.
    """
    section = find_section(text, path)
    ending = line_ending(text)
    if section is None:
        return "" if path == new else f"{header(new)}{ending}" + _inline_lines(text, path, ending)
    first, _, rest = text[section.start : section.body_end].partition("\n")
    body = rest if not rest or rest.endswith("\n") else rest + ending
    return f"{header(new)}{_comment_behind(first)}{ending}{body}"


def line_ending(text: str) -> str:
    return "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"


def _inline_lines(text: str, path: tuple[str, ...], ending: str) -> str:
    """What a table without a header holds, as lines of one with a header."""
    found: Any = tomlkit.parse(text)
    for name in path:
        found = found.get(name, {})
    return "".join(f"{_key(key)} = {_item(value.unwrap()).as_string()}{ending}" for key, value in found.items())


def _path_of(table: str) -> tuple[str, ...]:
    path: list[str] = []
    found: Any = tomlkit.parse(table.split("\n", 1)[0].rstrip("\r") + "\n")
    while found:
        name, found = next(iter(found.items()))
        path.append(name)
    return tuple(path)


def _comment_behind(line: str) -> str:
    return next(
        (f"  {match['comment']}" for match in _STRING_OR_COMMENT.finditer(line) if match["comment"]), ""
    ).rstrip()


def _body_with(body: str, path: tuple[str, ...], changes: Mapping[str, Any], ending: str) -> str:
    part = tomlkit.parse(body)
    table: Any = part
    for name in path:
        table = table[name]
    known = {key: value for key, value in changes.items() if key in table}
    lost = [comment for key, value in known.items() for comment in _put(table, key, value)]
    new = _with_endings(tomlkit.dumps(part), body, ending)
    if new and not new.endswith("\n"):
        new += ending
    lines = [
        *lost,
        *(
            f"{_key(key)} = {_item(value).as_string()}"
            for key, value in changes.items()
            if key not in known and value is not None
        ),
    ]
    return new + "".join(f"{line}\n" for line in lines).replace("\n", ending)


def _changed(part: Any, path: tuple[str, ...], changes: Mapping[str, Any]) -> list[str] | None:
    """Put the changes into [`path`] of `part`; the comments that went. None where it is not in there."""
    table = part
    for name in path:
        table = table.get(name)
        if table is None:
            return None
    lost: list[str] = []
    for key, value in changes.items():
        if key in table:
            lost += _put(table, key, value)
        elif value is not None:
            table[key] = _item(value)
    return lost


def _put(table: Any, key: str, value: Any) -> list[str]:
    """Set the value, or take the key out where it is None; the comments that went with what was there."""
    old = table[key]
    if value is None:
        # What stands behind the value belongs to the line, and goes with it.
        comments = [*_comments(old.as_string()), *_comments(old.trivia.comment)]
        del table[key]
        return comments
    if not (isinstance(old, Array) and isinstance(value, list)):
        table[key] = _item(value)
        return []
    before = _comments(old.as_string())
    # Entries that stay keep their lines, and one that takes the place of another its comment.
    matcher = SequenceMatcher(None, list(map(_likeness, old.unwrap())), list(map(_likeness, value)), autojunk=False)
    for tag, start, end, new_start, new_end in reversed(matcher.get_opcodes()):
        if tag == "equal":
            continue
        both = min(end - start, new_end - new_start)
        for place in range(both):
            old[start + place] = _item(value[new_start + place])
        for place in reversed(range(start + both, end)):
            del old[place]
        for place, entry in enumerate(value[new_start + both : new_end]):
            old.insert(start + both + place, _item(entry))
    after = _comments(old.as_string())
    return [each for each in before if each not in after]


def _likeness(entry: Any) -> Any:
    """What is equal for entries that say the same, whatever they look like."""
    return tuple(sorted((key, str(value)) for key, value in entry.items())) if isinstance(entry, dict) else str(entry)


def _comments(text: str) -> list[str]:
    return [match["comment"] for match in _STRING_OR_COMMENT.finditer(text) if match["comment"]]


def _with_endings(new: str, old: str, ending: str) -> str:
    """`new` with the file's line ending on each line that `old` does not have."""
    if ending == "\n":
        return new
    known = set(old.splitlines(keepends=True))
    lines = new.splitlines(keepends=True)
    return "".join(line if line in known else line.rstrip("\r\n") + ending for line in lines)


def _item(value: Any) -> Any:
    if isinstance(value, dict):
        # With the spaces that people write.
        pairs = ", ".join(f"{_key(key)} = {_item(each).as_string()}" for key, each in value.items())
        return tomlkit.value(f"{{ {pairs} }}")
    if isinstance(value, list):
        item: Any = tomlkit.array()
        item.extend(map(_item, value))
    else:
        item = tomlkit.item(value)
    if isinstance(item, Array):
        item.multiline(len(item.as_string()) > _MOST_IN_LINE)
    return item


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)
