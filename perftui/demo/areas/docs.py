"""A page that lists every path, made from the routes themselves."""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from perftui.demo.pace import take_about

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>perftui demo target</title>
<style>body {{ font: 16px/1.5 sans-serif; margin: 2rem }} td {{ padding: 0 1.5rem 0 0 }}</style>
<h1>perftui demo target</h1>
<p>A small service to load. Bodies and answers are JSON unless it is said; an error is {{"detail": "..."}}.</p>
<table>
{rows}
</table>
</html>
"""


async def show_docs(request: Request) -> HTMLResponse:
    """This page."""
    await take_about(3)
    return HTMLResponse(
        PAGE.format(rows="\n".join(_row(route) for route in request.app.routes if isinstance(route, Route)))
    )


def _row(route: Route) -> str:
    method = ", ".join(sorted((route.methods or set()) - {"HEAD"}))
    says = (route.endpoint.__doc__ or "").split("\n")[0]
    return f"<tr><td>{method}</td><td><code>{escape(route.path)}</code></td><td>{escape(says)}</td></tr>"


routes = [Route("/docs", show_docs)]
