"""HttpUser, FastHttpUser and LeanHttpUser do the same; where they do not, the table says so, and why."""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
from collections import Counter

import pytest

from tests.users.case import case, differs, instead
from tests.users.table import TABLE

# It takes five seconds where nothing hangs.
TIMEOUT_S = 90


def test_each_difference_is_listed_and_none_that_is_not_there() -> None:
    """One test for the table, as one process does it; each line of a failure names its row."""
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.users.side_by_side", folder],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
    assert done.returncode == 0, done.stderr
    by_kind = ast.literal_eval(done.stdout)
    problems = []
    for row in TABLE:
        results = {kind: rows[row.name] for kind, rows in by_kind.items() if row.name in rows}
        # A machine may have no IPv6, or no openssl to make a certificate with.
        if not results and "<tls>" not in row.host and "<ipv6>" not in row.host:
            problems.append(f"{row.name}: it was not done")
        problems += [f"{row.name}: {problem}" for problem in row.problems(results)]
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


def test_the_table_itself() -> None:
    """A row that compares nothing, or takes a difference for none, would be green for ever."""
    assert [name for name, times in Counter(row.name for row in TABLE).items() if times > 1] == []
    alike = {kind: {"sent": ["GET /x"], "ok": True} for kind in ("http", "fast", "lean")}
    other = {**alike, "lean": {"sent": ["GET /y"], "ok": True}}

    plain = case("", lambda user: None)
    assert plain.problems(alike) == []
    assert plain.problems(other) == ["lean sent: ['GET /y'], not ['GET /x'] as the others"]
    assert len(case("", lambda user: None, sent=["GET /z"]).problems(alike)) == 3

    listed = case("", lambda user: None, differs("lean", "why", sent=["GET /y"]))
    assert listed.problems(other) == []
    assert listed.problems(alike) == ["lean sent: ['GET /x'], not ['GET /y'] as listed"]

    another = case("", lambda user: None, instead("lean", "why"), sent=["GET /x"])
    assert another.problems(other) == []
    assert another.problems(alike) == ["lean: as the others, but listed as a difference"]
