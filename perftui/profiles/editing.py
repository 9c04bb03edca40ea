"""A profile written into profiles.toml: every other line of the file, and every comment, stays as it is.

tomlkit changes the one table that is meant, as a text of its own; the rest of the file is never written anew. What
comes of it is read by the strict loader and compared with what was wanted before anything reaches the disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from perftui.exit_codes import ENVIRONMENT, USAGE
from perftui.model.errors import PerftuiError
from perftui.model.plan import Profile
from perftui.model.text import clean
from perftui.profiles.file import (
    BUILT_IN_FILE,
    decoded,
    digest_of,
    display_path,
    file_bytes,
    load_profiles,
    parse_profiles,
    profiles_path,
)
from perftui.profiles.keys import PROFILE_KEYS, USERS, Key, named
from perftui.profiles.load_kinds import BY_OPTION, BY_PROFILE, LoadKindError, losing, profile_of, ranks_of
from perftui.profiles.names import NAME_ALLOWED, is_name, listing, unknown
from perftui.profiles.profile_set import BUILT_IN, ProfileSet
from perftui.profiles.sections import is_whole
from perftui.profiles.settings import interpreter_path, warm_up_problem
from perftui.profiles.toml_text import appended, header, inserted, renamed_header, section_with
from perftui.profiles.typed_values import as_toml, path_from, value_of

_KEYS = named(PROFILE_KEYS)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NEW_FILE = """\
# What can be run here. `perftui check PROFILE` looks at it without load, `perftui run PROFILE` runs it.
# While this file is here, perftui's own profiles are not listed.
"""


Writes = Callable[[Path, bytes], object]
"""Makes a file hold this, whole or not at all. Raises OSError."""


def known_profile(profile_set: ProfileSet, name: str) -> None:
    """Raises PerftuiError where there is no such profile."""
    known = tuple(profile_set.profiles)
    if name not in known:
        raise PerftuiError(unknown("profile", name, known), "", f"Known: {listing(known)}", exit_code=USAGE)


def save_profile(
    profile_set: ProfileSet,
    name: str,
    base: str,
    overrides: Mapping[str, str],
    *,
    working_directory: Path,
    write: Writes,
) -> tuple[ProfileSet, str]:
    """Write profile `name`, as `base` with `overrides` (texts by key of PROFILE_KEYS), and read the file again.

    `name` is `base`, which is changed, or a new name: then its table is put behind that of `base`. Returns what the
    file holds now, and a sentence that says what was done. Relative paths among the overrides start from
    `working_directory`. Raises PerftuiError, and the file is as it was.
    """
    known_profile(profile_set, base)
    if not is_name(name):
        raise PerftuiError(f"'{clean(name, 64)}' cannot name a profile", f"allowed: {NAME_ALLOWED}", exit_code=USAGE)
    path = profiles_path(profile_set, working_directory)
    edit = _Edit(profile_set, name, base, path.parent, _left_out(overrides))
    edit.read(overrides, working_directory)
    if profile_set.path is None:
        return _write_new_file(edit, path, write)
    return _write_into(edit, path, write)


def _write_into(edit: _Edit, path: Path, write: Writes) -> tuple[ProfileSet, str]:
    before = edit.profile_set
    source = before.source
    data = file_bytes(path, source)
    if digest_of(data) != before.digest:
        raise PerftuiError(
            f"{source} changed meanwhile", "nothing was written", "Start perftui again to read it", exit_code=USAGE
        )
    if edit.name != edit.base and edit.name in before.profiles:
        raise PerftuiError(
            f"profile {edit.name} is there already", "nothing was written", "Choose another name", exit_code=USAGE
        )
    if edit.name == edit.base and not edit.changes:
        return before, f"Nothing to write: [profiles.{edit.name}] in {source} says all of that already{edit.excuse}."
    text = edit.applied(decoded(data, source))
    mark = _BYTE_ORDER_MARK if data.startswith(_BYTE_ORDER_MARK) else b""
    after = _written(edit, path, mark + text.encode(), write)
    done = "was changed in" if edit.name == edit.base else "was written into"
    return after, f"[profiles.{edit.name}] {done} {source}{edit.excuse}."


def _write_new_file(edit: _Edit, path: Path, write: Writes) -> tuple[ProfileSet, str]:
    source = display_path(path)
    if os.path.lexists(path):
        raise PerftuiError(
            f"{source} is there already", "nothing was written", "Start perftui again to read it", exit_code=USAGE
        )
    after = _written(edit, path, edit.alone(BUILT_IN_FILE.read_text(encoding="utf-8")).encode(), write)
    return after, f"{source} was written with [profiles.{edit.name}] alone: it is what applies here now{edit.excuse}."


def _written(edit: _Edit, path: Path, data: bytes, write: Writes) -> ProfileSet:
    """What `path` holds once `data`, which was proven to say what was wanted, is in it."""
    source = display_path(path)
    if not is_whole(decoded(data, source)):
        raise edit.cannot()
    edit.prove(parse_profiles(data, source, path.parent))
    try:
        # A link stays one: what it leads to is written.
        write(Path(os.path.realpath(path)), data)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise PerftuiError(f"{source} cannot be written", why, exit_code=ENVIRONMENT) from None
    return load_profiles(path)


def _left_out(overrides: Mapping[str, str]) -> tuple[str, ...]:
    """What a profile cannot hold."""
    kept_nowhere = (key for key, text in overrides.items() if key not in _KEYS and text.strip())
    is_argument = ("-", "locust_args")
    return tuple(
        "arguments behind --" if key.startswith(is_argument) else key.replace("_", " ") for key in kept_nowhere
    )


@dataclass
class _Edit:
    """A profile on its way into a file in `folder`. `changes` holds what its table has to say, by key."""

    profile_set: ProfileSet
    name: str
    base: str
    folder: Path
    left_out: tuple[str, ...]

    def __post_init__(self) -> None:
        self.changes: dict[str, Any] = {}
        """None where the key goes."""
        self._written = dict(self.profile_set.written[self.base])
        self._wanted = replace(self.profile_set.profiles[self.base], name=self.name)
        self._names = {
            "scenario": self.profile_set.scenario_of(self.base),
            "target": self.profile_set.target_of(self.base),
        }

    @property
    def excuse(self) -> str:
        if not self.left_out:
            return ""
        return f"; no profile holds these, and they are not in it: {', '.join(dict.fromkeys(self.left_out))}"

    def read(self, overrides: Mapping[str, str], working_directory: Path) -> None:
        """Raises PerftuiError for the first of `overrides` that is none, by its option's name."""
        for key in PROFILE_KEYS:
            if key.name not in overrides:
                continue
            text = overrides[key.name]
            if key.name == "python":
                text = path_from(text, working_directory, self.folder)
            value = value_of(key, text)
            if key.name == "python":
                value = interpreter_path(value, self.folder)
            if self._holds(key, value):
                continue
            self.changes[key.name] = as_toml(key, text, value) if key.name != "python" else text
            self._written[key.name] = value
            if key.field is None:
                self._names[key.name] = value
        self._settle()
        problem = warm_up_problem(self._wanted)
        if problem:
            raise PerftuiError(problem, "", "Make the run longer or the warm-up shorter", exit_code=USAGE)

    def _settle(self) -> None:
        """Take out of the table what the changes leave no use for, and see what profile that makes."""
        ranks = dict.fromkeys(self._written, BY_PROFILE) | dict.fromkeys(self.changes, BY_OPTION)
        try:
            useless = set(losing(ranks))
            while True:
                for key in useless & set(self._written):
                    del self._written[key]
                    self.changes[key] = None
                defaults = self.profile_set.defaults
                try:
                    self._wanted = profile_of(
                        self.name, {**defaults, **self._written}, ranks_of(self._written, defaults)
                    )
                    return
                except LoadKindError as error:
                    if error.key in self.changes or error.key not in self._written:
                        raise
                    useless = {error.key}
        except LoadKindError as error:
            raise PerftuiError(
                clean(_KEYS[error.key].option or error.key), str(error), error.next_step, exit_code=USAGE
            ) from None

    def _holds(self, key: Key, value: Any) -> bool:
        if key.field is None:
            return bool(self._names[key.name] == value)
        if key.name == USERS.name and (self._wanted.stages or self._wanted.is_open_model):
            # It stands in no table: what it is then says nothing.
            return False
        return bool(getattr(self._wanted, key.field) == value)

    def applied(self, text: str) -> str:
        """The file's `text` with the profile in it."""
        table = ("profiles", self.base)
        if self.name == self.base:
            return section_with(text, table, self.changes)
        return inserted(text, table, renamed_header(text, table, ("profiles", self.name)), self.changes)

    def alone(self, built_in: str) -> str:
        """A file with this profile, its scenario and its target, as the `built_in` one has them."""
        scenario, target = self._names["scenario"], self._names["target"]
        # [defaults] is left behind: what it says stands in the profile itself.
        inherited = {key: value for key, value in self.profile_set.defaults.items() if key in self._names}
        own = self.profile_set.written[self.base]
        changes = {**{key: value for key, value in inherited.items() if key not in own}, **self.changes}
        text = _NEW_FILE
        tables: list[tuple[str, ...]] = []
        if target is not None and target in self.profile_set.targets:
            tables.append(("targets", target))
        if scenario:
            tables += [("scenarios", scenario), ("scenarios", scenario, "groups")]
        for table in tables:
            text = appended(text, renamed_header(built_in, table, table))
        profile = renamed_header(built_in, ("profiles", self.base), ("profiles", self.name))
        return section_with(appended(text, profile), ("profiles", self.name), changes)

    def prove(self, after: ProfileSet) -> None:
        """Raises PerftuiError where `after` is not what was wanted, or anything else in it is not as before."""
        before = self.profile_set
        is_right = after.profiles.get(self.name) == self._wanted and self._names == {
            "scenario": after.scenario_of(self.name),
            "target": after.target_of(self.name),
        }
        if before.source != BUILT_IN:
            is_right = is_right and _others(after, self.name) == _others(before, self.name)
        if not is_right:
            raise self.cannot()

    def cannot(self) -> PerftuiError:
        return PerftuiError(
            f"[profiles.{self.name}] cannot be written without changing more than that",
            f"{self.profile_set.source} is laid out in a way that perftui cannot edit; nothing was written",
            f"Add {header(('profiles', self.name))} by hand",
            exit_code=USAGE,
        )


def _others(profile_set: ProfileSet, name: str) -> tuple[Any, ...]:
    """All that is not of profile `name`."""
    profiles: dict[str, Profile] = {each: value for each, value in profile_set.profiles.items() if each != name}
    written = {each: value for each, value in profile_set.written.items() if each != name}
    return profile_set.defaults, profiles, profile_set.targets, profile_set.scenarios, written
