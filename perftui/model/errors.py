"""The one root of perftui's own errors."""


class PerftuiError(Exception):
    """Something the person who started perftui can act on.

    `what` failed, `why` in their words, and the `next_step`. None of them ends in a full stop, and none holds
    a secret. `exit_code` is one of `perftui.exit_codes`.
    """

    def __init__(self, what: str, why: str = "", next_step: str = "", *, exit_code: int) -> None:
        super().__init__(what, why, next_step)
        self.what = what
        self.why = why
        self.next_step = next_step
        self.exit_code = exit_code

    def __str__(self) -> str:
        head = f"{self.what}: {self.why}" if self.why else self.what
        return f"{head}. {self.next_step}." if self.next_step else f"{head}."
