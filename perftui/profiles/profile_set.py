"""What a profiles file holds, once it has been read and found right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perftui.model.plan import Profile, Scenario, Target

BUILT_IN = "built-in"
# `perftui demo`: always a target, unless the file has one of that name.
DEMO_TARGET = "demo"


@dataclass(frozen=True, slots=True)
class ProfileSet:
    """`source` is the file as people write its path, or BUILT_IN. Relative locustfiles start from `folder`.

    The profiles have [defaults] in them already. `written` holds, by profile, the keys that stand in its own
    table, and `defaults` those of [defaults], as read; `key_origin` tells them apart for people.
    """

    source: str
    folder: Path
    defaults: Mapping[str, Any]
    profiles: Mapping[str, Profile]
    targets: Mapping[str, Target]
    scenarios: Mapping[str, Scenario]
    written: Mapping[str, Mapping[str, Any]]
    path: Path | None = None
    digest: str = ""

    def scenario_of(self, profile: str) -> str | None:
        """The scenario that the profile names, itself or by [defaults]."""
        return self._value(profile, "scenario")

    def target_of(self, profile: str) -> str | None:
        """The target that the profile names, itself or by [defaults]."""
        return self._value(profile, "target")

    def key_origin(self, profile: str, key: str) -> str | None:
        """Where the value of `key` in `profile` was written; None: nowhere, it is the default."""
        if key in self.written[profile]:
            return f"{self.source} [profiles.{profile}]"
        return f"{self.source} [defaults]" if key in self.defaults else None

    def target_names(self) -> tuple[str, ...]:
        """Every target that may be named."""
        return tuple(dict.fromkeys((*self.targets, DEMO_TARGET)))

    def _value(self, profile: str, key: str) -> str | None:
        value = self.written[profile].get(key, self.defaults.get(key))
        return None if value is None else str(value)
