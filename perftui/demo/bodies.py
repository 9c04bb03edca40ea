"""Requests as the target reads them: bodies that are bounded, texts that are fit to be kept, and who asks."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from perftui.demo.account_store import Account
from perftui.demo.stores import stores_of

MAX_BODY_BYTES = 32 * 2**20
MAX_TEXT_LENGTH = 200


class BodyLimit:
    """ASGI middleware that refuses what is longer than MAX_BODY_BYTES while it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received_bytes = 0

        async def receive_bounded() -> Message:
            nonlocal received_bytes
            message = await receive()
            received_bytes += len(message.get("body", b""))
            if received_bytes > MAX_BODY_BYTES:
                raise HTTPException(413, f"the body is longer than {MAX_BODY_BYTES} bytes")
            return message

        await self.app(scope, receive_bounded, send)


async def read_object(request: Request) -> dict[str, Any]:
    """Raises HTTPException (422) where the body is no JSON object."""
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        raise HTTPException(422, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise HTTPException(422, "the body is not a JSON object")
    return body


async def read_texts(request: Request, *names: str) -> dict[str, str]:
    """The text of each of `names` in the body. Raises HTTPException (422) where one is not fit to be kept."""
    body = await read_object(request)
    texts = {}
    for name in names:
        text = body.get(name)
        if not isinstance(text, str) or not text.isprintable() or not 0 < len(text) <= MAX_TEXT_LENGTH:
            raise HTTPException(422, f"{name}: 1 to {MAX_TEXT_LENGTH} printable characters")
        texts[name] = text
    return texts


def token_of(request: Request) -> str:
    """The bearer token that was sent, or an empty text."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def account_of(request: Request) -> Account:
    """Whose token was sent. Raises HTTPException (401) where it is nobody's."""
    account = stores_of(request).accounts.account_of(token_of(request))
    if account is None:
        raise HTTPException(401, "no valid token", headers={"WWW-Authenticate": "Bearer"})
    return account


async def answer_refusal(request: Request, error: Exception) -> Response:
    """The answer to an HTTPException: its detail as JSON."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": error.detail}, status_code=error.status_code, headers=error.headers)
