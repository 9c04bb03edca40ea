"""Goals, which anybody may add, change and delete."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from perftui.demo.bodies import account_of, read_texts, token_of
from perftui.demo.pace import take_about
from perftui.demo.stores import stores_of
from perftui.demo.tables import Row


async def list_goals(request: Request) -> Response:
    """The newest goals."""
    await take_about(8)
    return JSONResponse({"goals": stores_of(request).goals.newest()})


async def add_goal(request: Request) -> Response:
    """Add a goal: title. With a token it belongs to its user."""
    await take_about(12)
    owner = {"username": account_of(request).username} if token_of(request) else {}
    texts = await read_texts(request, "title")
    return JSONResponse(stores_of(request).goals.add(**texts, **owner), status_code=201)


async def show_goal(request: Request) -> Response:
    """One goal."""
    await take_about(5)
    return JSONResponse(_found(stores_of(request).goals.get(request.path_params["goal_id"])))


async def change_goal(request: Request) -> Response:
    """Change a goal: title."""
    await take_about(10)
    texts = await read_texts(request, "title")
    return JSONResponse(_found(stores_of(request).goals.update(request.path_params["goal_id"], **texts)))


async def delete_goal(request: Request) -> Response:
    """Delete a goal."""
    await take_about(8)
    goals = stores_of(request).goals
    _found(goals.get(request.path_params["goal_id"]))
    goals.delete(id=request.path_params["goal_id"])
    return Response(status_code=204)


def _found(goal: Row | None) -> Row:
    if goal is None:
        raise HTTPException(404, "no such goal")
    return goal


routes = [
    Route("/goals", list_goals),
    Route("/goals", add_goal, methods=["POST"]),
    Route("/goals/{goal_id:int}", show_goal),
    Route("/goals/{goal_id:int}", change_goal, methods=["PUT"]),
    Route("/goals/{goal_id:int}", delete_goal, methods=["DELETE"]),
]
