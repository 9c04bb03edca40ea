"""The report says what was measured, and foreign text stays text."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from perftui.model.judged import Window
from perftui.model.record import Record, Verdict
from perftui.model.text import mask_secrets
from perftui.model.tick import TargetSample
from perftui.reports.figures import one_line
from perftui.reports.html import report_html
from tests.fakes.records import record_of
from tests.fakes.ticks import delta, tick, total_of

VOID = {"meta"}
# All that a report is made of. No link, no image, no script, no frame.
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "footer", "section", "div", "span", "small"),
    *("h1", "h2", "p", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "pre"),
    *("svg", "line", "polyline", "polygon", "rect", "text"),
}


class Page(HTMLParser):
    """The tags, attributes and texts of a page; fails where tags do not close as they open."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(data.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_foreign_text_is_text(hostile_record: Record, hostile_strings: dict[str, str]) -> None:
    data = report_html(hostile_record)
    page = Page(data)
    assert page.tags <= TAGS
    assert not {name for name in page.attributes if name.startswith("on")}
    assert not page.attributes & {"href", "src", "style", "srcdoc", "action"}
    assert not any(ord(each) < 0x20 or 0x7F <= ord(each) < 0xA0 for each in data.decode().replace("\n", ""))
    for text in hostile_strings.values():
        assert one_line(text) in page.texts


def test_no_secret_is_shown() -> None:
    secret = "https://me:CANARY@h.test/?token=CANARY"
    assert "CANARY" not in mask_secrets(secret)
    assert b"CANARY" not in report_html(record_of([tick(0, delta(secret))], warnings=(secret,)))


@pytest.mark.parametrize("sealed", [True, False])
def test_nothing_measured_is_the_headline(sealed: bool) -> None:
    sentences = ("NO RESULT: 3 requests were started and none finished in 1s.",)
    record = record_of([tick(0, in_flight=3)], sealed=sealed, verdict=Verdict.NO_DATA, sentences=sentences)
    texts = Page(report_html(record)).texts
    assert "∅ NO RESULT" in texts
    assert not any("0 ms" in text or "0.00" in text for text in texts)
    assert "Every request of the run, once: 3 started = 0 succeeded + 0 failed + 3 abandoned" in texts


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.PASSED, "✓ PASSED"),
        (Verdict.ACCEPTABLE, "~ ACCEPTABLE"),
        (Verdict.FAILED, "✗ FAILED"),
        (Verdict.ABORTED, "■ ABORTED"),
    ],
)
def test_the_verdict_is_in_words(verdict: Verdict, words: str) -> None:
    assert words in Page(report_html(record_of([tick(0, delta("/"))], verdict=verdict))).texts


def test_each_threshold_is_a_row_with_what_was_observed(sample_record: Record) -> None:
    texts = Page(report_html(sample_record)).texts
    first = texts.index("✗\xa0failed")
    assert texts[first:][:6] == ["✗\xa0failed", "fail_ratio < 1%", "7.14 %", "14", "614% beyond", "since 00:01"]
    assert "p95(/gone) no data: no request matches '/gone'" in texts


def test_a_part_of_a_run_says_which(sample_record: Record) -> None:
    part = replace(
        sample_record, window=Window(from_s=1.0, why="the first 1s are warm-up"), totals=total_of([tick(2, delta("/"))])
    )
    page = report_html(part).decode()
    assert "Numbers cover 00:02 to 00:03 of 00:03: the first 1s are warm-up." in page
    assert '<rect class="uncovered"' in page
    assert '<rect class="uncovered"' not in report_html(sample_record).decode()


def test_the_targets_side_has_charts_where_it_was_read(sample_record: Record) -> None:
    titles = ("Target's memory, MB", "Target's CPU, % of a core", "Target's open connections", "Target's own number")
    page = Page(report_html(sample_record))
    assert [title for title in titles if title in page.texts] == [*titles[:3]]
    page = Page(report_html(record_of([replace(tick(0, delta("/", (5,))), target=TargetSample(value=-3.5))])))
    assert [title for title in titles if title in page.texts] == [titles[3]]


def test_a_plan_says_where_its_values_came_from(sample_record: Record) -> None:
    texts = [text.strip() for text in Page(report_html(sample_record)).texts]
    assert texts[texts.index("users", texts.index("Plan")) :][:3] == ["users", "20", "--users"]


def test_a_few_failures_of_many_are_not_rounded_away() -> None:
    record = record_of([tick(seq, delta("/", (1.0,) * 300, (1.0,) if seq == 0 else ())) for seq in range(50)])
    assert "<0.01%" in Page(report_html(record)).texts
