"""What tells about the target's own side: its metrics, its process, or a command."""

from __future__ import annotations

from typing import Protocol

from perftui.model.tick import TargetSample


class UnreadableError(Exception):
    """A source gave nothing this time. Its text says why: one clean line without secrets and without a full stop."""


class TargetSource(Protocol):
    @property
    def failing(self) -> str:
        """What to say before the colon when it cannot be read."""

    async def read(self) -> TargetSample:
        """What is so now, as far as this source knows it. Raises UnreadableError; comes back within seconds."""

    async def close(self) -> None: ...
