from __future__ import annotations

from perftui.profiles.lines import line_of

TEXT = """\
# users = 1
[profiles]
other.users = 2

[ profiles . "light" ]  # users
 "users" = 3
[targets.light]
users = 4
"""


def test_a_key_is_found_in_its_own_table_however_it_is_written() -> None:
    assert line_of(TEXT, ("profiles", "light"), "users") == 6
    assert line_of(TEXT, ("targets", "light"), "users") == 8
    assert line_of(TEXT, ("profiles", "other"), "users") == 3


def test_a_key_that_is_a_table_is_where_its_header_stands() -> None:
    assert line_of(TEXT, (), "targets") == 7
    assert line_of(TEXT, ("profiles",), "light") == 5


def test_without_the_key_it_is_the_table_and_without_that_nothing() -> None:
    assert line_of(TEXT, ("profiles", "light")) == 5
    assert line_of(TEXT, ("profiles", "light"), "run_time") == 5
    assert line_of(TEXT, ("scenarios", "light"), "tags") is None
