"""What was changed becomes a profile: its name is asked, and what will be written is shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from perftui.model.errors import PerftuiError
from perftui.model.text import clean, mask_secrets
from perftui.profiles.names import NAME_ALLOWED, is_name
from perftui.tui.crash import bug_text
from perftui.tui.renderables.line import Line, Piece, foreign, line, wrapped
from perftui.tui.screens.leaving import Dialog
from perftui.tui.widgets.text_form import TextForm

# More than a profile has keys.
_MAX_SHOWN = 20


class SaveProfile(Dialog[tuple[str, str] | None]):
    """Gives the name that was written, and the sentence that says so; None where nothing was.

    What is refused is said below the name, and nothing that was typed is lost by it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Do not save", id="save_profile.leave", tooltip="Write nothing")
    ]

    def __init__(
        self,
        base: str,
        overrides: Mapping[str, str],
        where: str,
        known: frozenset[str],
        write: Callable[[str], Awaitable[str]],
        *,
        as_new: bool,
        is_new_file: bool,
    ) -> None:
        super().__init__()
        self._base, self._overrides, self._where, self._known = base, overrides, where, known
        self._write, self._as_new, self._is_new_file = write, as_new, is_new_file
        self._is_writing = False

    def compose(self) -> ComposeResult:
        name = _free_name(self._base, self._known) if self._as_new else self._base
        title = "Duplicate the profile" if self._as_new else "Save the profile"
        hint = "enter writes it · esc does not"
        yield TextForm(title, hint, text=name, placeholder="name of the profile", max_length=64)

    def on_mount(self) -> None:
        self._ask("")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._ask("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        name = event.value.strip()
        if not is_name(name):
            self._ask(f"a name has {NAME_ALLOWED}")
        elif self._as_new and name in self._known:
            self._ask("there is a profile of that name already")
        elif not self._is_writing:
            self.run_worker(self._save(name), exit_on_error=False)

    async def _save(self, name: str) -> None:
        self._is_writing = True
        try:
            said = await self._write(name)
        except PerftuiError as error:
            self._ask(str(error))
        except Exception as error:  # noqa: BLE001 - a bug becomes a line here, not the end of the cockpit
            self._ask(bug_text(error))
        else:
            self.dismiss((name, said))
        finally:
            self._is_writing = False

    def _ask(self, error: str) -> None:
        form = self.query_one(TextForm)
        name = form.field.value.strip()

        def lines(width: int) -> Sequence[Line]:
            like = "" if name == self._base else f", like {clean(self._base)}"
            found = [line(foreign(f"[profiles.{name}]", "strong"), (f" in {clean(self._where)}{like}", "muted"))]
            for key, text in list(self._overrides.items())[:_MAX_SHOWN]:
                shown = clean(mask_secrets(text).replace("\n", "; "), 300)
                found += wrapped(shown, width, "accent", first=Piece(f"  {key} = ", "muted"))
            if not self._overrides:
                found.append(line(("  nothing is changed in it", "muted")))
            what = "Comments and the order of the file stay."
            if self._is_new_file:
                what = "The file is made: while it is there, perftui's own profiles are not listed."
            return [*found, *wrapped(what, width, "muted")]

        form.ask(lines)
        form.refuse(error)


def _free_name(base: str, known: frozenset[str]) -> str:
    return next(name for name in (f"{base[:60]}-{n}" for n in range(2, len(known) + 3)) if name not in known)
