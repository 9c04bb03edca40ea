"""The cockpit's settings file: how it looks and which keys it has. What is not understood is refused, with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from platformdirs import user_config_path

from perftui.exit_codes import USAGE
from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.profiles.file import display_path
from perftui.profiles.lines import line_of
from perftui.profiles.names import nearest

FILE_VARIABLE = "PERFTUI_CONFIG"
THEME_VARIABLE = "PERFTUI_THEME"
MAX_FILE_BYTES = 100_000
MAX_KEYS = 200
THEMES = {
    "perftui-dark": "quiet colours on a dark ground",
    "perftui-light": "the same on a light ground",
    "perftui-safe": "dark, for all kinds of colour vision",
    "perftui-safe-light": "light, for all kinds of colour vision",
    "ansi-dark": "the terminal's own sixteen colours, on its dark ground",
    "ansi-light": "the terminal's own sixteen colours, on its light ground",
}
DEFAULT_THEME = "perftui-dark"
# What curves are drawn with: "ascii" is for a font without braille.
Marker = Literal["braille", "ascii"]
CHART_MARKERS: tuple[Marker, ...] = get_args(Marker)
_POSITION = re.compile(r" \(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True, slots=True)
class Settings:
    """`keys` has the keys of a binding by its id, as "x,ctrl+x". `source` and `text` are the file's, for messages."""

    theme: str = DEFAULT_THEME
    is_slow: bool = False
    chart_marker: Marker = CHART_MARKERS[0]
    keys: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    text: str = ""

    def key_problem(self, binding_id: str, why: str, next_step: str) -> PerftuiError:
        return _problem(self.source, self.text, ("keys",), binding_id, why, next_step)


def settings_path(environ: Mapping[str, str]) -> Path:
    named = environ.get(FILE_VARIABLE)
    return Path(named).expanduser() if named else user_config_path("perftui") / "config.toml"


def load_settings(environ: Mapping[str, str], *, theme: str | None = None, slow: bool = False) -> Settings:
    """What the command line says wins over the environment, that over the file. Raises PerftuiError (USAGE)."""
    settings = _read(settings_path(environ), is_named=bool(environ.get(FILE_VARIABLE)))
    chosen, origin = theme, "--theme"
    if chosen is None:
        chosen, origin = environ.get(THEME_VARIABLE) or None, THEME_VARIABLE
    if chosen is not None and chosen not in THEMES:
        raise PerftuiError(origin, *_unknown("theme", chosen, THEMES), exit_code=USAGE)
    return Settings(
        chosen or settings.theme,
        slow or settings.is_slow,
        settings.chart_marker,
        settings.keys,
        settings.source,
        settings.text,
    )


def _read(path: Path, *, is_named: bool) -> Settings:
    source = display_path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        if is_named:
            raise PerftuiError(f"{FILE_VARIABLE} {source}", "there is no such file", exit_code=USAGE) from None
        return Settings()
    except OSError as error:
        raise PerftuiError(source, f"cannot be read: {error.strerror or error}", exit_code=USAGE) from None
    if len(data) > MAX_FILE_BYTES:
        raise PerftuiError(source, f"is larger than {MAX_FILE_BYTES:,} bytes: no settings file", exit_code=USAGE)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PerftuiError(f"{source}:{line}", "not UTF-8 text", "Save it as UTF-8", exit_code=USAGE) from None
    return _Document(source, text).settings()


class _Document:
    def __init__(self, source: str, text: str) -> None:
        self._source, self._text = source, text

    def settings(self) -> Settings:
        values = self._parse()
        readers = {
            "theme": lambda value: self._one_of("theme", value, tuple(THEMES)),
            "slow": self._slow,
            "chart_marker": lambda value: self._one_of("chart_marker", value, CHART_MARKERS),
            "keys": self._keys,
        }
        for name in values:
            if name not in readers:
                why, next_step = _unknown("key", name, tuple(readers))
                raise self._problem((), name, why, next_step)
        read: dict[str, Any] = {name: readers[name](value) for name, value in values.items()}
        if "slow" in read:
            read["is_slow"] = read.pop("slow")
        return Settings(**read, source=self._source, text=self._text)

    def _parse(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self._text)
        except RecursionError:
            raise PerftuiError(self._source, "its lists or tables are nested too deeply", exit_code=USAGE) from None
        except ValueError as error:
            position = _POSITION.search(str(error))
            place = f"{self._source}:{position[1]}:{position[2]}" if position else self._source
            why = f"not TOML: {clean(_POSITION.sub('', str(error)))}"
            raise PerftuiError(place, why, exit_code=USAGE) from None

    def _one_of(self, key: str, value: object, allowed: tuple[str, ...]) -> str:
        if not isinstance(value, str) or value not in allowed:
            why, next_step = _unknown(key, str(value), allowed)
            raise self._problem((), key, why, next_step)
        return value

    def _slow(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise self._problem((), "slow", "neither true nor false", "")
        return value

    def _keys(self, value: object) -> dict[str, str]:
        if not isinstance(value, dict):
            raise self._problem((), "keys", "not a table; write [keys]", "")
        if len(value) > MAX_KEYS:
            raise self._problem((), "keys", f"more than {MAX_KEYS} entries", "")
        keys: dict[str, str] = {}
        for binding_id, written in _flat(value):
            if not isinstance(written, str) or not all(each.strip() for each in written.split(",")):
                raise self._problem(("keys",), binding_id, 'not keys with commas between, as "x,ctrl+x"', "")
            keys[binding_id] = ",".join(each.strip() for each in written.split(","))
        return keys

    def _problem(self, table: tuple[str, ...], key: str, why: str, next_step: str) -> PerftuiError:
        return _problem(self._source, self._text, table, key, why, next_step)


def _flat(table: Mapping[str, Any], before: str = "") -> list[tuple[str, object]]:
    """Dotted names, which TOML takes for tables in tables where nobody puts them in quotes."""
    found: list[tuple[str, object]] = []
    for name, value in table.items():
        found += _flat(value, f"{before}{name}.") if isinstance(value, dict) else [(f"{before}{name}", value)]
    return found


def _unknown(kind: str, name: str, allowed: Mapping[str, str] | tuple[str, ...]) -> tuple[str, str]:
    match = nearest(name, allowed)
    why = f"no {kind} is called '{clean(name, 64)}'" + (f", the nearest is '{match}'" if match else "")
    return why, f"Allowed: {', '.join(allowed)}"


def _problem(source: str, text: str, table: tuple[str, ...], key: str, why: str, next_step: str) -> PerftuiError:
    line = line_of(text, table, key) or (line_of(text, table, key.split(".")[0]) if "." in key else None)
    place = f"{source}:{line}" if line else source
    place += "".join(f" [{each}]" for each in table)
    return PerftuiError(f"{place} {clean(key, 64)}", why, next_step, exit_code=USAGE)
