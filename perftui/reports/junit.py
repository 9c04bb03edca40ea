"""junit.xml: what CI systems show of a run. A threshold is a test case, and the run as a whole is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from perftui.model.duration import format_clock
from perftui.model.judged import ThresholdResult, ThresholdState
from perftui.model.record import Record, Verdict
from perftui.reports.figures import (
    accounting,
    arrivals_text,
    covered_text,
    doubts_of,
    one_line,
)

_BAD = (ThresholdState.FAILED, ThresholdState.NO_DATA)
_GOOD = (Verdict.PASSED, Verdict.ACCEPTABLE)


# What is left of foreign text once it is cleaned, and still has no place in XML 1.0.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def shown(text: str) -> str:
    """Foreign text as one line that XML can hold."""
    return _NOT_IN_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", one_line(text))


def junit_xml(record: Record) -> bytes:
    """One suite in the form that Jenkins and GitLab read; a run that was never sealed is an error."""
    title = shown(record.plan.title)
    cases = [_run_case(record, title), *(_threshold_case(each, title) for each in record.thresholds)]
    failures = sum(case.find("failure") is not None for case in cases)
    errors = sum(case.find("error") is not None for case in cases)
    duration_s = f"{record.whole.elapsed_s:.3f}"
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": str(errors), "time": duration_s}
    suites = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(
        suites,
        "testsuite",
        {"name": title, **counts, "skipped": "0", "timestamp": record.started_at[:19]},
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in _properties(record):
        ElementTree.SubElement(properties, "property", {"name": name, "value": shown(value)})
    suite.extend(cases)
    said = [*record.sentences, covered_text(record), *doubts_of(record)]
    said.append(arrivals_text(accounting(record)))
    said += [
        f"Note at {format_clock(note.elapsed_s)}: {note.text}" + (f" ({note.by})" if note.by else "")
        for note in record.notes
    ]
    ElementTree.SubElement(suite, "system-out").text = "\n".join(shown(each) for each in said if each)
    ElementTree.indent(suites)
    data: bytes = ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _properties(record: Record) -> Iterator[tuple[str, str]]:
    yield "run_id", record.run_id
    yield "target", record.plan.target.url
    if record.outcome is not None:
        yield "trust", record.outcome.trust.value
    yield "generator_late_seconds", str(record.whole.strained_ticks)
    counted = accounting(record)
    if counted.local_errors:
        yield "local_errors", str(counted.local_errors)
    if counted.scheduled:
        yield "tasks_scheduled", str(counted.scheduled)
        yield "tasks_dropped", str(counted.dropped)


def _run_case(record: Record, title: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", {"classname": title, "name": "run", "time": f"{record.whole.elapsed_s:.3f}"})
    outcome = record.outcome
    if outcome is None:
        ElementTree.SubElement(case, "error", {"message": f"the run is {record.state.value}, and was not sealed"})
    elif outcome.verdict not in _GOOD:
        message = shown(f"{outcome.verdict.value} (exit code {outcome.exit_code}): {outcome.reason}")
        ElementTree.SubElement(case, "failure", {"message": message, "type": outcome.verdict.value})
    return case


def _threshold_case(result: ThresholdResult, title: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", {"classname": title, "name": shown(result.rule), "time": "0"})
    text = shown(result.text)
    if result.state in _BAD:
        ElementTree.SubElement(case, "failure", {"message": text, "type": result.state.value})
    else:
        ElementTree.SubElement(case, "system-out").text = f"{result.state.value}: {text}"
    return case
