"""How Setup shows its plan: the fields, the load to come, the preflight, a sentence, and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.screen import Screen

from perftui.model.load_plan import deciding_shape
from perftui.model.text import clean
from perftui.tui.renderables.line import Line, Piece, foreign, wrapped
from perftui.tui.renderables.load_shape import load_shape_of
from perftui.tui.setup.draft import Draft, flag_of
from perftui.tui.setup.plan_check import PlanCheck
from perftui.tui.setup.plan_fields import FieldRow, Offer, field_rows, next_choice
from perftui.tui.setup.planned import Planned
from perftui.tui.texts.plan_text import plan_sentence
from perftui.tui.widgets.fields import Fields
from perftui.tui.widgets.load_shape_chart import LoadShapeChart
from perftui.tui.widgets.preflight import Preflight
from perftui.tui.widgets.text import Block

if TYPE_CHECKING:
    from perftui.model.inspection import ArgumentInfo


class PlanView:
    def __init__(self, screen: Screen[None]) -> None:
        self._screen = screen
        self._offer = Offer(None, None)
        self._planned = Planned()
        self._notice = ("", "")
        self._aside = ""

    @property
    def offer(self) -> Offer:
        return self._offer

    def show(
        self, planned: Planned, offer: Offer, draft: Draft, command: str, *, aside: str, is_readying: bool
    ) -> None:
        """`command` is empty where there is no plan. `aside` is to be known beside the plan's sentence."""
        self._offer, self._planned, self._aside = offer, planned, aside
        plan = planned.shown
        heading: Sequence[Piece] = (Piece("Options", "heading"),)
        if plan is not None:
            heading = (foreign(plan.title, "heading"), Piece("  "), foreign(plan.profile.description, "muted"))
        self._screen.query_one(Fields).show(field_rows(offer, draft, planned.faults), heading)
        shape = self._screen.query_one(LoadShapeChart)
        if plan is None:
            shape.show(None)
        else:
            shape.show(load_shape_of(plan.profile, self._locustfile_shape()))
        self._notice = ("the target is being started…", "accent") if is_readying else ("", "")
        self._show_sentence()
        shown, role = (clean(command, 2000), "key") if command else (self._no_command(), "muted")
        self._screen.query_one("#command", Block).show(
            lambda width: wrapped(shown, max(1, width - 1), role, first=Piece(" $ ", "muted"))
        )

    def _locustfile_shape(self) -> str:
        """The LoadTestShape that decides, as far as is known; empty where none does."""
        inspection, profile = self._offer.inspection, self._offer.profile
        if profile is None:
            return ""
        return clean(deciding_shape(profile, inspection.shapes if inspection is not None else ()), 64)

    def _no_command(self) -> str:
        """What stands in its place: as much of it as is known, and what is missing."""
        if self._planned.lacks_target and self._offer.profile is not None:
            return f"perftui run {clean(self._offer.profile.name, 64)} --target … (the target is missing)"
        return clean(self._notice[0] or f"none yet: {self._planned.why_not}", 300)

    def show_check(self, check: PlanCheck, *, hint: str) -> None:
        """`hint` stands in the place of items while there are none."""
        self._screen.query_one(Preflight).show_items(check.items, is_checking=check.is_running, hint=hint)

    def say(self, text: str, role: str) -> None:
        """What became of a wish, in the place of the sentence until something is changed."""
        self._notice = (text, role)
        self._show_sentence()

    def _show_sentence(self) -> None:
        text, role = self._notice
        first = Piece(" ")
        if not text and self._planned.plan is None:
            text, role, first = f"{self._planned.why_not}{self._where_to()}", "bad", Piece(" ✗ ", "bad")
        elif not text and self._planned.shown is not None:
            shown_plan = self._planned.shown
            profile = replace(shown_plan.profile, load_shape=self._locustfile_shape())
            text, role, first = plan_sentence(replace(shown_plan, profile=profile)), "", Piece(" ▸ ", "accent")
        shown, aside = clean(text, 600), clean(self._aside, 200)

        def lines(width: int) -> Sequence[Line]:
            beside = wrapped(aside, max(1, width - 1), "warn", first=Piece(" ! ", "warn"))[:1] if aside else []
            return [*beside, *wrapped(shown, max(1, width - 1), role, first=first)]

        self._screen.query_one("#sentence", Block).show(lines)

    def _where_to(self) -> str:
        return " (e puts it right)" if self._planned.faults else ""

    # --- what is typed and turned -------------------------------------------------------------------------------

    def text_of(self, row: FieldRow, draft: Draft) -> str:
        """What was typed into the row."""
        argument = self._argument(row.key)
        return draft.argument(argument) if argument is not None else draft.text(row.key)

    def type(self, key: str, text: str, draft: Draft) -> None:
        argument = self._argument(key)
        if argument is not None:
            draft.set_argument(argument, text.strip())
        else:
            draft.type(key, text)

    def turn(self, row: FieldRow, draft: Draft) -> str:
        """The next value of a row that has few; why not, where it has none."""
        plan, inspection = self._offer.plan, self._offer.inspection
        argument = self._argument(row.key)
        kind, _, name = row.key.partition(":")
        if argument is not None:
            draft.set_argument(argument, next_choice(argument, draft.argument(argument)))
        elif plan is not None and inspection is not None and kind == "class":
            return draft.toggle_class(name, plan.scenario.user_classes, inspection.user_classes)
        elif kind == "shape":
            draft.type("load_shape", name)
        elif plan is not None and kind == "tag":
            draft.turn_tag(name, plan)
        return ""

    def reset(self, row: FieldRow, draft: Draft) -> None:
        several = {"class": ("user_classes",), "tag": ("tags", "exclude_tags"), "shape": ("load_shape",)}
        keys = several.get(row.key.partition(":")[0], (row.key,))
        for key in keys:
            draft.type(key, "")

    def _argument(self, key: str) -> ArgumentInfo | None:
        offered = self._offer.inspection.arguments if self._offer.inspection is not None else ()
        return next((each for each in offered if key.startswith("-") and flag_of(each) == key), None)
