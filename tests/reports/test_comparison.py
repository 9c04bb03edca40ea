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
    html = comparison_html(compared(ticks_of(5.0), half_slow)).decode()
    assert '<div class="badge warn">? BEYOND THE LIMIT, WITHIN NOISE</div>' in html
    assert "✓ NOT WORSE" not in html


def test_what_was_not_judged_is_named_in_every_form() -> None:
    few = [tick(second, delta("/", (5.0,) * 2)) for second in range(40)]
    shown = compared(few, few)
    text = " ".join(comparison_text(shown).split())
    assert "Nothing got worse by more than 20% and by more than the noise. Not judged, too few: p95, p99." in text
    assert json.loads(comparison_json(shown))["not_judged"] == ["p95", "p99"]
    assert json.loads(comparison_json(shown))["undecided"] == []
    badge = '<div class="badge good">✓ NOT WORSE</div><p class="soft">Not judged, too few: p95, p99.</p>'
    assert badge in comparison_html(shown).decode()


def test_what_is_too_few_to_say_and_beyond_the_limit_is_not_called_good() -> None:
    few, slow = ([tick(second, delta("/", (5.0,) * 3 + (last,))) for second in range(40)] for last in (5.0, 90.0))
    shown = compared(few, [*few[:-2], *slow[-2:]])
    assert "Nothing got worse" not in comparison_text(shown)
    assert '<div class="badge warn">∅ TOO FEW TO SAY</div>' in comparison_html(shown).decode()


def test_what_cannot_be_said_of_a_request_is_one_line() -> None:
    ticks = [tick(each.seq, *each.requests, *([delta("/rare")] if each.seq < 2 else [])) for each in ticks_of(5.0)]
    lines = comparison_text(compared(ticks, ticks)).splitlines()
    at = lines.index("GET /rare")
    assert lines[at + 1].split()[0] == "rps"
    assert lines[at + 2] == "  p50, p95, p99, fail_ratio (too few): 2 in A, 2 in B"
    assert not lines[at + 3].startswith("  ")
    assert "Not judged, too few: 1 of 3 request names in part." in " ".join(" ".join(lines).split())


def test_too_little_is_not_called_good() -> None:
    short = compared(ticks_of(100.0)[:3], ticks_of(150.0)[:3])
    assert "Too little was measured" in comparison_text(short)
    assert "∅ TOO FEW TO SAY" in comparison_html(short).decode()
