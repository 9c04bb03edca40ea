"""Sessions with patients: uploads, notes that are drawn from them, a path with a rate limit, and a busy pool."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections import Counter

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from perftui.demo.bodies import read_texts
from perftui.demo.connection_pool import OVERFLOW, PoolExhaustedError
from perftui.demo.item_store import MATERIALS, THINGS
from perftui.demo.pace import take_about
from perftui.demo.stores import stores_of
from perftui.demo.tables import Row

CHUNK_BYTES = 64 * 1024
PAGES = 5
WORDS_PER_PAGE = 400
HOLDS_MS = 50
MAX_HOLDS_MS = 5000
# Ten thousand pairs of the rows that are always there: about a millisecond, however many were added.
HEAVY_QUERY = """
SELECT count(*) FROM items a, sessions b WHERE a.id <= 100 AND b.id <= 100 AND instr(b.patient, 'patient ' || a.id)
"""


async def list_sessions(request: Request) -> JSONResponse:
    """The newest sessions."""
    await take_about(8)
    return JSONResponse({"sessions": stores_of(request).sessions.newest()})


async def add_session(request: Request) -> JSONResponse:
    """Add a session: patient."""
    await take_about(12)
    return JSONResponse(stores_of(request).sessions.add(**await read_texts(request, "patient")), status_code=201)


async def show_session(request: Request) -> JSONResponse:
    """One session; 1 to 100 are always there."""
    await take_about(5)
    session = _session(request)
    uploads = stores_of(request).uploads.count(session_id=request.path_params["session_id"])
    return JSONResponse({**session, "uploads": uploads})


async def upload(request: Request) -> JSONResponse:
    """Upload a file (multipart, field file); it is read to its end and hashed."""
    await take_about(10)
    session_id = request.path_params["session_id"]
    _session(request)
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise HTTPException(422, "file: a multipart field with a file")
        digest, size_bytes = hashlib.sha256(), 0
        while chunk := await file.read(CHUNK_BYTES):
            digest.update(chunk)
            size_bytes += len(chunk)
    sha256 = digest.hexdigest()
    stores_of(request).uploads.add(session_id=session_id, bytes=size_bytes, sha256=sha256)
    return JSONResponse({"bytes": size_bytes, "sha256": sha256}, status_code=201)


async def extract_notes(request: Request) -> JSONResponse:
    """Read a session's transcript page by page and note what each is about."""
    _session(request)
    words = random.Random(request.path_params["session_id"])
    notes = []
    for page in range(1, PAGES + 1):
        # A page comes from elsewhere, then is read here; others are served between two pages.
        await take_about(5)
        ((topic, mentions),) = Counter(words.choices(MATERIALS + THINGS, k=WORDS_PER_PAGE)).most_common(1)
        notes.append({"page": page, "topic": topic, "mentions": mentions})
    return JSONResponse({"notes": notes})


async def show_limited(request: Request) -> JSONResponse:
    """Answers 100 requests per minute, then 429 until the minute is over."""
    await take_about(2)
    limit = stores_of(request).limit
    admission = limit.ask(time.monotonic_ns())
    headers = {
        "X-RateLimit-Limit": str(limit.limit),
        "X-RateLimit-Remaining": str(admission.remaining),
        "X-RateLimit-Reset": str(admission.resets_in_s),
    }
    if not admission.admitted:
        headers["Retry-After"] = str(admission.resets_in_s)
        raise HTTPException(429, "too many requests", headers=headers)
    return JSONResponse({"status": "ok", "remaining": admission.remaining}, headers=headers)


async def query_heavily(request: Request) -> JSONResponse:
    """Hold a connection of the pool for ?hold_ms= (50) around a real query; 503 where none is free within 1 s."""
    asked = request.query_params.get("hold_ms", str(HOLDS_MS))
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 4 and int(asked) <= MAX_HOLDS_MS):
        raise HTTPException(422, f"hold_ms: a whole number from 0 to {MAX_HOLDS_MS}")
    try:
        async with stores_of(request).pool.connection() as connection:
            (count,) = connection.execute(HEAVY_QUERY).fetchone()
            await asyncio.sleep(int(asked) / 1000)
    except PoolExhaustedError:
        raise HTTPException(503, "connection pool exhausted") from None
    return JSONResponse({"pairs": count})


async def show_pool(request: Request) -> JSONResponse:
    """How busy the connection pool is."""
    pool = stores_of(request).pool
    return JSONResponse(
        {
            "size": pool.size,
            "overflow": OVERFLOW,
            "in_use": pool.in_use,
            "waiting": pool.waiting,
            "exhausted_total": pool.exhausted_total,
        }
    )


def _session(request: Request) -> Row:
    session = stores_of(request).sessions.get(request.path_params["session_id"])
    if session is None:
        raise HTTPException(404, "no such session")
    return session


routes = [
    Route("/sessions", list_sessions),
    Route("/sessions", add_session, methods=["POST"]),
    Route("/sessions/{session_id:int}", show_session),
    Route("/sessions/{session_id:int}/upload", upload, methods=["POST"]),
    Route("/sessions/{session_id:int}/extract", extract_notes, methods=["POST"]),
    Route("/limited", show_limited),
    Route("/database/heavy", query_heavily),
    Route("/database/pool", show_pool),
]
