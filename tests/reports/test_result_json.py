"""The document is what its published schema says, and says nothing that was not measured."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from perftui.model.record import Record
from perftui.reports.result_json import result_json, result_schema
from tests.fakes.records import record_of
from tests.fakes.ticks import tick

ROOT = Path(__file__).parents[2]


def test_the_published_schema_is_the_documents() -> None:
    assert (ROOT / "docs" / "result.schema.json").read_bytes() == result_schema()


@pytest.mark.parametrize("fixture", ["sample_record", "hostile_record", "scheduled"])
def test_a_document_is_valid(fixture: str, request: pytest.FixtureRequest) -> None:
    document = json.loads(result_json(request.getfixturevalue(fixture)))
    jsonschema.Draft202012Validator(json.loads(result_schema())).validate(document)


def test_an_unsealed_and_empty_record_is_valid_and_null() -> None:
    document = json.loads(result_json(record_of([tick(0, in_flight=3)], sealed=False)))
    jsonschema.Draft202012Validator(json.loads(result_schema())).validate(document)
    assert document["verdict"] is None
    assert document["totals"]["fail_ratio"] is None
    assert {value for key, value in document["totals"]["times"].items() if key != "count"} == {None}
    assert document["accounting"] == {
        "started": 3,
        "succeeded": 0,
        "failed": 0,
        "abandoned": 3,
        "oldest_abandoned_s": 0.0,
        "local_errors": 0,
        "scheduled": 0,
        "started_tasks": 0,
        "dropped": 0,
        "waiting": 0,
    }


def test_a_known_record_gives_the_known_file(sample_record: Record) -> None:
    assert result_json(sample_record) == (ROOT / "tests" / "data" / "result.golden.json").read_bytes()


def test_hostile_text_is_data(hostile_record: Record, hostile_strings: dict[str, str]) -> None:
    data = result_json(hostile_record)
    text = data.decode()
    assert not any(ord(each) < 0x20 or 0x7F <= ord(each) < 0xA0 for each in text.replace("\n", ""))
    names = {each["name"] for each in json.loads(data)["requests"]}
    assert hostile_strings["json breaker"] in names
    assert "\\x1b]0;PWNED\\x07" in names
