"""Opens samples.db to read: while its writer writes, after its writer was killed, and from a read-only medium."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from perftui.store.files import damaged, refuse_newer
from perftui.store.schema import SCHEMA_VERSION, stand_ins


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write.

    Raises PerftuiError where the file is missing, damaged or of a newer perftui, also for what SQLite finds, and what
    a row turns out to hold, within the block.
    """
    try:
        if not path.is_file():
            raise ValueError("it is missing")
        with _connected(path) as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            refuse_newer(path, version, SCHEMA_VERSION)
            connection.executescript(stand_ins(version))
            yield connection
    except (sqlite3.Error, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(path, error) from error


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        connection = _connect(path, "mode=ro")
    except sqlite3.OperationalError:
        # A database with a WAL needs a file beside it for its index, which a read-only medium does not take.
        wal = path.with_name(path.name + "-wal")
        if not wal.exists() or wal.stat().st_size == 0:
            connection = _connect(path, "immutable=1")
        else:
            with tempfile.TemporaryDirectory(prefix="perftui-") as folder:
                for each in (path, wal):
                    shutil.copyfile(each, Path(folder) / each.name)
                connection = _connect(Path(folder) / path.name, "mode=rw")
                try:
                    yield connection
                finally:
                    connection.close()
            return
    try:
        yield connection
    finally:
        connection.close()


def _connect(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{how}", uri=True, timeout=5.0, isolation_level=None
    )
    try:
        # A schema from elsewhere must not call functions with side effects.
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection
