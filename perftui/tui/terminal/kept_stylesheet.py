"""The app's style rules, parsed once."""

from __future__ import annotations

from textual.css.stylesheet import Stylesheet


class KeptStylesheet(Stylesheet):
    """Textual's own parses every file again whenever something asks for it: five times before its first frame."""

    def set_variables(self, variables: dict[str, str]) -> None:
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        # What was parsed with these variables is still there; what came since is parsed.
        self.parse()
