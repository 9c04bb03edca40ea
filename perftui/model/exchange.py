"""A request and what came back, kept whole enough to be read by a person."""

from __future__ import annotations

from dataclasses import dataclass

# Of one failure group so many are kept, and of a run's failures together so many bytes of text.
MAX_EXCHANGES_PER_GROUP = 20
MAX_EXCHANGE_BYTES_OF_RUN = 8 << 20
# Of a body its beginning, of headers the first so many, each cut to so many characters.
MAX_BODY_CHARS = 2_000
MAX_HEADERS = 40
MAX_HEADER_CHARS = 200
# A trial ends after so many requests, and so many lines of what it prints and logs are kept.
MAX_TRIAL_EXCHANGES = 50
MAX_TRIAL_LINES = 200


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its response. Every text is cleaned, cut, and its secrets are masked.

    `elapsed_s` is when it ended on the run's clock, `time_ms` its service time (None: reported without one). `message`
    is that of its failure group, empty where it succeeded. `status` is 0 where there was no response. `response_bytes`
    is the whole length of the body, of which `response_body` may be the beginning. A body keeps its line breaks; one
    that is no text is described.
    """

    elapsed_s: float
    method: str
    name: str
    url: str
    status: int
    reason: str
    time_ms: float | None
    message: str = ""
    user_class: str = ""
    request_headers: tuple[tuple[str, str], ...] = ()
    request_body: str = ""
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: str = ""
    response_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """What one user did once: its class and task, every request in order, and what it printed.

    `exception` is one line that says what its code raised, or why it was ended; empty where it did all of its task.
    """

    user_class: str
    task: str
    exchanges: tuple[Exchange, ...]
    log: tuple[str, ...] = ()
    exception: str = ""
