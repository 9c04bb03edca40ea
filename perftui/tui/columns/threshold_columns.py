"""The table of thresholds, and what is said of one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from perftui.judgement.measured_scope import covers
from perftui.judgement.quantities import format_beside, format_bound
from perftui.model.duration import format_clock
from perftui.model.judged import ThresholdResult, ThresholdState
from perftui.model.text import mask_secrets
from perftui.model.totals import RequestKey
from perftui.reports.figures import THRESHOLD_MARKS, margin_text
from perftui.tui.texts.figures import NO_VALUE
from perftui.tui.widgets.table import Column, Table

STATE_SYMBOLS: Mapping[ThresholdState, str] = THRESHOLD_MARKS
STATE_ROLES = {
    ThresholdState.PASSED: "good",
    ThresholdState.ACCEPTABLE: "warn",
    ThresholdState.NO_DATA: "muted",
    ThresholdState.FAILED: "bad",
}
_WORST_LAST = list(ThresholdState)
# Globs over request names, by the name of the group.
Groups = Mapping[str, tuple[str, ...]]
NO_GROUPS: Groups = {}
# Cells on each side of the middle of a margin's bar: full at as much to spare, or beyond, as the target itself.
_BAR_HALF = 6


def threshold_table(*, id: str) -> Table[ThresholdResult]:
    columns: tuple[Column[ThresholdResult], ...] = (
        Column(
            "State",
            12,
            lambda row: f"{STATE_SYMBOLS[row.state]} {row.state.value}",
            lambda row: _WORST_LAST.index(row.state),
            lambda row: STATE_ROLES[row.state],
            is_text=True,
        ),
        Column("Threshold", 16, lambda row: mask_secrets(row.rule), lambda row: row.rule, is_text=True, share=1),
        Column("Observed", 10, observed_text, lambda row: row.observed),
        Column(
            "beyond │ to spare",
            17,
            lambda row: margin_bar(row.margin).center(17),
            lambda row: row.margin,
            lambda row: STATE_ROLES[row.state],
            is_text=True,
            from_width=84,
        ),
        Column("Margin", 7, lambda row: _margin(row.margin), lambda row: row.margin),
        Column("Failing", 13, failing_text, lambda row: row.failed_since_s, is_text=True),
    )
    return Table(
        columns,
        lambda row: row.rule,
        sorted_by="State",
        searched=lambda row: f"{row.rule} {row.state.value}",
        empty="no threshold is set: a profile's `thresholds` judge its runs",
        id=id,
        is_descending=True,
    )


def observed_text(result: ThresholdResult) -> str:
    if result.observed is None:
        return NO_VALUE
    return format_beside(result.observed, result.target, result.unit)


def failing_text(result: ThresholdResult) -> str:
    """When it was beyond what is acceptable."""
    if result.failed_since_s is None:
        return ""
    since = format_clock(result.failed_since_s)
    if result.failed_until_s is None:
        return f"since {since}"
    return f"{since}–{format_clock(result.failed_until_s)}"


def margin_bar(margin: float | None) -> str:
    """A bar from the middle: to the right what there is to spare, to the left how far it is beyond."""
    if margin is None:
        return " " * _BAR_HALF + "│" + " " * _BAR_HALF
    # What is not nothing is seen.
    cells = min(_BAR_HALF, max(1 if margin else 0, round(abs(margin) * _BAR_HALF)))
    bar = "━" * cells
    return " " * _BAR_HALF + "│" + bar.ljust(_BAR_HALF) if margin >= 0 else bar.rjust(_BAR_HALF) + "│" + " " * _BAR_HALF


def threshold_facts(result: ThresholdResult) -> Sequence[tuple[str, str]]:
    facts = [
        ("threshold", mask_secrets(result.rule)),
        ("state", f"{STATE_SYMBOLS[result.state]} {result.state.value}"),
        ("observed", f"{observed_text(result)} of {result.n:,}"),
        ("target", format_bound(result.target, result.unit)),
    ]
    if result.acceptable is not None:
        facts.append(("acceptable", format_bound(result.acceptable, result.unit)))
    if margin := margin_text(result):
        facts.append(("margin", margin))
    if failing := failing_text(result):
        facts.append(("failing", failing))
    if result.text:
        facts.append(("", mask_secrets(result.text)))
    return facts


def states_of(
    results: Sequence[ThresholdResult], keys: Sequence[RequestKey], groups: Groups = NO_GROUPS
) -> dict[RequestKey, ThresholdState]:
    """The worst state of the thresholds that name a request or a group that holds it, by request."""
    scoped = [(_patterns_of(scope, groups), each.state) for each in results if (scope := _scope_of(each.measure))]
    states: dict[RequestKey, ThresholdState] = {}
    for key in keys if scoped else ():
        named = [state for patterns, state in scoped if _is_named(patterns, key)]
        if named:
            states[key] = max(named, key=_WORST_LAST.index)
    return states


def named_by(
    results: Sequence[ThresholdResult], key: RequestKey, groups: Groups = NO_GROUPS
) -> tuple[ThresholdResult, ...]:
    """Those that name the request, a pattern that it fits, or a group that holds it."""
    return tuple(
        each for each in results if (scope := _scope_of(each.measure)) and _is_named(_patterns_of(scope, groups), key)
    )


def _patterns_of(scope: str, groups: Groups) -> tuple[str, ...]:
    return tuple(groups.get(scope, (scope,)))


# Asked for every request, every second, and always answered alike.
@lru_cache(maxsize=1 << 15)
def _is_named(patterns: tuple[str, ...], key: RequestKey) -> bool:
    return any(covers(pattern, *key) for pattern in patterns)


def _scope_of(measure: str) -> str:
    """What stands in the parentheses behind the metric."""
    return measure.partition("(")[2].rpartition(")")[0].strip()


def _margin(margin: float | None) -> str:
    return NO_VALUE if margin is None else f"{margin:+.0%}" if abs(margin) < 10 else f"{margin:+.0f}×"
