"""Answers out of bytes, however these are cut."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perftui.users.errors import BodyTooLarge, Malformed, Truncated
from perftui.users.reading import MAX_HEAD_BYTES, ResponseReader

MANY = settings(max_examples=150, deadline=None)
FEW = settings(max_examples=60, deadline=None)

TOKENS = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_.!~", min_size=1, max_size=12)
VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
WORDS = st.lists(st.text(VISIBLE, min_size=1, max_size=8), max_size=3).map(" ".join)
EXTRA_HEADERS = st.lists(st.tuples(TOKENS.map("X-{}".format), WORDS), max_size=4)


@dataclass(frozen=True)
class Answer:
    """`wire` is what the server sends; the rest is what is to be read out of it."""

    wire: bytes
    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes
    keeps_alive: bool
    is_of_head: bool = False
    ends_with_connection: bool = False
    head_bytes: int = 0


def lines(headers: list[tuple[str, str]]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode()


@st.composite
def chunked(draw: st.DrawFn, body: bytes) -> bytes:
    """With extensions and trailers, as any server may send and few do."""
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(body) - 1)), max_size=4))) if body else []
    parts = [body[start:end] for start, end in pairwise([0, *(cut for cut in cuts if cut < len(body)), len(body)])]
    extension = draw(st.sampled_from(["", ";a=b", ';name="some value"', ";x"]))
    sent = b"".join(b"%x%b\r\n%b\r\n" % (len(part), extension.encode(), part) for part in parts if part)
    return sent + b"0%b\r\n" % extension.encode() + lines(draw(EXTRA_HEADERS)) + b"\r\n"


@st.composite
def answers(draw: st.DrawFn, *, keeps_alive: bool | None = None) -> Answer:
    status = draw(st.sampled_from([200, 201, 204, 301, 304, 404, 500]))
    reason = draw(WORDS)
    body = draw(st.binary(max_size=60))
    if draw(st.booleans()):
        body = gzip.compress(body, mtime=0)
    framing = draw(st.sampled_from(["length", "chunked"] + ["close"] * (not keeps_alive)))
    is_of_head = draw(st.booleans()) and framing != "close"
    headers = draw(EXTRA_HEADERS)
    has_body = status not in (204, 304) and not is_of_head
    wire = b""
    if framing == "length":
        headers = [*headers, ("Content-Length", str(len(body)))]
        wire = body
    elif framing == "chunked":
        headers = [*headers, ("Transfer-Encoding", "chunked")]
        wire = draw(chunked(body))
    else:
        headers = [*headers, ("Connection", "close")]
        wire = body
    body, wire = (body, wire) if has_body else (b"", b"")
    interim = [
        f"HTTP/1.1 {draw(st.sampled_from([100, 102, 103]))} {draw(WORDS)}\r\n".encode() + lines(draw(EXTRA_HEADERS))
        for _ in range(draw(st.integers(0, 2)))
    ]
    head = b"".join(each + b"\r\n" for each in interim) + f"HTTP/1.1 {status} {reason}\r\n".encode() + lines(headers)
    return Answer(
        head + b"\r\n" + wire,
        status,
        reason,
        headers,
        body,
        framing != "close",
        is_of_head,
        framing == "close" and has_body,
        len(head) + 2,
    )


def parts_of(wire: bytes, cuts: set[int]) -> list[bytes]:
    return [wire[start:end] for start, end in pairwise([0, *sorted(cuts), len(wire)])]


@st.composite
def split(draw: st.DrawFn, wire: bytes) -> list[bytes]:
    if draw(st.booleans()):
        return [bytes([each]) for each in wire]
    return parts_of(wire, draw(st.sets(st.integers(1, max(1, len(wire) - 1)), max_size=6)) - {len(wire)})


def read(reader: ResponseReader, answer: Answer, parts: list[bytes]) -> Answer:
    """What `reader` makes of `parts`, in the form of what was meant."""
    reader.begin(has_no_body=answer.is_of_head, max_body_bytes=None)
    for part in parts:
        reader.feed(part)
    if answer.ends_with_connection:
        assert not reader.is_complete
        reader.end()
    assert reader.is_complete
    headers = [(name.decode(), value.decode()) for name, value in reader.headers]
    return replace(
        answer,
        status=reader.status,
        reason=reader.reason.decode(),
        headers=headers,
        body=b"".join(reader.chunks),
        keeps_alive=reader.keeps_alive,
    )


def feed(reader: ResponseReader, parts: Iterable[bytes]) -> None:
    """And end the connection."""
    for part in parts:
        reader.feed(part)
    reader.end()


@MANY
@given(answers(), st.data())
def test_an_answer_is_the_same_however_its_bytes_are_cut(answer: Answer, data: st.DataObject) -> None:
    assert read(ResponseReader(), answer, data.draw(split(answer.wire))) == answer


@FEW
@given(st.lists(answers(keeps_alive=True), min_size=2, max_size=4), st.data())
def test_nothing_of_an_answer_is_in_the_next_of_its_connection(several: list[Answer], data: st.DataObject) -> None:
    reader = ResponseReader()
    for answer in several:
        assert read(reader, answer, data.draw(split(answer.wire))) == answer


@FEW
@given(answers(), st.data())
def test_an_answer_that_is_cut_off_at_any_byte_is_truncated(answer: Answer, data: st.DataObject) -> None:
    for size in range(len(answer.wire)):
        reader = ResponseReader()
        reader.begin(has_no_body=answer.is_of_head, max_body_bytes=None)
        for part in parts_of(answer.wire[:size], {size // 2} - {0, size}):
            reader.feed(part)
        if answer.ends_with_connection and size >= answer.head_bytes:
            reader.end()
            assert b"".join(reader.chunks) == answer.body[: size - answer.head_bytes]
            continue
        assert not reader.is_complete
        with pytest.raises(Truncated, match=r"^truncated: the connection ended inside the (head|body) of the answer$"):
            reader.end()


@FEW
@given(answers(), st.binary(min_size=1, max_size=30).filter(lambda more: more.strip(b"\r\n")), st.data())
def test_what_comes_after_an_answer_is_malformed_and_never_the_next_answer(
    answer: Answer, more: bytes, data: st.DataObject
) -> None:
    """`more` in the same read as the last byte; what comes later is seen before the next request."""
    reader = ResponseReader()
    reader.begin(has_no_body=answer.is_of_head, max_body_bytes=None)
    if answer.ends_with_connection:
        return  # there it is more of the body
    *parts, last = data.draw(split(answer.wire))
    for part in parts:
        reader.feed(part)
    line = ""
    try:
        reader.feed(last + more)
    except Malformed as error:
        line = str(error)
    # Else it is the body that a HEAD must not have; the connection ends with it.
    is_body_of_head = answer.is_of_head and not reader.keeps_alive and not reader.chunks
    assert line == "malformed: more bytes came than the answer has" or is_body_of_head


@pytest.mark.parametrize("more", [b"0", b"0\r\n\r\n", b"1\r\nx\r\n0\r\n\r\n", b"1\r\nx"])
def test_chunks_after_the_answer_to_a_head_end_the_connection(more: bytes) -> None:
    reader = ResponseReader()
    reader.begin(has_no_body=True, max_body_bytes=None)
    reader.feed(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + more)
    assert (reader.is_complete, reader.keeps_alive, reader.chunks) == (True, False, [])


@MANY
@given(answers(), st.data())
def test_a_damaged_answer_is_read_or_is_malformed(answer: Answer, data: st.DataObject) -> None:
    """Never anything else, as an exception of the parser's."""
    at = data.draw(st.integers(0, len(answer.wire)))
    damage = data.draw(st.binary(max_size=4))
    wire = answer.wire[:at] + damage + answer.wire[at + data.draw(st.integers(0, 4)) :]
    reader = ResponseReader()
    reader.begin(has_no_body=answer.is_of_head, max_body_bytes=1000)
    lines: list[str] = []
    try:
        for part in data.draw(split(wire or b"x")):
            if reader.is_complete:
                break
            reader.feed(part)
        reader.end()
    except (Malformed, Truncated, BodyTooLarge) as error:
        lines = str(error).splitlines()
    assert len(lines) <= 1


@FEW
@given(st.binary(min_size=1, max_size=200), st.data())
def test_garbage_is_malformed_or_truncated(garbage: bytes, data: st.DataObject) -> None:
    with pytest.raises((Malformed, Truncated)):
        feed(ResponseReader(), data.draw(split(garbage)))


HEAD = b"HTTP/1.1 200 OK\r\n"
# What comes without an end: what it begins with, and what it goes on with.
ENDLESS = {
    "one header": (HEAD + b"X-Long: ", b"x" * 1000, "head"),
    "many headers": (HEAD, b"X-Many: value\r\n" * 50, "head"),
    "interim answers": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 20, "head"),
    "the reason": (HEAD[:-2], b"x" * 1000, "head"),
    "one trailer": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Long: ", b"x" * 1000, "chunks"),
    "many trailers": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Many: value\r\n" * 50, "chunks"),
    "a chunk's extension": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 1000, "chunks"),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_head_or_an_end_of_chunks_has_a_limit(kind: str) -> None:
    begin, more, part = ENDLESS[kind]
    pieces = iter([begin or more, *[more] * 1000])
    with pytest.raises(Malformed, match=f"^malformed: the {part} of the answer has more than 256 KiB$"):
        feed(ResponseReader(), pieces)
    assert sum(map(len, pieces)) > 1000 * len(more) - MAX_HEAD_BYTES - len(more)


@pytest.mark.parametrize("framing", [b"Content-Length: 5000", b"Transfer-Encoding: chunked", b"Connection: close"])
def test_a_body_has_its_limit_at_the_byte(framing: bytes) -> None:
    body = b"x" * 5000
    sent = b"1388\r\n" + body + b"\r\n0\r\n\r\n" if b"chunked" in framing else body
    for limit, is_too_large in ((5000, False), (4999, True)):
        reader = ResponseReader()
        reader.begin(has_no_body=False, max_body_bytes=limit)
        reader.feed(HEAD + framing + b"\r\n\r\n")
        if is_too_large:
            with pytest.raises(BodyTooLarge, match=r"^body too large: more than 4,999 bytes \(max_body_bytes\)$"):
                reader.feed(sent)
            # Whoever keeps the failure keeps nothing of the body.
            assert not reader.chunks
        else:
            reader.feed(sent)
            reader.end()
            assert b"".join(reader.chunks) == body


def test_a_body_of_tiny_chunks_takes_the_memory_of_its_bytes() -> None:
    reader = ResponseReader()
    reader.begin(has_no_body=False, max_body_bytes=None)
    reader.feed(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(20):
        reader.feed(b"2\r\nab\r\n" * 2000)
    assert b"".join(reader.chunks) == b"ab" * 40_000
    assert sum(map(sys.getsizeof, reader.chunks)) < 2 * 80_000


def test_the_body_of_a_head_may_come_in_a_read_of_its_own() -> None:
    reader = ResponseReader()
    reader.begin(has_no_body=True, max_body_bytes=None)
    reader.feed(HEAD + b"Content-Length: 5\r\n\r\n")
    assert reader.keeps_alive
    reader.feed(b"hello")
    assert (reader.is_complete, reader.keeps_alive, reader.chunks) == (True, False, [])


@pytest.mark.parametrize("status", [b"000", b"099"])
def test_a_status_below_100_is_malformed(status: bytes) -> None:
    with pytest.raises(Malformed, match=r"^malformed: the status of the answer is below 100$"):
        feed(ResponseReader(), [b"HTTP/1.1 " + status + b" No\r\nContent-Length: 0\r\n\r\n"])
