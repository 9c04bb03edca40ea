"""Messages arrive as they were sent, however the bytes are cut; nonsense is refused and never half believed."""

from __future__ import annotations

import random
import struct
from dataclasses import replace

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perftui.model.exchange import Exchange
from perftui.model.inspection import ArgumentInfo, Inspection, TaskInfo, UserClassInfo
from perftui.model.run_state import RunState
from perftui.model.snapshot import snapshot_of
from perftui.model.tick import FailureDelta
from perftui.wire.codec import WireError
from perftui.wire.framing import MAX_FRAME_BYTES, FrameReader, decode, encode
from perftui.wire.heartbeat import Beat, decode_beat, encode_beat
from perftui.wire.messages import (
    Benched,
    BenchPlanned,
    BenchSettings,
    Configure,
    Ended,
    Exchanged,
    Fault,
    Guarding,
    Loaded,
    Message,
    Shown,
    Stop,
    StopRun,
    Ticked,
    TrialPlanned,
    TrialSettings,
    Tried,
)
from tests.fakes.ticks import delta, tick, total_of

TICK = tick(0, delta("/a", (1.5, 2)), delta("/b", (), (9,)), failures=(FailureDelta("GET", "/b", "no", 1, 0.1, 0.2),))
EXCHANGE = Exchange(
    0.5, "GET", "/b", "http://h/b", 500, "No", None, "no", "A", (("a", "b"),), "c", (("d", "e"),), "f", 1
)
MESSAGES: list[Message] = [
    Configure("run", ("/a.py",), None, 5, 1.5, None, 2.0, 60.0, 60.0, weights={"A": 2}, locust_args=("--x", "1")),
    Loaded(
        Inspection(
            (UserClassInfo("A", 1, 0, None, "HttpUser", (TaskInfo("t", 0.5, ("read",)),)),),
            ("Shape",),
            ("read",),
            (ArgumentInfo(("--x",), "help", "1", (), False, False),),
            ("http://h",),
        ),
        ("A",),
        None,
        60.0,
        ("one warning",),
    ),
    Ticked(TICK),
    Configure("bench", (), "u", 1, 1.0, 3.0, 2.0, 9.0, 9.0, bench=BenchSettings(None, 3.0, 10.0, 5.5)),
    BenchPlanned((("A", "t"), ("A", "u"))),
    Benched("A", "t", (0.001, 0.002), 1, "no", "", True),
    Configure("trial", (), "u", 1, 1.0, 60.0, 2.0, 9.0, 9.0, trial=TrialSettings("read", 60.0)),
    TrialPlanned("A", "read"),
    Exchanged(EXCHANGE),
    Tried("a.py:1: ValueError"),
    Ticked(replace(TICK, exchanges=(EXCHANGE, EXCHANGE))),
    Fault("locustfile", "a.py:1: no", "trace"),
    Ended(None, None, (("GET", "http://h/", 1.5),)),
    Stop(),
    Stop(now=True),
    Guarding(15.0),
    StopRun(True, "me"),
    Shown(
        snapshot_of(
            total_of([TICK]),
            total_of([TICK]),
            run_id="r",
            folder="f",
            title="t",
            target_url="u",
            state=RunState.RUNNING,
            cause="",
            warning="",
            elapsed_s=1.0,
            run_time_s=None,
        )
    ),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_survives_the_wire(message: Message) -> None:
    assert FrameReader().feed(encode(message)) == [message]


def test_frames_may_be_cut_anywhere() -> None:
    stream = b"".join(map(encode, MESSAGES))
    generator = random.Random(3)
    reader, received, at = FrameReader(), [], 0
    while at < len(stream):
        size = generator.randrange(1, 200)
        received += reader.feed(stream[at : at + size])
        at += size
    assert received == MESSAGES


@example(b"\x81\x80\x00")
@given(st.binary(max_size=200))
def test_random_bytes_are_never_a_message(body: bytes) -> None:
    with pytest.raises(WireError):
        decode(body)


@pytest.mark.parametrize(
    "plain",
    [
        17,
        ["Nothing", []],
        ["Stop", [1]],
        ["StopRun", ["yes", "me"]],
        ["Fault", ["weather", "a", "b"]],
        ["Ended", [None, None, [["GET", "u"]]]],
        ["Ticked", [[0] * 14]],
        ["Configure", None],
    ],
)
def test_a_message_of_the_wrong_form_is_refused(plain: object) -> None:
    with pytest.raises(WireError):
        decode(msgpack.packb(plain))


def test_a_frame_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(WireError, match="over the limit"):
        FrameReader().feed(struct.pack(">I", MAX_FRAME_BYTES + 1))


def test_a_lone_surrogate_in_a_name_does_not_stop_the_stream() -> None:
    (received,) = FrameReader().feed(encode(Fault("locustfile", "\udc80", "")))
    assert isinstance(received, Fault)
    assert received.text == "\\udc80"


def test_beats() -> None:
    beat = Beat("running", 1.25, "a.py:3 in t")
    assert decode_beat(encode_beat(beat)) == beat
    with pytest.raises(ValueError):
        decode_beat(b"[1]")
