"""Agents, and the background tasks of the whole server."""

from __future__ import annotations

from dataclasses import asdict

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from perftui.demo.bodies import read_texts
from perftui.demo.pace import take_about
from perftui.demo.stores import stores_of
from perftui.demo.tables import PAGE_LENGTH


async def list_agents(request: Request) -> JSONResponse:
    """The newest agents."""
    await take_about(8)
    return JSONResponse({"agents": stores_of(request).agents.newest()})


async def add_agent(request: Request) -> JSONResponse:
    """Add an agent: name, model. A background task prepares it."""
    await take_about(12)
    stores = stores_of(request)
    texts = await read_texts(request, "name", "model")
    if stores.tasks.add("prepare agent") is None:
        raise HTTPException(503, "task queue is full")
    return JSONResponse(stores.agents.add(**texts), status_code=201)


async def show_agent(request: Request) -> JSONResponse:
    """One agent."""
    await take_about(5)
    agent = stores_of(request).agents.get(request.path_params["agent_id"])
    if agent is None:
        raise HTTPException(404, "no such agent")
    return JSONResponse(agent)


async def list_tasks(request: Request) -> JSONResponse:
    """The newest background tasks that a worker has taken up."""
    await take_about(5)
    return JSONResponse({"tasks": [asdict(task) for task in stores_of(request).tasks.newest(PAGE_LENGTH)]})


routes = [
    Route("/agents", list_agents),
    Route("/agents", add_agent, methods=["POST"]),
    Route("/agents/{agent_id:int}", show_agent),
    Route("/tasks", list_tasks),
]
