"""A run that must stop, stops: what is due when. Times are on the caller's monotonic clock, in seconds."""

from __future__ import annotations

import signal

# From the end of the stop timeout: first TERM, then KILL. With the default stop timeout the load is gone in 4 s.
TERM_AFTER_S = 1.0
KILL_AFTER_S = 1.0
# Listeners of `test_stop` and `quitting` may write their own reports; there is no load any more.
HOOKS_TIMEOUT_S = 30.0

_NEVER = float("inf")


class Escalation:
    """First the engine is asked, then its process group gets TERM, then KILL."""

    def __init__(self) -> None:
        self._term_at = _NEVER
        self._kill_at = _NEVER
        self.has_used_force = False

    def begin(self, now_s: float, grace_s: float) -> None:
        """The engine was asked to stop, and its users have `grace_s` to finish."""
        self._term_at = now_s + grace_s + TERM_AFTER_S
        self._kill_at = self._term_at + KILL_AFTER_S

    def hurry(self, now_s: float, after_s: float = 0.0) -> None:
        """Do not wait for users any longer than `after_s`."""
        self._term_at = min(self._term_at, now_s + after_s)
        self._kill_at = min(self._kill_at, now_s + after_s + KILL_AFTER_S)

    def await_hooks(self, now_s: float) -> None:
        """There is no load any more: only the listeners of user code are waited for."""
        if not self.has_used_force and self._term_at < now_s + HOOKS_TIMEOUT_S / 2:
            self._term_at = now_s + HOOKS_TIMEOUT_S
            self._kill_at = self._term_at + KILL_AFTER_S

    def due(self, now_s: float) -> signal.Signals | None:
        """The signal to send now, each once."""
        if now_s >= self._kill_at:
            self._term_at = self._kill_at = _NEVER
            self.has_used_force = True
            return signal.SIGKILL
        if now_s >= self._term_at:
            self._term_at = _NEVER
            self.has_used_force = True
            return signal.SIGTERM
        return None
