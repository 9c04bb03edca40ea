"""The rows, by what they are about."""

from __future__ import annotations

from tests.users.table import (
    answers,
    bad_input,
    connections,
    cookies,
    encodings,
    failures,
    payloads,
    redirects,
    sending,
    streams,
    verdicts,
)

TABLE = (
    *sending.ROWS,
    *payloads.ROWS,
    *answers.ROWS,
    *encodings.ROWS,
    *streams.ROWS,
    *redirects.ROWS,
    *cookies.ROWS,
    *verdicts.ROWS,
    *connections.ROWS,
    *failures.ROWS,
    *bad_input.ROWS,
)
