"""A comparison as text, JSON and HTML: the same numbers in each, and no foreign text that does anything."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from perftui.judgement.comparison import compare, slice_count, sliced
from perftui.judgement.likeness import Difference
from perftui.model.record import Record
from perftui.model.text import clean
from perftui.model.tick import Tick
from perftui.reports.comparison_figures import Compared
from perftui.reports.comparison_html import comparison_html
from perftui.reports.comparison_json import comparison_json
from perftui.reports.comparison_text import comparison_text
from tests.fakes.records import record_of
from tests.fakes.ticks import delta, tick


def compared(old: list[Tick], new: list[Tick]) -> Compared:
    records: list[Record] = [record_of(ticks) for ticks in (old, new)]
    count = slice_count(records[0].totals, records[1].totals)
    comparison = compare(sliced(records[0].totals, old, count), sliced(records[1].totals, new, count))
    return Compared(records[0], replace(records[1], run_id="the-new-run"), "main", comparison)


def ticks_of(search_ms: float, name: str = "/search", more: str = "/old") -> list[Tick]:
    return [tick(second, delta(name, (search_ms,) * 30), delta(more, (5.0,) * 30)) for second in range(40)]


@pytest.fixture
def slower() -> Compared:
    return compared(ticks_of(100.0), ticks_of(150.0, more="/new"))


def test_the_text_says_which_is_old_what_got_worse_and_by_how_much(slower: Compared) -> None:
    text = comparison_text(slower)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("A (old): baseline main = 20260304T050607_light_shop")
    assert any(line.startswith("B (new): the-new-run") for line in lines)
    row = lines[lines.index("GET /search") + 2].split()
    assert row[0] == "p50"
    assert row[-4:] == ["+50.0", "ms", "+50.0%", "worse"]
    assert any(line.startswith("GET /old") and line.endswith("only in A") for line in lines)
    assert any(line.startswith("GET /new") and line.endswith("only in B") for line in lines)


def test_the_json_holds_the_numbers_of_the_text(slower: Compared) -> None:
    document = json.loads(comparison_json(slower))
    assert (document["schema_version"], document["a"]["baseline"], document["b"]["baseline"]) == (1, "main", None)
    search = document["requests"][0]
    assert (search["name"], search["verdict"]) == ("/search", "worse")
    p50 = next(each for each in search["changes"] if each["metric"] == "p50")
    assert p50["relative"] == pytest.approx(0.5, abs=0.02)
    assert p50["low"] <= p50["relative"] <= p50["high"]
    assert p50["absolute"] == pytest.approx(p50["b"] - p50["a"])


def test_the_page_says_it_in_its_badge_and_its_table(slower: Compared) -> None:
    unlike = replace(slower, differences=(Difference("users", "20", "40"),))
    html = comparison_html(unlike).decode()
    assert "✗ WORSE" in html
    assert "users 20 in A, 40 in B" in html
    assert '<td class="bad">worse</td>' in html


def test_long_and_foreign_names_stay_text(hostile_strings: dict[str, str]) -> None:
    for name in hostile_strings.values():
        shown = compared(ticks_of(100.0, name)[:9], ticks_of(150.0, name)[:9])
        shown = replace(shown, old=replace(shown.old, run_id=name), remarks=(name,))
        html = comparison_html(shown).decode()
        assert "<script" not in html.lower()
        assert "<img" not in html.lower()
        lines = comparison_text(shown).splitlines()
        assert lines == [clean(line) for line in lines]
        json.loads(comparison_json(shown))


def test_a_change_that_may_be_noise_is_named_all_the_same() -> None:
    half_slow = [(quick if quick.seq < 20 else slow) for quick, slow in zip(ticks_of(5.0), ticks_of(90.0), strict=True)]
    text = " ".join(comparison_text(compared(ticks_of(5.0), half_slow)).split())
    assert "Beyond 20%, but within the noise: Aggregated p95" in text
    assert "✓ NOT WORSE" in comparison_html(compared(ticks_of(5.0), half_slow)).decode()


def test_too_little_is_not_called_good() -> None:
    short = compared(ticks_of(100.0)[:3], ticks_of(150.0)[:3])
    assert "Too little was measured" in comparison_text(short)
    assert "∅ TOO FEW TO SAY" in comparison_html(short).decode()
