"""Registration, login, and people's profiles: a user name, a password, a token."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from perftui.demo.account_store import Account
from perftui.demo.bodies import account_of, read_texts
from perftui.demo.pace import take_about
from perftui.demo.stores import Stores, stores_of

# Trips that earn an achievement, by its name.
ACHIEVEMENTS = {"first trip": 1, "regular": 3, "traveller": 10, "nomad": 50}


async def register(request: Request) -> JSONResponse:
    """Register: username, password. The answer holds a token."""
    await take_about(8)
    accounts = stores_of(request).accounts
    texts = await read_texts(request, "username", "password")
    if texts["username"] == "me" or "/" in texts["username"]:
        raise HTTPException(422, "username: it would not be a path of its own below /users")
    account = accounts.register(**texts)
    if account is None:
        raise HTTPException(409, "the username is taken")
    token = accounts.issue_token(account.id, accounts.new_login())
    return JSONResponse({"username": account.username, "token": token}, status_code=201)


async def log_in(request: Request) -> JSONResponse:
    """Log in: username, password. The answer holds a token."""
    await take_about(8)
    accounts = stores_of(request).accounts
    account = accounts.log_in(**await read_texts(request, "username", "password"))
    if account is None:
        raise HTTPException(401, "wrong username or password")
    return JSONResponse({"token": accounts.issue_token(account.id, accounts.new_login())})


async def show_me(request: Request) -> JSONResponse:
    """Whose token this is."""
    await take_about(4)
    return JSONResponse(_profile(account_of(request)))


async def show_profile(request: Request) -> JSONResponse:
    """Anybody's profile."""
    await take_about(5)
    return JSONResponse(_profile(_account_named(request)))


async def change_profile(request: Request) -> JSONResponse:
    """Change one's own profile: bio."""
    await take_about(10)
    account = account_of(request)
    if _account_named(request) != account:
        raise HTTPException(403, "this is somebody else's profile")
    changed = stores_of(request).accounts.change_profile(account, **await read_texts(request, "bio"))
    return JSONResponse(_profile(changed))


async def show_stats(request: Request) -> JSONResponse:
    """How many trips somebody has."""
    await take_about(8)
    username = _account_named(request).username
    trips = stores_of(request).trips
    published = trips.count(username=username, state="published")
    return JSONResponse({"username": username, "trips": trips.count(username=username), "published": published})


async def show_achievements(request: Request) -> JSONResponse:
    """What somebody has achieved."""
    await take_about(6)
    earned = _earned(stores_of(request), _account_named(request))
    return JSONResponse({"achievements": earned})


async def list_achievements(request: Request) -> JSONResponse:
    """What can be achieved."""
    await take_about(3)
    return JSONResponse({"achievements": [{"name": name, "trips": trips} for name, trips in ACHIEVEMENTS.items()]})


def _profile(account: Account) -> dict[str, str]:
    return {"username": account.username, "full_name": account.full_name, "bio": account.bio}


def _account_named(request: Request) -> Account:
    account = stores_of(request).accounts.find(request.path_params["username"])
    if account is None:
        raise HTTPException(404, "no such user")
    return account


def _earned(stores: Stores, account: Account) -> list[str]:
    trips = stores.trips.count(username=account.username)
    return [name for name, needed in ACHIEVEMENTS.items() if trips >= needed]


routes = [
    Route("/auth/register", register, methods=["POST"]),
    Route("/auth/login", log_in, methods=["POST"]),
    Route("/users/me", show_me),
    Route("/users/{username}", show_profile),
    Route("/users/{username}", change_profile, methods=["PATCH"]),
    Route("/users/{username}/stats", show_stats),
    Route("/users/{username}/achievements", show_achievements),
    Route("/achievements", list_achievements),
]
