"""A backend's accounts by e-mail address, with access and refresh tokens, and its background workers."""

from __future__ import annotations

from dataclasses import asdict

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from perftui.demo.account_store import Account
from perftui.demo.bodies import account_of, read_texts, token_of
from perftui.demo.pace import take_about
from perftui.demo.stores import stores_of


async def register(request: Request) -> JSONResponse:
    """Register: email, password."""
    await take_about(8)
    texts = await read_texts(request, "email", "password")
    account = stores_of(request).accounts.register(texts["email"], texts["password"])
    if account is None:
        raise HTTPException(409, "the address is taken")
    return JSONResponse(_profile(account), status_code=201)


async def log_in(request: Request) -> JSONResponse:
    """Log in: email, password. The answer holds an access and a refresh token."""
    await take_about(8)
    accounts = stores_of(request).accounts
    texts = await read_texts(request, "email", "password")
    account = accounts.log_in(texts["email"], texts["password"])
    if account is None:
        raise HTTPException(401, "wrong address or password")
    login = accounts.new_login()
    return JSONResponse(
        {
            "access_token": accounts.issue_token(account.id, login),
            "refresh_token": accounts.issue_token(account.id, login, "refresh"),
        }
    )


async def refresh_token(request: Request) -> JSONResponse:
    """A new access token: refresh_token."""
    await take_about(5)
    texts = await read_texts(request, "refresh_token")
    token = stores_of(request).accounts.refresh(texts["refresh_token"])
    if token is None:
        raise HTTPException(401, "no valid refresh token")
    return JSONResponse({"access_token": token})


async def log_out(request: Request) -> JSONResponse:
    """End the login of this token: all of its tokens become invalid."""
    await take_about(4)
    account_of(request)
    stores_of(request).accounts.log_out(token_of(request))
    return JSONResponse({"status": "logged out"})


async def change_password(request: Request) -> JSONResponse:
    """Change one's password: old_password, new_password."""
    await take_about(8)
    accounts = stores_of(request).accounts
    account = account_of(request)
    texts = await read_texts(request, "old_password", "new_password")
    if accounts.log_in(account.username, texts["old_password"]) is None:
        raise HTTPException(400, "the old password is wrong")
    accounts.change_password(account, texts["new_password"])
    return JSONResponse({"status": "changed"})


async def ask_for_password_reset(request: Request) -> JSONResponse:
    """Ask for a reset of the password: email. A background task takes it up; nothing is sent."""
    await take_about(5)
    await read_texts(request, "email")
    task = stores_of(request).tasks.add("password reset")
    if task is None:
        raise HTTPException(503, "task queue is full")
    return JSONResponse({"task_id": task.id}, status_code=202)


async def show_me(request: Request) -> JSONResponse:
    """Whose token this is."""
    await take_about(4)
    return JSONResponse(_profile(account_of(request)))


async def change_me(request: Request) -> JSONResponse:
    """Change one's own profile: full_name."""
    await take_about(10)
    account = account_of(request)
    changed = stores_of(request).accounts.change_profile(account, **await read_texts(request, "full_name"))
    return JSONResponse(_profile(changed))


async def show_task_health(request: Request) -> JSONResponse:
    """Whether background tasks are taken up."""
    await take_about(3)
    tasks = stores_of(request).tasks
    return JSONResponse({"status": "ok", "workers": len(tasks.done_by_worker), "queued": tasks.queued})


async def show_worker_stats(request: Request) -> JSONResponse:
    """What each worker has done."""
    await take_about(5)
    tasks = stores_of(request).tasks
    workers = [
        {"name": name, "done": done, "active": name in tasks.active} for name, done in tasks.done_by_worker.items()
    ]
    return JSONResponse({"workers": workers, "done_total": tasks.done_by_worker.total()})


async def list_active_tasks(request: Request) -> JSONResponse:
    """What the workers do now."""
    await take_about(4)
    active = [{"worker": name, **asdict(task)} for name, task in stores_of(request).tasks.active.items()]
    return JSONResponse({"active": active})


def _profile(account: Account) -> dict[str, str | int]:
    return {"id": account.id, "email": account.username, "full_name": account.full_name}


routes = [
    Route("/api/v1/auth/register", register, methods=["POST"]),
    Route("/api/v1/auth/login", log_in, methods=["POST"]),
    Route("/api/v1/auth/refresh", refresh_token, methods=["POST"]),
    Route("/api/v1/auth/logout", log_out, methods=["POST"]),
    Route("/api/v1/auth/change-password", change_password, methods=["POST"]),
    Route("/api/v1/auth/password-reset", ask_for_password_reset, methods=["POST"]),
    Route("/api/v1/users/me", show_me),
    Route("/api/v1/users/me", change_me, methods=["PATCH"]),
    Route("/api/v1/tasks/health", show_task_health),
    Route("/api/v1/tasks/workers/stats", show_worker_stats),
    Route("/api/v1/tasks/active", list_active_tasks),
]
