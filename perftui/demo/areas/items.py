"""A catalogue of items: a front page, a list, one item, a new item, a search."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from perftui.demo.item_store import ItemStore
from perftui.demo.pace import take_about

MAX_NAME_LENGTH = 200

FRONT_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>perftui demo target</title>
<h1>perftui demo target</h1>
<p>A small service to load: <a href="/items">items</a>, <a href="/search?q=oak">search</a>,
<a href="/health">health</a>, <a href="/__perftui__/requests">requests received so far</a>.</p>
</html>
"""


def _store(request: Request) -> ItemStore:
    store: ItemStore = request.state.item_store
    return store


def _refuse(status_code: int, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status_code=status_code)


async def show_front_page(request: Request) -> Response:
    await take_about(3)
    return HTMLResponse(FRONT_PAGE)


async def list_items(request: Request) -> Response:
    await take_about(8)
    return JSONResponse({"items": _store(request).first()})


async def show_item(request: Request) -> Response:
    await take_about(5)
    item = _store(request).get(request.path_params["item_id"])
    return JSONResponse(item) if item else _refuse(404, "no such item")


async def add_item(request: Request) -> Response:
    await take_about(12)
    try:
        body = await request.json()
    except ValueError:
        return _refuse(422, "the body is not JSON")
    name = body.get("name") if isinstance(body, dict) else None
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= MAX_NAME_LENGTH:
        return _refuse(422, f"name: 1 to {MAX_NAME_LENGTH} printable characters")
    return JSONResponse(_store(request).add(name), status_code=201)


async def search(request: Request) -> Response:
    await take_about(25)
    return JSONResponse({"items": _store(request).search(request.query_params.get("q", ""))})


routes = [
    Route("/", show_front_page),
    Route("/items", list_items),
    Route("/items", add_item, methods=["POST"]),
    Route("/items/{item_id:int}", show_item),
    Route("/search", search),
]
