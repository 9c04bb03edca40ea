"""Trips that people plan and publish."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from perftui.demo.bodies import account_of, read_texts
from perftui.demo.pace import take_about
from perftui.demo.stores import stores_of


async def list_trips(request: Request) -> JSONResponse:
    """The newest trips."""
    await take_about(8)
    return JSONResponse({"trips": stores_of(request).trips.newest()})


async def add_trip(request: Request) -> JSONResponse:
    """Plan a trip of one's own: title."""
    await take_about(12)
    account = account_of(request)
    texts = await read_texts(request, "title")
    return JSONResponse(stores_of(request).trips.add(**texts, username=account.username), status_code=201)


async def publish_trip(request: Request) -> JSONResponse:
    """Publish a trip of one's own."""
    await take_about(15)
    account = account_of(request)
    trips = stores_of(request).trips
    trip = trips.get(request.path_params["trip_id"])
    if trip is None:
        raise HTTPException(404, "no such trip")
    if trip["username"] != account.username:
        raise HTTPException(403, "this is somebody else's trip")
    return JSONResponse(trips.update(request.path_params["trip_id"], state="published"))


routes = [
    Route("/trips", list_trips),
    Route("/trips", add_trip, methods=["POST"]),
    Route("/trips/{trip_id:int}/publish", publish_trip, methods=["POST"]),
]
