"""The terminal driver, and how far the terminal is behind."""

from __future__ import annotations

from textual.drivers.linux_driver import LinuxDriver


class CockpitDriver(LinuxDriver):
    @property
    def backlog(self) -> int:
        """Writes that the terminal has not taken yet.

        Textual keeps 30 and then blocks its event loop; a frame that is skipped while there is any keeps keys
        fast on a slow link. Private in Textual 8.2, hence the test that it exists.
        """
        writer = self._writer_thread
        return writer._queue.qsize() if writer is not None else 0
