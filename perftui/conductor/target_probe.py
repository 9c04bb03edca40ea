"""Whether the target answers, and what its answer tells, before any load is sent: a connection and a few GETs."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

from perftui import exit_codes
from perftui.model.inspection import CheckItem
from perftui.model.plan import Target
from perftui.model.text import clean, mask_secrets, without_userinfo

PROBE_TIMEOUT_S = 3.0
MAX_REDIRECTS = 5
# A certificate that ends sooner is worth a word before a run that is planned for tomorrow.
FEWEST_TLS_DAYS = 14
# Clocks that are further apart than this make the target's own logs hard to hold against a run.
LARGEST_SKEW_S = 1.0
# A Date header is cut to the second, and many a server writes it once a second: it may be so old.
_DATE_AGE_S = 2.0
# The two ends of a certificate's validity, as its bytes hold them: the years with two digits, or with four.
_VALIDITY = re.compile(rb"(?:\x17\x0d\d{12}Z|\x18\x0f\d{14}Z)(?:\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z)")


@dataclass
class _Answer:
    """The answer to one GET; times in ms, from what the connection itself noted."""

    status: int
    location: str
    date: str
    is_cached: bool
    first_byte_ms: float
    received_at_s: float
    tls_ms: float | None = None
    certificate: dict[str, Any] = field(default_factory=dict)
    certificate_bytes: bytes = b""
    distrust: str = ""
    """Why the certificate is not trusted; empty where it is."""


async def probe_target(target: Target) -> CheckItem:
    """One connection and one GET of the target's URL.

    Failed (REFUSED) where no load could arrive, or where it would arrive elsewhere: nobody listens, the name is
    unknown, the answer leads to another host. Everything else that is odd is a warning: a run will show it.
    """
    return (await _first_look(target))[0]


async def look_at_target(target: Target) -> AsyncIterator[CheckItem]:
    """As `probe_target`, then what else its answer tells: certificate, redirects, clock."""
    item, answer = await _first_look(target)
    yield item
    if answer is None:
        return
    url = without_userinfo(target.url)
    if answer.tls_ms is not None:
        yield _tls_item(answer, datetime.now(UTC))
    if item.status != "failed" and _leads(answer):
        yield await _follow(url, answer)
    yield clock_item(answer.date, answer.received_at_s, answer.first_byte_ms, is_cached=answer.is_cached)


async def _first_look(target: Target) -> tuple[CheckItem, _Answer | None]:
    url = without_userinfo(target.url)
    parts = urlsplit(url)
    port = _port_of(parts)
    where = f"{parts.hostname}:{port}"
    started = time.monotonic()
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            _, writer = await asyncio.open_connection(parts.hostname, port)
        writer.close()
    except ConnectionRefusedError:
        return _refused(f"nothing is listening on {where}"), None
    except (socket.gaierror, UnicodeError):
        return _refused(f"cannot resolve the host name {parts.hostname}"), None
    except TimeoutError:
        return _refused(f"{where} does not accept a connection within {PROBE_TIMEOUT_S:g} s"), None
    except OSError as error:
        # open_connection folds the errors of several addresses into one text.
        if "Connect call failed" in str(error):
            return _refused(f"nothing is listening on {where}"), None
        return _refused(f"cannot connect to {where}: {error.strerror or error}"), None
    connected = f"{where} connects in {(time.monotonic() - started) * 1000:.1f} ms"
    answer = await _ask(url)
    if isinstance(answer, str):
        return CheckItem("target", "warning", f"{connected}, but {answer}"), None
    elsewhere = _other_host(url, answer.location) if _leads(answer) else ""
    if elsewhere:
        why = f"{url} redirects to {elsewhere}, and the load would go there; name that target if you mean it"
        return _refused(why), answer
    times = f"first byte after {answer.first_byte_ms:.1f} ms"
    return CheckItem("target", "ok", f"{connected}; GET answers {answer.status}, {times}"), answer


async def _ask(url: str) -> _Answer | str:
    """The answer to one GET, or why there is none, in words that follow "but"."""
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            return await _get(url, httpx.create_ssl_context())
    except (httpx.TimeoutException, TimeoutError):
        return f"a GET is not answered within {PROBE_TIMEOUT_S:g} s"
    except httpx.RemoteProtocolError:
        return "what answers a GET is not HTTP, or is cut off"
    except httpx.ConnectError as error:
        distrust = _distrust(error)
        return await _ask_distrusted(url, distrust) if distrust else f"TLS fails: {clean(str(error))}"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"a GET fails: {clean(str(error)) or type(error).__name__}"


async def _ask_distrusted(url: str, distrust: str) -> _Answer | str:
    """As `_ask`, whatever the certificate says: nothing secret is sent, and staging often has one of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            answer = await _get(url, context)
    except (httpx.HTTPError, TimeoutError):
        return f"TLS fails: {distrust}"
    answer.distrust = distrust
    return answer


async def _get(url: str, context: ssl.SSLContext) -> _Answer:
    """Raises what httpx raises."""
    moments: dict[str, float] = {}

    async def note(event: str, _info: object) -> None:
        moments[event] = time.monotonic()

    async with (
        httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=PROBE_TIMEOUT_S, verify=context) as client,
        client.stream("GET", url, extensions={"trace": note}) as response,
    ):
        received_at_s = time.time()
        sent = moments.get("http11.send_request_headers.started", 0.0)
        answer = _Answer(
            status=response.status_code,
            location=response.headers.get("location", ""),
            date=response.headers.get("date", ""),
            is_cached="age" in response.headers,
            first_byte_ms=(moments.get("http11.receive_response_headers.complete", sent) - sent) * 1000,
            received_at_s=received_at_s,
        )
        shaken = moments.get("connection.start_tls.complete")
        if shaken is not None:
            answer.tls_ms = (shaken - moments.get("connection.start_tls.started", shaken)) * 1000
            connection = response.extensions["network_stream"].get_extra_info("ssl_object")
            answer.certificate = connection.getpeercert() or {}
            answer.certificate_bytes = connection.getpeercert(binary_form=True) or b""
        return answer


def _distrust(error: BaseException) -> str:
    """Why the certificate was not trusted; empty where that is not what failed."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return clean(cause.verify_message or "it cannot be verified")
        cause = cause.__cause__ or cause.__context__
    return ""


def _tls_item(answer: _Answer, now: datetime) -> CheckItem:
    said = [f"handshake in {answer.tls_ms:.1f} ms"]
    ends = _end_of(answer.certificate_bytes)
    days = None if ends is None else (ends - now).days
    names = [value for part in answer.certificate.get("subject", ()) for key, value in part if key == "commonName"]
    whose = f"the certificate of {clean(names[0], 100)}" if names else "the certificate"
    if ends is not None and days is not None:
        when = f"{ends:%Y-%m-%d}"
        said.append(f"{whose} ended on {when}" if days < 0 else f"{whose} is good for {_days(days)}, until {when}")
    if answer.distrust:
        said.append(f"it is not trusted here ({answer.distrust}): users that verify it will fail")
    is_short = days is not None and days < FEWEST_TLS_DAYS
    return CheckItem("TLS", "warning" if is_short or answer.distrust else "ok", "; ".join(said))


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days:,} days"


def _end_of(certificate: bytes) -> datetime | None:
    """When `certificate` ends. Python reads the fields of none that it does not trust."""
    found = _VALIDITY.search(certificate)
    if found is None:
        return None
    short, long = (each.decode() if each else "" for each in found.groups())
    try:
        # Of two digits, those below 50 are of this century.
        text = long or f"{'20' if int(short[:2]) < 50 else '19'}{short}"
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _leads(answer: _Answer) -> bool:
    return bool(answer.location) and 300 <= answer.status < 400


async def _follow(url: str, answer: _Answer) -> CheckItem:
    """Where redirects lead, each asked for by hand: never another host."""
    steps: list[str] = []
    for _ in range(MAX_REDIRECTS):
        try:
            there = urljoin(url, answer.location)
            elsewhere = _other_host(url, answer.location)
        except ValueError:
            there = elsewhere = ""
        shown = clean(mask_secrets(there or answer.location), 120)
        steps.append(f"{answer.status} to {shown}")
        if elsewhere:
            why = f"redirect {len(steps)} leads to {elsewhere}, and the load would go there"
            return CheckItem("redirects", "failed", why, exit_codes.REFUSED, tuple(steps))
        following = await _ask(there) if there else "this is no address"
        if isinstance(following, str):
            return CheckItem("redirects", "warning", f"{shown}: {following}", details=tuple(steps))
        url, answer = there, following
        if not _leads(answer):
            text = f"{_hops(len(steps))} to {shown}, which answers {answer.status}"
            return CheckItem("redirects", "ok", text, details=tuple(steps))
    text = f"more than {MAX_REDIRECTS} redirects, one after the other; each is a request of its own"
    return CheckItem("redirects", "warning", text, details=tuple(steps))


def _hops(count: int) -> str:
    return "1 redirect" if count == 1 else f"{count} redirects"


def clock_item(date: str, received_at_s: float, first_byte_ms: float, *, is_cached: bool = False) -> CheckItem:
    """How far the target's clock is from this machine's, from the Date header of an answer, and how exactly.

    `received_at_s` is when the answer came, on this machine's clock (Unix time).
    """
    try:
        there_s = parsedate_to_datetime(date).timestamp() + _DATE_AGE_S / 2
    except (ValueError, TypeError, OverflowError):
        return CheckItem("clock", "ok", "not compared: the target's answer says no time")
    if is_cached:
        return CheckItem("clock", "ok", "not compared: the answer comes from a cache, and so does its time")
    error_s = _DATE_AGE_S / 2 + first_byte_ms / 2000
    skew_s = there_s - (received_at_s - first_byte_ms / 2000)
    if abs(skew_s) <= error_s:
        return CheckItem("clock", "ok", f"the target's is this machine's, to ±{error_s:.1f} s")
    direction = "ahead of" if skew_s > 0 else "behind"
    text = f"the target's is {abs(skew_s):,.1f} s {direction} this machine's (±{error_s:.1f} s)"
    if abs(skew_s) - error_s <= LARGEST_SKEW_S:
        return CheckItem("clock", "ok", text)
    return CheckItem("clock", "warning", f"{text}: the times in its logs are off by as much")


def _other_host(url: str, location: str) -> str:
    """Host and port that `location` leads to where they are not those of `url`, except for http to https."""
    here = urlsplit(url)
    try:
        there = urlsplit(urljoin(url, location))
        there_port = _port_of(there)
    except ValueError:
        return ""  # leads nowhere: a client that follows it fails, and the run shows it
    if here.hostname == there.hostname and (_port_of(here) == there_port or there.scheme == "https"):
        return ""
    return clean(mask_secrets(f"{there.scheme}://{there.netloc}"))


def _port_of(parts: SplitResult) -> int:
    """Raises ValueError for a port that is none."""
    return parts.port or (443 if parts.scheme == "https" else 80)


def _refused(text: str) -> CheckItem:
    return CheckItem("target", "failed", text, exit_codes.REFUSED)
