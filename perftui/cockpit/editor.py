"""The profiles file, changed from the screen."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from perftui.profiles.file import display_path, profiles_path
from perftui.profiles.profile_set import ProfileSet
from perftui.store.atomic import create, write_atomically


class HoldsProfiles(Protocol):
    """Whoever asks by the profiles, and takes other ones once they were written."""

    @property
    def profile_set(self) -> ProfileSet: ...

    def reload(self, profile_set: ProfileSet) -> None: ...


class ProfileEditor:
    """See perftui.tui.services.EditsProfiles."""

    def __init__(self, owner: HoldsProfiles, working_directory: Path) -> None:
        self._owner = owner
        self._working_directory = working_directory

    def where(self) -> str:
        return display_path(profiles_path(self._owner.profile_set, self._working_directory))

    def save(self, name: str, base: str, overrides: Mapping[str, str]) -> str:
        # Lazy: the library that writes TOML is not what the first paint should wait for.
        from perftui.profiles.editing import save_profile

        profile_set, said = save_profile(
            self._owner.profile_set,
            name,
            base,
            overrides,
            working_directory=self._working_directory,
            write=write_profiles,
        )
        self._owner.reload(profile_set)
        return said


def write_profiles(path: Path, data: bytes) -> None:
    """Make the profiles file at `path` hold `data`, with the mode that it has. Raises OSError."""
    if not os.path.lexists(path):
        create(path, data)
        return
    # A file that may not be written is not to be replaced either.
    with path.open("ab"):
        mode = stat.S_IMODE(path.stat().st_mode)
    write_atomically(path, data, mode)
