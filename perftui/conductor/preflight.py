"""What can be known before a request is sent: does the target answer, and does the load fit this machine."""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx
import psutil

from perftui import exit_codes
from perftui.conductor.target_monitor import TargetMonitor
from perftui.judgement.quantities import format_quantity
from perftui.model.inspection import CheckItem
from perftui.model.plan import RunPlan, Target
from perftui.model.text import clean, mask_secrets, without_userinfo

PROBE_TIMEOUT_S = 3.0
# Longer than any one source may take.
TARGET_SIDE_TIMEOUT_S = 6.0
_LOOK_EVERY_S = 0.05
# A user holds up to two connections (a redirect to another port, a retry), the engine some for itself.
OPEN_FILES_PER_USER = 2
OPEN_FILES_OF_ENGINE = 100


async def check_target_side(target: Target) -> CheckItem:
    """One reading of the target's own side, as a run would take it each second."""
    monitor = TargetMonitor.for_target(target)
    name = "target side"
    if monitor is None:
        return CheckItem(name, "ok", "not read: the target is elsewhere, and has no metrics_url and no monitor_command")
    await monitor.start()
    try:
        for _ in range(round(TARGET_SIDE_TIMEOUT_S / _LOOK_EVERY_S)):
            if monitor.latest() is not None or monitor.problem:
                break
            await asyncio.sleep(_LOOK_EVERY_S)
        sample = monitor.latest()
    finally:
        await monitor.close()
    if monitor.problem or sample is None:
        return CheckItem(name, "warning", monitor.problem or "nothing could be read of it in time")
    parts = [
        "" if sample.memory_bytes is None else f"memory {format_quantity(sample.memory_bytes, 'bytes')}",
        "" if sample.open_connections is None else f"{sample.open_connections:,} open connections",
        "" if sample.value is None else f"its own number {sample.value:g}",
    ]
    return CheckItem(name, "ok", f"read: {', '.join(filter(None, parts)) or 'no number yet'}")


async def probe_target(target: Target) -> CheckItem:
    """One connection and one GET of the target's URL.

    Failed (REFUSED) where no load could arrive, or where it would arrive elsewhere: nobody listens, the name is
    unknown, the answer leads to another host. Everything else that is odd is a warning: a run will show it.
    """
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
        return _refused(f"nothing is listening on {where}")
    except (socket.gaierror, UnicodeError):
        return _refused(f"cannot resolve the host name {parts.hostname}")
    except TimeoutError:
        return _refused(f"{where} does not accept a connection within {PROBE_TIMEOUT_S:g} s")
    except OSError as error:
        # open_connection folds the errors of several addresses into one text.
        if "Connect call failed" in str(error):
            return _refused(f"nothing is listening on {where}")
        return _refused(f"cannot connect to {where}: {error.strerror or error}")
    connect_ms = (time.monotonic() - started) * 1000
    return await _ask(url, f"{where} connects in {connect_ms:.1f} ms")


async def _ask(url: str, connected: str) -> CheckItem:
    started = time.monotonic()
    try:
        async with (
            asyncio.timeout(PROBE_TIMEOUT_S),
            httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=PROBE_TIMEOUT_S) as client,
            client.stream("GET", url) as response,
        ):
            first_byte_ms = (time.monotonic() - started) * 1000
            status, location = response.status_code, response.headers.get("location", "")
    except (httpx.TimeoutException, TimeoutError):
        return _warning(f"{connected}, but a GET is not answered within {PROBE_TIMEOUT_S:g} s")
    except httpx.RemoteProtocolError:
        return _warning(f"{connected}, but what answers a GET is not HTTP, or is cut off")
    except httpx.ConnectError as error:
        return _warning(f"{connected}, but TLS fails: {clean(str(error))}")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _warning(f"{connected}, but a GET fails: {clean(str(error)) or type(error).__name__}")
    if location and 300 <= status < 400:
        elsewhere = _other_host(url, location)
        if elsewhere:
            return _refused(
                f"{url} redirects to {elsewhere}, and the load would go there; name that target if you mean it"
            )
    return CheckItem("target", "ok", f"{connected}; GET answers {status} in {first_byte_ms:.1f} ms")


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


def check_open_files(plan: RunPlan) -> CheckItem:
    """Whether the users of `plan` fit into the files that a process may open here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = plan.profile.users * OPEN_FILES_PER_USER + OPEN_FILES_OF_ENGINE
    if hard != resource.RLIM_INFINITY and hard < needed:
        return CheckItem(
            "open files",
            "failed",
            f"this machine allows {hard:,} open files, and {plan.profile.users:,} users need about {needed:,}; "
            f"raise the limit (`ulimit -Hn {needed}` as root) or lower the users",
            exit_codes.ENVIRONMENT,
        )
    limit = "no limit" if hard == resource.RLIM_INFINITY else f"limit {hard:,}"
    return CheckItem("open files", "ok", f"{plan.profile.users:,} users need about {needed:,} open files; {limit}")


def check_machine() -> CheckItem:
    """Whether somebody else already uses the processors."""
    cores, load = psutil.cpu_count() or 1, psutil.getloadavg()[0]
    if load > cores:
        return CheckItem(
            "machine",
            "warning",
            f"the load average is {load:.1f} on {cores} cores: measured times will be too high",
        )
    return CheckItem("machine", "ok", f"{cores} cores, load average {load:.1f}")


def _refused(text: str) -> CheckItem:
    return CheckItem("target", "failed", text, exit_codes.REFUSED)


def _warning(text: str) -> CheckItem:
    return CheckItem("target", "warning", text)
