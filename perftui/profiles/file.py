"""profiles.toml: where it is found, and how it is read. What is not understood is refused, with its line."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from perftui.exit_codes import USAGE
from perftui.judgement.rules import RuleError
from perftui.model.errors import PerftuiError
from perftui.model.plan import Profile, Scenario, Target
from perftui.model.text import clean
from perftui.profiles.keys import TABLES, Key, named
from perftui.profiles.lines import line_of, line_of_table, line_with
from perftui.profiles.load_kinds import LoadKindError, profile_of, ranks_of
from perftui.profiles.locustfiles import nearest_file
from perftui.profiles.names import NAME_ALLOWED, is_name, listing, nearest, unknown
from perftui.profiles.profile_set import BUILT_IN, ProfileSet
from perftui.profiles.settings import interpreter_path, warm_up_problem
from perftui.profiles.stage_values import StageError

FILE_NAME = "profiles.toml"
MAX_FILE_BYTES = 1_000_000
# tomllib's time grows with the square of a dotted key's length.
MAX_LINE_LENGTH = 2_000
BUILT_IN_FILE = Path(__file__).with_name("builtin.toml")
_POSITION = re.compile(r" \(at line (\d+), column (\d+)\)$")


def find_profiles(explicit: Path | None, start: Path) -> Path | None:
    """The profiles file that applies in the folder `start`; None: the built-in set.

    That is `explicit`, else profiles.toml in `start`, else in a parent up to the root of the repository that
    `start` lies in. Outside a repository no parent is looked at, and in one no file of a stranger: a profile
    names the interpreter that is started, and anyone may leave a file in a shared folder above. Raises
    PerftuiError where `explicit` is no file.
    """
    if explicit is not None:
        if not os.path.isfile(explicit):
            raise _not_there(explicit)
        return explicit
    start = Path(os.path.abspath(start))
    above = [start, *start.parents]
    depth = next((index for index, folder in enumerate(above) if os.path.exists(folder / ".git")), 0)
    for folder in above[: depth + 1]:
        candidate = folder / FILE_NAME
        if os.path.isfile(candidate) and (folder == start or _is_trusted(candidate, start)):
            return candidate
    return None


def load_profiles(path: Path | None) -> ProfileSet:
    """The profiles in `path`, or the built-in ones. Raises PerftuiError for the first thing that is wrong."""
    if path is None:
        return parse_profiles(file_bytes(BUILT_IN_FILE, BUILT_IN), BUILT_IN, BUILT_IN_FILE.parent)
    source, path = display_path(path), Path(os.path.abspath(path))
    data = file_bytes(path, source)
    return replace(parse_profiles(data, source, path.parent), path=path, digest=digest_of(data))


def parse_profiles(data: bytes, source: str, folder: Path) -> ProfileSet:
    """The profiles that `data`, the content of a profiles file in `folder`, holds. Raises PerftuiError."""
    text = decoded(data, source)
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE_LENGTH:
            why = f"the line is longer than {MAX_LINE_LENGTH:,} characters"
            raise PerftuiError(f"{source}:{number}", why, exit_code=USAGE)
    return _Document(source, text).profile_set(folder)


def profiles_path(profile_set: ProfileSet, working_directory: Path) -> Path:
    """The file that a profile is saved in: that of `profile_set`, else a new one in `working_directory`."""
    return profile_set.path or working_directory / FILE_NAME


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def display_path(path: Path) -> str:
    """`path` as people write it: from the current folder where it lies below, else from their home folder."""
    absolute = Path(os.path.abspath(path))
    for base, prefix in ((os.path.abspath(""), ""), (os.path.expanduser("~"), "~/")):
        if absolute.is_relative_to(base):
            return clean(f"{prefix}{absolute.relative_to(base)}")
    return clean(str(absolute))


def _is_trusted(candidate: Path, start: Path) -> bool:
    try:
        # The owner of `start` counts as known: in a container the project often belongs to somebody outside.
        return candidate.stat().st_uid in (0, os.getuid(), start.stat().st_uid)
    except OSError:
        return False


def _not_there(path: Path) -> PerftuiError:
    why = "it is a folder" if os.path.isdir(path) else "there is no such file"
    close = nearest_file(path)
    next_step = f"The nearest name beside it is {close}" if close else "Give the path of a profiles.toml"
    return PerftuiError(f"--profiles {display_path(path)}", why, next_step, exit_code=USAGE)


def file_bytes(path: Path, source: str) -> bytes:
    """What the profiles file at `path` holds. Raises PerftuiError, also for one that is too large to be one."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise PerftuiError(source, f"cannot be read: {error.strerror or error}", exit_code=USAGE) from None
    if len(data) > MAX_FILE_BYTES:
        raise PerftuiError(source, f"is larger than {MAX_FILE_BYTES:,} bytes: no profiles file", exit_code=USAGE)
    return data


def decoded(data: bytes, source: str) -> str:
    try:
        # Some editors put a mark in front, which TOML 1.0 does not know.
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        why = f"not UTF-8 text: byte 0x{data[error.start]:02x}"
        raise PerftuiError(f"{source}:{line}", why, "Save it as UTF-8", exit_code=USAGE) from None


class _Document:
    """The text of a profiles file on its way to a ProfileSet."""

    def __init__(self, source: str, text: str) -> None:
        self._source = source
        self._text = text
        self._tables = self._parse()

    def profile_set(self, folder: Path) -> ProfileSet:
        self._refuse_unknown((), self._tables, TABLES)
        defaults = self._values(("defaults",), self._table(("defaults",), self._tables.get("defaults", {})))
        targets = self._all("targets")
        scenarios = self._all("scenarios")
        written = self._all("profiles")
        for values in (defaults, *written.values()):
            if "python" in values:
                values["python"] = interpreter_path(values["python"], folder)
        document = ProfileSet(
            source=self._source,
            folder=folder,
            defaults=defaults,
            profiles={name: self._profile(name, values, defaults) for name, values in written.items()},
            targets={name: Target(name, **values) for name, values in targets.items()},
            scenarios={name: Scenario(name, **values) for name, values in scenarios.items()},
            written=written,
        )
        self._check_references(document)
        self._check_times(document)
        self._check_weights(document)
        return document

    def _parse(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self._text)
        except RecursionError:
            raise PerftuiError(self._source, "its lists or tables are nested too deeply", exit_code=USAGE) from None
        except ValueError as error:
            message = str(error)
            position = _POSITION.search(message)
            place = f"{self._source}:{position[1]}:{position[2]}" if position else self._source
            why = f"not TOML: {clean(_POSITION.sub('', message))}"
            raise PerftuiError(place, why, exit_code=USAGE) from None

    def _all(self, kind: str) -> dict[str, dict[str, Any]]:
        """The tables [kind.NAME], by name, each with its values read."""
        tables = self._table((kind,), self._tables.get(kind, {}))
        for name in tables:
            if not is_name(name):
                raise self._error((kind,), name, f"not a name; allowed: {NAME_ALLOWED}")
        return {name: self._values((kind, name), self._table((kind, name), tables[name])) for name in tables}

    def _table(self, path: tuple[str, ...], value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._error(path[:-1], path[-1], f"not a table; write [{'.'.join(path)}]")
        return value

    def _values(self, path: tuple[str, ...], table: Mapping[str, Any]) -> dict[str, Any]:
        """What `table` holds, by key. In targets and scenarios that is the model's field, too."""
        keys = named(TABLES[path[0]])
        self._refuse_unknown(path, table, keys)
        for key in keys.values():
            if key.is_required and key.name not in table:
                raise self._error(path, None, f"{key.name} is missing", f"It is {key.kind.allowed}")
        return {name: self._read(path, keys[name], value) for name, value in table.items()}

    def _read(self, path: tuple[str, ...], key: Key, value: object) -> Any:
        try:
            return key.kind.read(value)
        except RuleError as error:
            raise self._error(path, key.name, str(error), entry=error.text) from None
        except StageError as error:
            raise self._error(path, key.name, str(error), table=error.number) from None
        except ValueError as error:
            raise self._error(path, key.name, str(error)) from None

    def _profile(self, name: str, values: Mapping[str, Any], defaults: Mapping[str, Any]) -> Profile:
        try:
            return profile_of(name, {**defaults, **values}, ranks_of(values, defaults))
        except LoadKindError as error:
            path = ("profiles", name) if error.key in values else ("defaults",)
            raise self._error(path, error.key, str(error), error.next_step) from None

    def _check_references(self, document: ProfileSet) -> None:
        tables: list[tuple[tuple[str, ...], Mapping[str, Any]]] = [(("defaults",), document.defaults)]
        tables += [(("profiles", name), values) for name, values in document.written.items()]
        for path, values in tables:
            for kind, known in (("scenario", tuple(document.scenarios)), ("target", document.target_names())):
                name = values.get(kind)
                if name is not None and name not in known:
                    next_step = f"Known here: {listing(known)}" if known else f"Add [{kind}s.{clean(name, 64)}]"
                    raise self._error(path, kind, unknown(kind, name, known), next_step)

    def _check_times(self, document: ProfileSet) -> None:
        for name, profile in document.profiles.items():
            problem = warm_up_problem(profile)
            if problem:
                length = "stages" if profile.stages and profile.run_time_s is None else "run_time"
                key = "warm_up" if "warm_up" in document.written[name] else length
                raise self._error(("profiles", name), key, problem)

    def _check_weights(self, document: ProfileSet) -> None:
        for name, scenario in document.scenarios.items():
            for user_class in scenario.weights if scenario.user_classes else ():
                if user_class not in scenario.user_classes:
                    why = f"{user_class} is not one of user_classes, {listing(scenario.user_classes)}"
                    raise self._error(("scenarios", name, "weights"), user_class, why)

    def _refuse_unknown(self, path: tuple[str, ...], table: Mapping[str, Any], known: Iterable[str]) -> None:
        known = tuple(known)
        for name in table:
            if name not in known:
                kind = "key" if path else "table"
                match = nearest(name, known)
                why = f"unknown {kind}, the nearest is {match}" if match else f"unknown {kind}"
                raise self._error(path, name, why, f"Allowed here: {', '.join(known)}")

    def _error(
        self, path: tuple[str, ...], key: str | None, why: str, next_step: str = "", *, entry: str = "", table: int = 0
    ) -> PerftuiError:
        """`entry`, or the table of this number, is what is wrong in a list, which may go over many lines."""
        line = line_of(self._text, path, key)
        line = line and line_with(self._text, entry, line)
        line = line and line_of_table(self._text, table, line)
        place = f"{self._source}:{line}" if line else self._source
        if path:
            place += f" [{clean('.'.join(path), 100)}]"
        if key is not None:
            place += f" {clean(key, 64)}"
        return PerftuiError(place, why, next_step, exit_code=USAGE)
