"""Packed bodies."""

from __future__ import annotations

import base64
import gzip
import importlib.util
import zlib
from typing import Any

import brotli

from tests.users.case import Given, answer, case, differs, get, gets, instead, reports, request

BODY = b"the body, the body, the body"
GZIPPED = gzip.compress(BODY, mtime=0)
BARE = zlib.compressobj(wbits=-zlib.MAX_WBITS)
BARELY_DEFLATED = BARE.compress(BODY) + BARE.flush()
# Made with the zstd command: not every Python has zstd to make it with, or to unpack it.
ZSTD = base64.b64decode("KLUv/QRYhQAAUHRoZSBib2R5LCABAPUKEtFWZhk=")
HAS_ZSTD = any(importlib.util.find_spec(name) for name in ("compression", "backports"))
UNKNOWN = "it raises ValueError in the user's code, and reports nothing"
NO_CONTENT = "to it a body that is no good is no body"
EARLY = "BadContentEncoding: bad content encoding: the packed body ends too early"


def packed(name: str, body: bytes) -> Given:
    return answer("200 OK", body, f"Content-Encoding: {name}", "Content-Type: text/plain; charset=utf-8")


def unblocked(user: Any) -> list[Any]:
    with user.client.get("/x", catch_response=True) as response:
        return [response.status_code, response.content]


ROWS = [
    *(
        case(
            f"encoding: {name}",
            get(),
            answers=packed(name.partition(" ")[0], body),
            content=BODY,
            text=BODY.decode(),
            event_response_length=len(BODY),
            failed=[False],
        )
        for name, body in (
            ("gzip", GZIPPED),
            ("GZIP", GZIPPED),
            ("deflate", zlib.compress(BODY)),
            ("deflate without zlib's head", BARELY_DEFLATED),
            ("br", brotli.compress(BODY)),
            ("identity", BODY),
        )
    ),
    *(
        case(
            f"encoding: {name}",
            get(),
            instead("fast", UNKNOWN, raised="ValueError", events=0),
            answers=packed(name, body),
            content=BODY,
            event_response_length=len(BODY),
        )
        for name, body in (("x-gzip", GZIPPED), ("deflate, gzip", gzip.compress(zlib.compress(BODY))))
    ),
    case(
        "encoding: zstd",
        get(),
        instead("fast", UNKNOWN, raised="ValueError", events=0),
        *(
            ()
            if HAS_ZSTD
            else (
                instead("http", "it leaves what it does not know as it is", content=ZSTD),
                instead(
                    "lean", NO_CONTENT, failures=["BadContentEncoding: bad content encoding: 'zstd' is not known here"]
                ),
            )
        ),
        answers=packed("zstd", ZSTD),
        content=BODY,
    ),
    case(
        "encoding: unknown",
        get(),
        instead("fast", UNKNOWN, raised="ValueError", events=0),
        instead(
            "lean",
            NO_CONTENT,
            content=None,
            failures=["BadContentEncoding: bad content encoding: 'rot13' is not known here"],
        ),
        answers=packed("rot13", BODY),
        content=BODY,
    ),
    case(
        "encoding: gzip, chunked",
        get(),
        answers=b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
        % (len(GZIPPED), GZIPPED),
        content=BODY,
    ),
    case(
        "encoding: gzip of two members",
        get(),
        instead("fast", "it reads the first alone", content=BODY),
        answers=packed("gzip", GZIPPED + GZIPPED),
        content=BODY * 2,
    ),
    *(
        case(
            f"encoding: {name}",
            do,
            instead("fast", "to it nothing is no gzip, and so a failure", failed=[True]),
            answers=given,
            content=b"",
            failed=[False],
        )
        for name, do, given in (
            ("gzip of nothing", get(), packed("gzip", b"")),
            (
                "gzip with HEAD",
                request("HEAD"),
                b"HTTP/1.1 200 So\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n",
            ),
            ("gzip with 304", get(), b"HTTP/1.1 304 So\r\nContent-Encoding: gzip\r\n\r\n"),
        )
    ),
    *(
        case(
            f"encoding: {name} that is broken, then a good answer",
            gets("/x", "/y"),
            differs("http", "it gives no status", result=[0, 200]),
            differs("lean", "a connection on which anything went wrong is closed", connected=2, connections=[1, 2]),
            *(
                ()
                if name != "br"
                else (instead("fast", "brotli's exception in the user's code", raised="error", events=0),)
            ),
            reports(f"BadContentEncoding: bad content encoding: {text}", None),
            answers=packed(name, body),
            result=[200, 200],
            failed=[True, False],
        )
        for name, body, text in (
            ("gzip", b"this is no gzip", "Error -3 while decompressing data: incorrect header check"),
            ("deflate", b"\xff\xff", "Error -3 while decompressing data: invalid block type"),
            ("br", b"\xff\xff", "the body is not brotli"),
        )
    ),
    *(
        case(
            f"encoding: {name} that ends too early",
            get(),
            instead("http", "it takes what there is", failed=[False]),
            *(
                (instead("fast", "brotli's exception in the user's code", raised="error", events=0),)
                if name == "br"
                else (differs("fast", "its content raises", content="raises error", text="raises error", ok=True),)
            ),
            reports(EARLY),
            answers=packed(name, body),
            status_code=200,
            ok=False,
            content=None,
            text=None,
            failed=[True],
        )
        for name, body in (
            ("gzip", GZIPPED[:-10]),
            ("deflate", zlib.compress(BODY)[:-6]),
            ("br", brotli.compress(BODY)[:-4]),
        )
    ),
    case(
        "encoding: broken, with catch_response",
        unblocked,
        instead("fast", "its content raises again", raised="error", events=0),
        differs("http", "it gives no status", result=[0, None]),
        reports("BadContentEncoding: bad content encoding: Error -3 while decompressing data: incorrect header check"),
        answers=packed("gzip", b"this is no gzip"),
        result=[200, None],
        events=1,
        failed=[True],
    ),
]
