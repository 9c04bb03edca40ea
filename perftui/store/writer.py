"""Writes one run, as it happens. Nothing here waits for a reader, and nothing that was committed is touched again."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan
from perftui.model.record import Outcome, RunEvent
from perftui.model.text import mask_secrets
from perftui.model.tick import Tick
from perftui.model.totals import RunTotals
from perftui.store import load_rows, schema, target_rows
from perftui.store.atomic import write_atomically
from perftui.store.blobs import pack_text
from perftui.store.exchanges import INSERT_EXCHANGE, exchange_rows
from perftui.store.files import outcome_json, run_toml, summary_of
from perftui.store.layout import OUTCOME_JSON, RUN_LOG, RUN_TOML, SAMPLES_DB, new_run_folder
from perftui.store.names import NameTable
from perftui.store.paths import path_for_people
from perftui.store.redaction import redacted
from perftui.store.run_log import RunLog

# A run of an hour with fifty request names takes about 30 MB.
NEEDED_FREE_BYTES = 50 << 20
# Ten minutes of ticks wait in memory for a full disk to get room again; then the oldest goes.
MAX_PENDING_TICKS = 600
# Events and facts of the environment wait likewise.
MAX_PENDING_NOTES = 500

# What a retry cannot mend: the tick itself does not fit the tables.
_UNSTORABLE = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    ValueError,
    TypeError,
)


class RunWriter:
    """The one writer of a run's folder. Not thread-safe: one call at a time, from any thread.

    A disk that fills up or fails never raises here: `commit` keeps what it cannot write and tries again, and
    `problem` says so until all is on disk. What cannot be kept either is counted in `lost`.
    """

    def __init__(self, folder: Path, plan: RunPlan, connection: sqlite3.Connection) -> None:
        """For `create`: a writer of a folder whose samples.db is `connection`."""
        self.folder = folder
        self.run_id = folder.name
        self.lost = 0
        self._plan = plan
        self._connection = connection
        self._pending: deque[Tick] = deque()
        self._notes: deque[tuple[str, tuple[Any, ...]]] = deque(maxlen=MAX_PENDING_NOTES)
        self._names = NameTable.for_all_kinds()
        self._log = RunLog(folder / RUN_LOG)
        self._trouble = ""
        self._seal_trouble = ""
        self._is_sealed = False
        self._is_closed = False

    @classmethod
    def create(
        cls,
        runs_folder: Path,
        plan: RunPlan,
        *,
        started_at: datetime,
        environment: Mapping[str, str],
        secret_flags: Iterable[str] = (),
    ) -> RunWriter:
        """Make the folder of a new run in `runs_folder` with its run.toml and an empty samples.db.

        Values of the arguments `secret_flags` are not written, nor are those whose names tell that they are secret.
        Raises PerftuiError where the folder cannot be written or has less than 50 MB free; then nothing is left.
        """
        folder: Path | None = None
        connection: sqlite3.Connection | None = None
        plan = redacted(plan, secret_flags)
        try:
            folder = new_run_folder(runs_folder, started_at, plan.profile.name, plan.target.name)
            _check_free(folder)
            connection = _new_database(folder / SAMPLES_DB)
            writer = cls(folder, plan, connection)
            writer.update_environment(environment)
            if writer.problem:
                raise OSError(writer.problem)
            # Last: a folder is a run from the moment that it has this file.
            write_atomically(folder / RUN_TOML, run_toml(plan, folder.name, started_at.astimezone(UTC)))
        except (OSError, sqlite3.Error, ValueError, PerftuiError) as error:
            if connection is not None:
                connection.close()
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, PerftuiError):
                raise
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise PerftuiError(
                f"the run cannot be recorded in {path_for_people(runs_folder)}",
                why,
                "Choose another folder for the runs with --runs-dir or PERFTUI_RUNS_DIR",
                exit_code=exit_codes.ENVIRONMENT,
            ) from error
        return writer

    @property
    def behind(self) -> int:
        """Ticks that are not on disk yet."""
        return len(self._pending)

    @property
    def problem(self) -> str:
        """One line for a person while the record is not whole, else nothing."""
        parts = []
        if self._trouble:
            waiting = f"the last {self.behind:,} s of the run are only in memory" if self._pending else ""
            parts.append(f"{self._trouble}: {waiting}" if waiting else self._trouble)
        if self.lost:
            parts.append(f"{self.lost:,} s of the run could not be kept")
        return "; ".join([*parts, *filter(None, (self._log.problem, self._seal_trouble))])

    def commit(self, tick: Tick) -> None:
        """Put `tick` on disk, after those that still wait; a transaction each."""
        if len(self._pending) >= MAX_PENDING_TICKS:
            self._pending.popleft()
            self.lost += 1
        self._pending.append(tick)
        self.flush()

    def flush(self) -> None:
        """Try to put on disk whatever still waits."""
        if self._is_closed:
            return
        try:
            while self._pending:
                if not self._store(partial(self._insert, self._pending[0])):
                    self.lost += 1
                self._pending.popleft()
            while self._notes:
                self._store(partial(self._connection.execute, *self._notes[0]))
                self._notes.popleft()
        except (sqlite3.Error, OSError) as error:
            self._trouble = _in_words(error)
        else:
            self._trouble = ""

    def record_event(self, event: RunEvent) -> None:
        self._notes.append(
            (schema.INSERT_EVENT, (event.elapsed_s, pack_text(event.kind), pack_text(mask_secrets(event.text))))
        )
        if event.by:
            self._notes.append((schema.INSERT_AUTHOR, (pack_text(mask_secrets(event.by)),)))
        self.flush()

    def update_environment(self, environment: Mapping[str, str]) -> None:
        """Add to, or replace in, what is known of the generator: versions come when the engine has said them."""
        for key, value in environment.items():
            self._notes.append((schema.REPLACE_ENVIRONMENT, (pack_text(key), pack_text(mask_secrets(value)))))
        self.flush()

    def append_log(self, lines: list[str]) -> None:
        """Add `lines` to run.log, cleaned, until that has 10 MB."""
        self._log.append(lines)

    def seal(self, outcome: Outcome, totals: RunTotals, notes: int = 0) -> None:
        """Write outcome.json, whole; a later call replaces it. `problem` says where that failed.

        `notes` counts those on the run's timeline.
        """
        self.flush()
        with contextlib.suppress(sqlite3.Error):
            # Moves all to the one file that people copy. What is in its way, a reader or a full disk, costs nothing:
            # the rest stays in the WAL.
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        try:
            write_atomically(self.folder / OUTCOME_JSON, outcome_json(outcome, summary_of(self._plan, totals, notes)))
        except (sqlite3.Error, OSError) as error:
            self._seal_trouble = f"the outcome could not be written: {_in_words(error)}"
        else:
            self._seal_trouble = ""
            self._is_sealed = True

    def write_export(self, name: str, data: bytes) -> None:
        """Raises OSError where it cannot be written."""
        if Path(name).name != name:
            raise ValueError(f"{name!r} is not the name of a file")
        write_atomically(self.folder / name, data)

    def close(self) -> None:
        """Try once more what still waits, and let go of the files. Safe to call again."""
        self.flush()
        self._is_closed = True
        with contextlib.suppress(sqlite3.Error):
            if self._is_sealed:
                # A sealed record is one plain file, which opens from a read-only medium too.
                self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.close()
        self._log.close()

    def _insert(self, tick: Tick) -> None:
        execute, executemany = self._connection.execute, self._connection.executemany
        names, failures, exceptions, local_errors, workers = self._names
        execute(schema.INSERT_TICK, schema.tick_row(tick))
        requests = schema.request_rows(tick, names.id_of)
        failed = schema.failure_rows(tick, failures.id_of)
        raised = schema.exception_rows(tick, exceptions.id_of)
        limited = target_rows.rate_limit_rows(tick, names.id_of)
        kept = exchange_rows(tick, failures.id_of)
        unsent = load_rows.local_error_rows(tick, local_errors.id_of)
        sampled = load_rows.load_worker_rows(tick, workers.id_of)
        for table in self._names:
            executemany(table.insert, table.new_rows())
        executemany(schema.INSERT_REQUEST, requests)
        executemany(schema.INSERT_FAILURE, failed)
        executemany(schema.INSERT_EXCEPTION, raised)
        executemany(target_rows.INSERT_RATE_LIMIT, limited)
        executemany(INSERT_EXCHANGE, kept)
        executemany(target_rows.INSERT_TARGET_SAMPLE, target_rows.target_rows(tick))
        executemany(load_rows.INSERT_RESPONSE_TIME, load_rows.response_time_rows(tick))
        executemany(load_rows.INSERT_WATCHED, load_rows.watched_rows(tick))
        executemany(load_rows.INSERT_GENERATOR, load_rows.generator_rows(tick))
        executemany(load_rows.INSERT_ARRIVALS, load_rows.arrivals_rows(tick))
        executemany(load_rows.INSERT_LOCAL_ERROR, unsent)
        executemany(load_rows.INSERT_LOAD_WORKER_SAMPLE, sampled)

    def _store(self, write: Callable[[], object]) -> bool:
        """Do `write` in a transaction; False where what it writes can never be stored.

        Raises sqlite3.Error where the disk is at fault. Either way nothing of it is left.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            write()
            self._connection.execute("COMMIT")
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            for table in self._names:
                table.forget_new()
            if isinstance(error, _UNSTORABLE):
                return False
            raise
        for table in self._names:
            table.keep_new()
        return True


def _check_free(folder: Path) -> None:
    space = os.statvfs(folder)
    free_bytes = space.f_bavail * space.f_frsize
    if free_bytes < NEEDED_FREE_BYTES:
        raise PerftuiError(
            f"the disk of {path_for_people(folder.parent)} is almost full",
            f"a run needs {NEEDED_FREE_BYTES >> 20:,} MB, {free_bytes >> 20:,} MB are free",
            "Make room, or choose another folder with --runs-dir or PERFTUI_RUNS_DIR",
            exit_code=exit_codes.ENVIRONMENT,
        )


def _new_database(path: Path) -> sqlite3.Connection:
    # Made before SQLite opens it, so that no umask decides its mode; the WAL takes over the mode of its database.
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    os.fchmod(descriptor, 0o600)
    os.close(descriptor)
    connection = sqlite3.connect(path, timeout=1.0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # With a WAL, a crash of perftui loses nothing committed; a loss of power may lose the last commits, whole.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(f"BEGIN; {schema.TABLES} PRAGMA user_version = {schema.SCHEMA_VERSION}; COMMIT;")
    except BaseException:
        connection.close()
        raise
    return connection


def _in_words(error: Exception) -> str:
    text = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    if "full" in text or "No space" in text:
        return "the disk is full"
    return f"the disk cannot be written ({text})"
