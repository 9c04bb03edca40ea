"""The exports of a run, made from its sealed record like any later ones."""

from __future__ import annotations

from perftui.model.errors import PerftuiError
from perftui.reports.exports import render_all
from perftui.store.reader import RunReader
from perftui.store.writer import RunWriter


def export_all(writer: RunWriter) -> str:
    """Make every export from the sealed record; what went wrong in words, or nothing."""
    try:
        for name, data in render_all(RunReader(writer.folder).record()).items():
            writer.write_export(name, data)
    except OSError as error:
        return f"the exports could not be written: {error.strerror or error}"
    except PerftuiError as error:
        return f"the exports could not be made: {str(error).rstrip('.')}"
    return ""
