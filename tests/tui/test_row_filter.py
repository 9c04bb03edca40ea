"""What is typed behind / and which rows stay."""

from __future__ import annotations

import pytest

from perftui.model.totals import RunTotals
from perftui.tui.columns.request_columns import request_table
from perftui.tui.run_figures import RunFigures, of_totals
from tests.fakes.ticks import delta, tick


def figures() -> RunFigures:
    totals = RunTotals()
    totals.add(
        tick(
            0,
            delta("/pay", (400.0,) * 8, (20.0,) * 2, method="POST"),
            delta("/items: all", (30.0,) * 50),
            delta("/health", (2.0,)),
        )
    )
    return of_totals(totals, "")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", {"/pay", "/items: all", "/health"}),
        ("ITEMS", {"/items: all"}),
        ("fail>0", {"/pay"}),
        ("fail=0 get", {"/items: all", "/health"}),
        ("fail%>=20", {"/pay"}),
        ("method:post", {"/pay"}),
        ("name:a p95>20ms", {"/pay", "/items: all"}),
        ("p95>0.3s", {"/pay"}),
        # What only looks like a term is text.
        ("/items: all", {"/items: all"}),
        ("size>3", set()),
    ],
)
def test_words_terms_and_both(text: str, names: set[str]) -> None:
    table = request_table(id="requests", rate_label="RPS")
    table.filter_by(text)
    table.show(figures().rows)
    assert {row.name for row in table._rows} == names
