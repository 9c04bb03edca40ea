"""What reads Locust's CSV files reads these."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from perftui.model.record import Record
from perftui.reports.locust_csv import exceptions_csv, failures_csv, stats_csv, stats_history_csv
from tests.fakes.records import record_of
from tests.fakes.ticks import tick

DATA = Path(__file__).parents[1] / "data"

# In a process of its own: importing Locust patches the interpreter.
LOCUSTS_COLUMNS = """
import json, tempfile
from locust.env import Environment
from locust.stats import PERCENTILES_TO_REPORT, StatsCSVFileWriter
with tempfile.TemporaryDirectory() as folder:
    writer = StatsCSVFileWriter(Environment(), PERCENTILES_TO_REPORT, folder + "/x")
    print(json.dumps([writer.requests_csv_columns, writer.stats_history_csv_columns,
                      writer.failures_columns, writer.exceptions_columns]))
    for file in (writer.requests_csv_filehandle, writer.stats_history_csv_filehandle,
                 writer.failures_csv_filehandle, writer.exceptions_csv_filehandle):
        file.close()
"""


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def test_the_columns_are_locusts(sample_record: Record) -> None:
    said = subprocess.run([sys.executable, "-c", LOCUSTS_COLUMNS], capture_output=True, check=True, timeout=60)
    ours = [rows_of(make(sample_record))[0] for make in (stats_csv, stats_history_csv, failures_csv, exceptions_csv)]
    assert ours == json.loads(said.stdout)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("stats", stats_csv),
        ("stats_history", stats_history_csv),
        ("failures", failures_csv),
        ("exceptions", exceptions_csv),
    ],
)
def test_a_known_record_gives_the_known_file(sample_record: Record, name: str, make: Callable[[Record], bytes]) -> None:
    assert make(sample_record) == (DATA / f"{name}.golden.csv").read_bytes()


def test_nothing_measured_is_not_zero_ms() -> None:
    nothing = record_of([tick(0)])
    _, aggregated = rows_of(stats_csv(nothing))
    assert aggregated[:4] == ["", "Aggregated", "0", "0"]
    assert set(aggregated[4:9] + aggregated[11:]) == {"N/A"}
    _, second = rows_of(stats_history_csv(nothing))
    assert set(second[6:17]) == {"N/A"}


def test_a_hostile_name_makes_no_formula_and_no_control_byte(
    hostile_record: Record, hostile_strings: dict[str, str]
) -> None:
    for make in (stats_csv, failures_csv, exceptions_csv):
        data = make(hostile_record)
        for row in rows_of(data)[1:]:
            for cell in row:
                text = cell.lstrip()
                assert not text.startswith(("=", "+", "-", "@", "＝")) or text == "-"
                # A traceback has lines; nothing else below a space or between DEL and the no-break space is left.
                assert not any(ord(each) < 0x20 or 0x7F <= ord(each) < 0xA0 for each in cell.replace("\n", ""))
    names = {row[1] for row in rows_of(stats_csv(hostile_record))}
    assert "'=cmd|' /C calc'!A0" in names
    assert hostile_strings["markup quits"] in names
