"""The report in a real browser: nothing leaves, nothing runs, nothing complains, at every width."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from perftui.model.record import Record
from perftui.reports.figures import one_line
from perftui.reports.html import report_html

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs a Chromium: chromium, chromium-browser or google-chrome"
)

# A browser's own errands must not be taken for the page's.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("fixture", ["sample_record", "hostile_record", "scheduled"])
def test_a_report_is_quiet_and_fits(
    browser: Browser,
    tmp_path: Path,
    fixture: str,
    width: int,
    hostile_strings: dict[str, str],
    request: pytest.FixtureRequest,
) -> None:
    record: Record = request.getfixturevalue(fixture)
    path = tmp_path / "report.html"
    path.write_bytes(report_html(record))
    page = browser.new_page(viewport={"width": width, "height": 800})
    said: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda each: requests.append(each.url))
    page.goto(path.as_uri())
    assert said == []
    assert requests == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Style that the policy refused would leave a page without it.
    assert page.evaluate("getComputedStyle(document.querySelector('.badge')).borderRadius") == "99px"
    if fixture == "hostile_record":
        names = set(page.evaluate("[...document.querySelectorAll('td.text')].map(cell => cell.textContent)"))
        # NUL, surrogates and all: as they were cleaned, character for character.
        assert {one_line(text) for text in hostile_strings.values()} <= names
        assert page.evaluate("document.querySelectorAll('script, img, a, iframe, [onload], [onerror]').length") == 0
    page.close()
