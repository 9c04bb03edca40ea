"""What a CI system reads out of junit.xml."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from perftui.model.record import Record, Verdict
from perftui.reports.junit import junit_xml, shown
from tests.fakes.records import record_of
from tests.fakes.ticks import delta, tick


def test_a_threshold_is_a_test_case(sample_record: Record) -> None:
    suites = ElementTree.fromstring(junit_xml(sample_record))
    cases = {case.get("name"): case for case in suites.iter("testcase")}
    assert list(cases) == ["run", "p95(/) < 20ms", "fail_ratio < 1%", "p95(/gone) < 1s"]
    assert [name for name, case in cases.items() if case.find("failure") is not None] == [
        "fail_ratio < 1%",
        "p95(/gone) < 1s",
    ]
    failure = cases["fail_ratio < 1%"].find("failure")
    assert failure is not None
    assert failure.attrib == {"message": "fail_ratio 7.14 %, wanted < 1 %", "type": "failed"}
    assert suites.attrib == {"tests": "4", "failures": "2", "errors": "0", "time": "3.000"}


@pytest.mark.parametrize(
    ("verdict", "fails"),
    [(Verdict.PASSED, False), (Verdict.ACCEPTABLE, False), (Verdict.NO_DATA, True), (Verdict.ABORTED, True)],
)
def test_the_run_itself_is_a_test_case(verdict: Verdict, fails: bool) -> None:
    (case,) = ElementTree.fromstring(junit_xml(record_of([tick(0, delta("/"))], verdict=verdict))).iter("testcase")
    assert (case.find("failure") is not None) == fails


def test_a_run_that_was_not_sealed_is_an_error() -> None:
    suites = ElementTree.fromstring(junit_xml(record_of([tick(0, delta("/"))], sealed=False)))
    assert suites.get("errors") == "1"


def test_hostile_text_is_data(hostile_record: Record, hostile_strings: dict[str, str]) -> None:
    cases = list(ElementTree.fromstring(junit_xml(hostile_record)).iter("testcase"))
    names = [shown(text) for text in hostile_strings.values()]
    # XML reads an end of line in an attribute as a space, and there is none left in what was cleaned.
    assert [case.get("name") for case in cases[1:]] == names
