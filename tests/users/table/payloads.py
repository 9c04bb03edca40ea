"""The bodies that are sent."""

from __future__ import annotations

import io
from typing import Any

from tests.users.case import ANOTHER, case, differs, get, instead, post, request

HOST = ("host", "<http>")
PLAIN, BINARY = ("content-type", "text/plain; charset=utf-8"), ("content-type", "application/octet-stream")
FORM = ("content-type", "application/x-www-form-urlencoded")
JSON, TAKES_JSON = ("content-type", "application/json"), ("accept", "application/json")
FORM_PART = b'--BORDER\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
FILE_PART = (
    b'--BORDER\r\nContent-Disposition: form-data; name="f"; filename="%s"\r\n'
    b"Content-Type: text/plain\r\n\r\ntext\r\n--BORDER--\r\n"
)
NO_TYPE = "it names no content type that nobody told it, as HttpUser"


def sized(body: bytes, *headers: tuple[str, str]) -> list[list[tuple[str, str]]]:
    return [sorted([("content-length", str(len(body))), HOST, *headers])]


def opened(name: str) -> Any:
    file = io.BytesIO(b"text")
    file.name = name
    return file


ROWS = [
    case(
        "json",
        post(json={"a": [1, None, "é"]}),
        differs("http", "it gives no Accept with json", sent_headers=sized(b"x" * 26, JSON)),
        sent_bodies=[b'{"a": [1, null, "\\u00e9"]}'],
        sent_headers=sized(b"x" * 26, JSON, TAKES_JSON),
    ),
    case("json that is empty", post(json={}), sent_bodies=[b"{}"]),
    case(
        "json of a type of one's own",
        request("PUT", json=[1], headers={"content-TYPE": "a/b", "ACCEPT": "c/d"}),
        differs("fast", "it knows Content-Type in two of its cases alone", sent_headers=ANOTHER),
        sent_bodies=[b"[1]"],
        sent_headers=sized(b"[1]", ("content-type", "a/b"), ("accept", "c/d")),
    ),
    case(
        "data as bytes",
        post(data=b"\x00\xff"),
        differs("fast", NO_TYPE, sent_headers=sized(b"\x00\xff", BINARY)),
        sent_bodies=[b"\x00\xff"],
        sent_headers=sized(b"\x00\xff"),
    ),
    case(
        "data as str",
        post(data="é"),
        differs("fast", NO_TYPE, sent_headers=sized("é".encode(), PLAIN)),
        sent_bodies=["é".encode()],
        sent_headers=sized("é".encode()),
    ),
    case(
        "data with a type",
        post(data="é", headers={"Content-Type": "text/csv"}),
        sent_bodies=["é".encode()],
        sent_headers=sized("é".encode(), ("content-type", "text/csv")),
    ),
    case(
        "data as dict",
        post(data={"a": "1", "b": "x y"}),
        differs("fast", "it adds a charset, which forms have not", sent_headers=ANOTHER),
        sent_bodies=[b"a=1&b=x+y"],
        sent_headers=sized(b"a=1&b=x+y", FORM),
    ),
    case(
        "data as dict with lists",
        post(data={"a": [1, 2]}),
        instead("fast", "it sends the list's repr", sent_bodies=[b"a=%5B1%2C+2%5D"]),
        sent_bodies=[b"a=1&a=2"],
    ),
    case(
        "data as list of pairs",
        post(data=[("a", "1"), ("a", "é")]),
        instead("fast", "it takes no list", raised="AttributeError"),
        sent_bodies=[b"a=1&a=%C3%A9"],
    ),
    case("data that is empty", post(data=b""), sent_bodies=[b""], sent_headers=sized(b"")),
    case("data before json", post(data=b"data", json=1, headers=dict([JSON])), sent_bodies=[b"data"]),
    case(
        "data with GET",
        get(data=b"data", headers=dict([PLAIN])),
        sent_bodies=[b"data"],
        sent_headers=sized(b"data", PLAIN),
    ),
    case(
        "data as a file",
        lambda user: user.client.post("/x", data=io.BytesIO(b"of a file")),
        differs("fast", "it sends it in chunks", sent_headers=[[BINARY, HOST, ("transfer-encoding", "chunked")]]),
        sent_bodies=[b"of a file"],
        sent_headers=sized(b"of a file"),
    ),
    case(
        "data as an iterator",
        lambda user: user.client.post("/x", data=iter([b"one", b"two"])),
        instead("lean", "it has a body whole before it sends it", raised="TypeError", sent=[], events=0),
        sent_bodies=[b"onetwo"],
    ),
    case(
        "data of a megabyte",
        lambda user: user.client.put("/x", data=b"x" * 1_000_000, headers=dict([BINARY])).status_code,
        sent_headers=sized(b"x" * 1_000_000, BINARY),
        result=200,
    ),
    case(
        "files",
        lambda user: user.client.post("/x", files={"f": ("a.txt", b"text", "text/plain")}, data={"a": "1"}),
        sent_bodies=[FORM_PART + FILE_PART % b"a.txt"],
    ),
    case(
        "files that are open",
        lambda user: user.client.post("/x", files={"f": opened("/tmp/b.txt")}),
        sent_bodies=[FILE_PART.replace(b"Content-Type: text/plain\r\n", b"") % b"b.txt"],
    ),
    case(
        "files in a list",
        lambda user: user.client.post("/x", files=[("f", ("ä.txt", "text", "text/plain"))]),
        sent_bodies=[FILE_PART % "ä.txt".encode()],
    ),
]
