"""What the target says about itself, and its knobs. Never counted, so that asking does not change the answer."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from perftui.demo.bodies import read_object
from perftui.demo.faults import Faults
from perftui.demo.knobs import KNOB_NAMES, MAX_FREEZE_S, in_range
from perftui.demo.request_counts import CONTROL_PREFIX, RequestCounts


def _faults(request: Request) -> Faults:
    faults: Faults = request.app.state.faults
    return faults


async def show_requests(request: Request) -> JSONResponse:
    """Requests received so far, by path."""
    counts: RequestCounts = request.app.state.request_counts
    return JSONResponse({"total": counts.total, "by_path": dict(counts.by_path)})


async def show_knobs(request: Request) -> JSONResponse:
    """What goes wrong on purpose now."""
    faults = _faults(request)
    knobs = {name: getattr(faults.knobs, name) for name in KNOB_NAMES}
    leaked_kb = faults.leaked_bytes // 1024
    return JSONResponse({**knobs, "freeze_s": round(faults.freeze_left_s, 3), "leaked_kb": leaked_kb})


async def turn_knobs(request: Request) -> JSONResponse:
    """Change some knobs; the others stay."""
    given = await read_object(request)
    try:
        freeze_s = in_range("freeze_s", given.pop("freeze_s"), MAX_FREEZE_S) if "freeze_s" in given else None
        knobs = _faults(request).knobs.changed(given)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    _faults(request).knobs = knobs
    if freeze_s is not None:
        _faults(request).freeze(freeze_s)
    return await show_knobs(request)


async def reset_knobs(request: Request) -> JSONResponse:
    """All knobs off, and what leaked is given back."""
    _faults(request).reset()
    return await show_knobs(request)


routes = [
    Route(f"{CONTROL_PREFIX}requests", show_requests),
    Route(f"{CONTROL_PREFIX}knobs", show_knobs),
    Route(f"{CONTROL_PREFIX}knobs", turn_knobs, methods=["POST"]),
    Route(f"{CONTROL_PREFIX}knobs", reset_knobs, methods=["DELETE"]),
]
