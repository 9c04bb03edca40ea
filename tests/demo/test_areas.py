"""Each area through a running target, as its locustfiles use it."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from perftui.demo.bodies import MAX_BODY_BYTES
from perftui.demo.connection_pool import DEFAULT_SIZE, OVERFLOW
from tests.demo.running import Target, as_user, running_demo
from tests.fakes.waiting import wait_for

NUMBERS = itertools.count(1)


def new_user(target: Target) -> tuple[str, dict[str, str]]:
    """A name that is registered, and its token as headers."""
    username = f"user-{next(NUMBERS)}"
    answer = target.json("POST", "/auth/register", 201, json={"username": username, "password": "first"})
    assert answer["username"] == username
    return username, as_user(answer["token"])


# Accounts


def test_a_login_gives_a_token_that_is_its_users(target: Target) -> None:
    username, _ = new_user(target)
    token = target.json("POST", "/auth/login", json={"username": username, "password": "first"})["token"]
    assert target.json("GET", "/users/me", headers=as_user(token))["username"] == username


def test_a_wrong_password_an_unknown_name_and_a_false_token_are_refused(target: Target) -> None:
    username, _ = new_user(target)
    target.json("POST", "/auth/login", 401, json={"username": username, "password": "second"})
    target.json("POST", "/auth/login", 401, json={"username": "nobody", "password": "first"})
    target.json("GET", "/users/me", 401, headers=as_user("made up"))
    target.json("GET", "/users/me", 401)


def test_of_many_who_want_a_name_at_once_one_gets_it(target: Target) -> None:
    wanted = {"username": "only-one", "password": "first"}
    with ThreadPoolExecutor(10) as threads:
        answers = threads.map(lambda _: target.post("/auth/register", json=wanted).status_code, range(10))
        assert Counter(answers) == {201: 1, 409: 9}


@pytest.mark.parametrize(
    "body", [{"username": "x"}, {"username": "me", "password": "x"}, {"username": "a/b", "password": "x"}, [], "x"]
)
def test_a_registration_that_cannot_be_used_is_refused(target: Target, body: object) -> None:
    assert target.json("POST", "/auth/register", 422, json=body)["detail"]


def test_a_profile_is_changed_by_its_owner_only(target: Target) -> None:
    (one, one_headers), (_, other_headers) = new_user(target), new_user(target)
    target.json("PATCH", f"/users/{one}", 403, json={"bio": "theirs"}, headers=other_headers)
    target.json("PATCH", f"/users/{one}", json={"bio": "mine"}, headers=one_headers)
    assert target.json("GET", f"/users/{one}")["bio"] == "mine"
    target.json("GET", "/users/nobody-at-all", 404)


# Trips


def test_trips_are_published_by_their_owner_and_counted(target: Target) -> None:
    username, headers = new_user(target)
    _, other_headers = new_user(target)
    trips = [target.json("POST", "/trips", 201, json={"title": f"trip {n}"}, headers=headers) for n in range(3)]
    path = f"/trips/{trips[0]['id']}/publish"
    target.json("POST", "/trips", 401, json={"title": "no token"})
    target.json("POST", path, 403, headers=other_headers)
    assert target.json("POST", path, headers=headers)["state"] == "published"
    target.json("POST", "/trips/999999/publish", 404, headers=headers)
    assert target.json("GET", f"/users/{username}/stats") == {"username": username, "trips": 3, "published": 1}
    earned = target.json("GET", f"/users/{username}/achievements")["achievements"]
    assert earned == ["first trip", "regular"]
    known = {each["name"] for each in target.json("GET", "/achievements")["achievements"]}
    assert set(earned) < known
    assert trips[2] in target.json("GET", "/trips")["trips"]


# Platform


def test_an_account_goes_through_all_of_its_life(target: Target) -> None:
    email, base = f"user-{next(NUMBERS)}@example.org", "/api/v1"
    login = {"email": email, "password": "first"}
    target.json("POST", f"{base}/auth/register", 201, json=login)
    target.json("POST", f"{base}/auth/register", 409, json=login)
    tokens = target.json("POST", f"{base}/auth/login", json=login)
    headers = as_user(tokens["access_token"])
    assert target.json("GET", f"{base}/users/me", headers=headers)["email"] == email
    changed = target.json("PATCH", f"{base}/users/me", json={"full_name": "A Name"}, headers=headers)
    assert changed["full_name"] == "A Name"

    passwords = {"old_password": "wrong", "new_password": "second"}
    target.json("POST", f"{base}/auth/change-password", 400, json=passwords, headers=headers)
    passwords["old_password"] = "first"
    target.json("POST", f"{base}/auth/change-password", json=passwords, headers=headers)
    target.json("POST", f"{base}/auth/login", 401, json=login)

    refresh = {"refresh_token": tokens["refresh_token"]}
    renewed = as_user(target.json("POST", f"{base}/auth/refresh", json=refresh)["access_token"])
    # A refresh token opens nothing, and an access token refreshes nothing.
    target.json("GET", f"{base}/users/me", 401, headers=as_user(tokens["refresh_token"]))
    target.json("POST", f"{base}/auth/refresh", 401, json={"refresh_token": tokens["access_token"]})

    target.json("POST", f"{base}/auth/logout", headers=headers)
    for ended in (headers, renewed):
        target.json("GET", f"{base}/users/me", 401, headers=ended)
    target.json("POST", f"{base}/auth/refresh", 401, json=refresh)


def test_a_password_reset_becomes_a_task_that_a_worker_does(target: Target) -> None:
    stats = "/api/v1/tasks/workers/stats"
    before = target.json("GET", stats)["done_total"]
    target.json("POST", "/api/v1/auth/password-reset", 202, json={"email": "someone@example.org"})
    wait_for(lambda: target.json("GET", stats)["done_total"] > before, "the task to be done")
    assert target.json("GET", "/tasks")["tasks"][0]["kind"] == "password reset"
    assert target.json("GET", "/api/v1/tasks/active") == {"active": []}
    assert target.json("GET", "/api/v1/tasks/health")["status"] == "ok"


# Agents and goals


def test_an_agent_is_added_and_found(target: Target) -> None:
    added = target.json("POST", "/agents", 201, json={"name": "a", "model": "m"})
    assert target.json("GET", f"/agents/{added['id']}") == added
    assert added in target.json("GET", "/agents")["agents"]
    target.json("POST", "/agents", 422, json={"name": "a"})
    target.json("GET", "/agents/999999", 404)


def test_a_goal_is_added_changed_and_deleted_and_its_id_never_used_again(target: Target) -> None:
    username, headers = new_user(target)
    goal = target.json("POST", "/goals", 201, json={"title": "run"}, headers=headers)
    path = f"/goals/{goal['id']}"
    assert goal["username"] == username
    assert target.json("PUT", path, json={"title": "run far"})["title"] == "run far"
    assert target.json("GET", path)["title"] == "run far"
    deleted = target.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    for method in ("GET", "PUT", "DELETE"):
        target.json(method, path, 404, json={"title": "gone"})
    assert target.json("POST", "/goals", 201, json={"title": "next"})["id"] > goal["id"]
    target.json("POST", "/goals", 401, json={"title": "x"}, headers=as_user("made up"))


@pytest.mark.parametrize("path", ["/goals/", "/agents/", "/sessions/", "/items/"])
def test_an_id_beyond_all_ids_is_not_found(target: Target, path: str) -> None:
    target.json("GET", path + "9" * 30, 404)


# Clinic


def test_an_upload_is_read_to_its_end(target: Target) -> None:
    session = target.json("POST", "/sessions", 201, json={"patient": "p"})
    # Longer than what is kept in memory while it arrives.
    content = b"0123456789abcdef" * 200_000
    answer = target.json("POST", f"/sessions/{session['id']}/upload", 201, files={"file": ("a.wav", content)})
    assert answer == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    assert target.json("GET", f"/sessions/{session['id']}")["uploads"] == 1
    assert session in target.json("GET", "/sessions")["sessions"]


def test_an_upload_without_a_file_or_for_nobody_is_refused(target: Target) -> None:
    target.json("POST", "/sessions/1/upload", 422, files={"other": ("a", b"x")})
    target.json("POST", "/sessions/1/upload", 422, data={"file": "not a file"})
    target.json("POST", "/sessions/1/upload", 422, content=b"x")
    target.json("POST", "/sessions/1/upload", 400, headers={"Content-Type": "multipart/form-data"}, content=b"x")
    target.json("POST", "/sessions/999999/upload", 404, files={"file": ("a", b"x")})


def test_what_is_too_long_is_refused_while_it_is_read(target: Target) -> None:
    try:
        answer = target.post("/sessions/1/upload", files={"file": ("a", bytes(MAX_BODY_BYTES + 1))})
    except httpx.WriteError:
        return  # refused so early that the rest could not be sent
    assert answer.status_code == 413


def test_notes_are_those_of_the_session(target: Target) -> None:
    first, again, other = (target.json("POST", f"/sessions/{n}/extract")["notes"] for n in (1, 1, 2))
    assert first == again != other
    assert [note["page"] for note in first] == [1, 2, 3, 4, 5]
    target.json("POST", "/sessions/0/extract", 404)


def test_the_rate_limit_admits_one_hundred_and_says_when_to_come_again() -> None:
    with running_demo() as target, ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: target.get("/limited"), range(150)))
    assert Counter(answer.status_code for answer in answers) == {200: 100, 429: 50}
    admitted = [answer for answer in answers if answer.status_code == 200]
    assert {int(answer.headers["X-RateLimit-Remaining"]) for answer in admitted} == set(range(100))
    for answer in answers:
        assert answer.headers["X-RateLimit-Limit"] == "100"
        assert 0 < int(answer.headers["X-RateLimit-Reset"]) <= 60
        refused = answer.status_code == 429
        assert answer.headers.get("Retry-After") == (answer.headers["X-RateLimit-Reset"] if refused else None)


def test_the_pool_exhausts_and_recovers(target: Target) -> None:
    capacity, too_many = DEFAULT_SIZE + OVERFLOW, 8
    before = target.json("GET", "/database/pool")
    with ThreadPoolExecutor(capacity + too_many) as threads:
        answers = list(threads.map(lambda _: target.get("/database/heavy?hold_ms=2000"), range(capacity + too_many)))
    assert Counter(answer.status_code for answer in answers) == {200: capacity, 503: too_many}
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.json() == {"detail": "connection pool exhausted"}
    assert refused.elapsed.total_seconds() >= 1
    assert target.json("GET", "/database/heavy")["pairs"] > 0
    assert target.json("GET", "/api/v1/health/database")["status"] == "ok"
    after = target.json("GET", "/database/pool")
    assert (after["in_use"], after["waiting"]) == (0, 0)
    assert after["exhausted_total"] == before["exhausted_total"] + too_many


def test_those_who_wait_for_a_connection_get_it_when_one_is_free(target: Target) -> None:
    with ThreadPoolExecutor(30) as threads:
        statuses = Counter(threads.map(lambda _: target.get("/database/heavy").status_code, range(60)))
    assert statuses == {200: 60}


def test_the_pools_size_can_be_chosen() -> None:
    with running_demo("--pool-size", "5") as target:
        assert target.json("GET", "/database/pool")["size"] == 5


@pytest.mark.parametrize("hold_ms", ["", "-1", "1.5", "5001", "99999999999", "²"])
def test_a_connection_is_not_held_for_a_time_that_is_none(target: Target, hold_ms: str) -> None:
    target.json("GET", "/database/heavy", 422, params={"hold_ms": hold_ms})


# What the target says about itself


def test_every_path_is_in_the_docs(target: Target) -> None:
    page = target.get("/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    for path in ("/health", "/goals/{goal_id:int}", "/sessions/{session_id:int}/upload", "/metrics", "/docs"):
        assert f"<code>{path}</code>" in page.text
    # Each row says what the path does.
    assert "<td></td>" not in page.text


def test_an_unknown_path_or_method_is_json_too(target: Target) -> None:
    assert target.json("GET", "/nowhere", 404)["detail"]
    assert target.json("DELETE", "/health", 405)["detail"]
