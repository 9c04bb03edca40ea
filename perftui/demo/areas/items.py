"""A catalogue of items: a list, one item, a new item, a search."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from perftui.demo.bodies import read_texts
from perftui.demo.pace import take_about
from perftui.demo.stores import stores_of


async def list_items(request: Request) -> JSONResponse:
    """The first items of the catalogue."""
    await take_about(8)
    return JSONResponse({"items": stores_of(request).items.first()})


async def show_item(request: Request) -> JSONResponse:
    """One item; 1 to 100 are always there."""
    await take_about(5)
    item = stores_of(request).items.get(request.path_params["item_id"])
    if item is None:
        raise HTTPException(404, "no such item")
    return JSONResponse(item)


async def add_item(request: Request) -> JSONResponse:
    """Add an item: name."""
    await take_about(12)
    return JSONResponse(stores_of(request).items.add(**await read_texts(request, "name")), status_code=201)


async def search(request: Request) -> JSONResponse:
    """Items whose name holds the words of ?q=."""
    await take_about(25)
    return JSONResponse({"items": stores_of(request).items.search(request.query_params.get("q", ""))})


routes = [
    Route("/items", list_items),
    Route("/items", add_item, methods=["POST"]),
    Route("/items/{item_id:int}", show_item),
    Route("/search", search),
]
