"""A terminal that does not read stops nobody."""

from __future__ import annotations

import os
import threading

from perftui.tui.terminal.line_writer import MAX_WAITING_BYTES, LineWriter
from tests.fakes.waiting import wait_for


def test_what_is_written_arrives_in_order_and_is_said_to_have() -> None:
    there, here = os.pipe()
    written = threading.Event()
    writer = LineWriter(here, written.set)
    writer.start()
    writer.write("one ")
    writer.write("two")
    assert written.wait(10)
    wait_for(lambda: writer.waiting_bytes == 0, "all to be written")
    assert os.read(there, 100) == b"one two"
    writer.close(1)
    os.close(there)
    os.close(here)


def test_writing_never_waits_for_who_does_not_read_and_keeps_no_more_than_it_may() -> None:
    there, here = os.pipe()
    writer = LineWriter(here, lambda: None)
    writer.start()
    for _ in range(200):
        writer.write("x" * 100_000)
    assert 0 < writer.waiting_bytes <= MAX_WAITING_BYTES
    writer.close(0.1)
    assert writer.is_alive()
    # The end of the pipe ends the thread.
    os.close(there)
    writer.join(10)
    assert not writer.is_alive()
    os.close(here)
