"""The profiles file, changed from the screen."""

from __future__ import annotations

from collections.abc import Mapping


class ProfileEditor:
    """See perftui.tui.services.EditsProfiles."""

    def where(self) -> str:
        raise NotImplementedError

    def save(self, name: str, base: str, overrides: Mapping[str, str]) -> str:
        raise NotImplementedError
