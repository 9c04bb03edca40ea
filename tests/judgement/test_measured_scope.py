"""Which requests a rule is about, and that taking ticks out of a sum leaves exactly the rest."""

from __future__ import annotations

import pytest
from hypothesis import given

from perftui.judgement.measured_scope import Scopes, Sums
from perftui.model.tick import MAX_REQUEST_NAMES, Tick
from tests.fakes.random_ticks import runs
from tests.fakes.ticks import delta, tick

GROUPS = {"auth": ("POST /auth/*", "GET /me")}


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        ("", {"/auth/login", "/auth/logout", "/me", "/items/[id]", "/items/i"}),
        ("auth", {"/auth/login", "/me"}),
        ("/me", {"/me"}),
        ("GET /me", {"/me"}),
        ("get /me", set()),
        ("/auth/*", {"/auth/login", "/auth/logout"}),
        ("GET *", {"/auth/logout", "/me", "/items/[id]", "/items/i"}),
        ("/items/[[]id]", {"/items/[id]"}),
        ("*gout", {"/auth/logout"}),
    ],
)
def test_a_scope_is_a_group_a_name_or_a_glob(scope: str, covered: set[str]) -> None:
    names = {"/auth/login": "POST", "/auth/logout": "GET", "/me": "GET", "/items/[id]": "GET", "/items/i": "GET"}
    for name, method in names.items():
        scopes = Scopes([scope], GROUPS)
        assert (scope in scopes.split(tick(0, delta(name, method=method)))) == (name in covered)
        assert (scope in scopes.matched) == (name in covered)


def test_a_name_with_brackets_is_itself() -> None:
    scopes = Scopes(["/items/[id]", "GET /items/[id]"], {})
    assert {each: sums.requests for each, sums in scopes.split(tick(0, delta("/items/[id]"))).items()} == {
        "/items/[id]": 1,
        "GET /items/[id]": 1,
    }


def test_a_request_counts_in_every_scope_that_covers_it_and_in_each_once() -> None:
    scopes = Scopes(["", "/a*", "*", "/b"], {})
    for _ in range(2):
        sums = scopes.split(tick(0, delta("/a1", (1, 2)), delta("/a2", (), (3,)), delta("/b", (4,))))
        assert {scope: (each.requests, each.failed) for scope, each in sums.items()} == {
            "": (4, 1),
            "*": (4, 1),
            "/a*": (3, 1),
            "/b": (1, 0),
        }
        assert sums["/a*"].times.max_ms == 3
        assert sums[""].statuses == {200: 3, 500: 1}


def test_names_past_the_cap_are_counted_too() -> None:
    scopes = Scopes(["/*"], {})
    ticks = [tick(number, delta(f"/{number}")) for number in range(MAX_REQUEST_NAMES + 50)]
    assert sum(scopes.split(each)["/*"].requests for each in ticks) == len(ticks)


@given(runs(max_ticks=6))
def test_what_is_left_of_a_sum_is_the_sum_of_the_rest(ticks: list[Tick]) -> None:
    parts = []
    for each in ticks:
        part = Sums()
        for request in each.requests:
            part.add_delta(request)
        parts.append(part)
    total = Sums()
    for part in parts:
        total.add(part)
    for number, part in enumerate(parts, start=1):
        total.take_out(part, parts[number:])
        rest = Sums()
        for other in parts[number:]:
            rest.add(other)
        assert (total.requests, total.failed, total.times) == (rest.requests, rest.failed, rest.times)
        assert {code: n for code, n in total.statuses.items() if n} == {c: n for c, n in rest.statuses.items() if n}
