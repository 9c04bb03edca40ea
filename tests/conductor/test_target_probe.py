"""What a probe says of each kind of target, before any load."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.conductor import target_probe
from perftui.conductor.target_probe import clock_item, look_at_target, probe_target
from perftui.model.inspection import CheckItem
from perftui.model.plan import Target
from tests.fakes.fault_server import RunningFaultServer


@pytest.mark.parametrize(
    ("mode", "status", "said"),
    [
        ("ok", "ok", "GET answers 200"),
        ("status=503", "ok", "GET answers 503"),
        ("redirect=http://127.0.0.2:9", "failed", "redirects to http://127.0.0.2:9"),
        ("redirect=", "ok", "GET answers 302"),
        ("redirect=http://[", "ok", "GET answers 302"),
        ("redirect=http://127.0.0.1:99999", "ok", "GET answers 302"),
        ("hang", "warning", "not answered within"),
        ("reset", "warning", "a GET fails"),
        ("garbage", "warning", "not HTTP"),
        ("truncate", "ok", "GET answers 200"),
    ],
)
async def test_what_a_target_answers(mode: str, status: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_probe, "PROBE_TIMEOUT_S", 1.0)
    with RunningFaultServer(mode) as server:
        item = await probe_target(Target("t", server.url))
    assert item.status == status, item.text
    assert said in item.text
    assert item.exit_code == (exit_codes.REFUSED if status == "failed" else 0)


async def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        item = await probe_target(Target("t", f"http://127.0.0.1:{unused.getsockname()[1]}"))
    assert (item.status, item.exit_code) == ("failed", exit_codes.REFUSED)
    assert "nothing is listening on 127.0.0.1" in item.text


async def test_a_host_name_that_does_not_exist() -> None:
    item = await probe_target(Target("t", "http://nowhere.invalid"))
    assert "cannot resolve the host name nowhere.invalid" in item.text


async def test_a_host_name_that_none_can_be() -> None:
    item = await probe_target(Target("t", f"http://{'x' * 70}.test"))
    assert (item.status, item.exit_code) == ("failed", exit_codes.REFUSED)


async def test_a_password_in_the_address_is_never_said() -> None:
    with RunningFaultServer("ok") as server:
        item = await probe_target(Target("t", server.url.replace("//", "//user:CANARY@")))
    assert item.status == "ok"
    assert "CANARY" not in item.text


async def _items(url: str) -> dict[str, CheckItem]:
    return {item.name: item async for item in look_at_target(Target("t", url))}


async def _served(answers: dict[str, bytes], context: ssl.SSLContext | None = None) -> tuple[asyncio.Server, int]:
    """A server with an answer for each path."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
            writer.write(answers[path])
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass  # a probe that only connects, or trusts nobody
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    return server, server.sockets[0].getsockname()[1]


def _answer(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "Content-Length: 0", "Connection: close", *headers, "", ""]).encode()


async def test_redirects_are_followed_and_never_to_another_host() -> None:
    answers = {
        "/": _answer("301 Moved", "Location: /login?token=CANARY"),
        "/login?token=CANARY": _answer("302 Found", "Location: /home"),
        "/home": _answer("200 OK"),
        "/round/": _answer("302 Found", "Location: /round/"),
        "/out/": _answer("302 Found", "Location: /away"),
        "/away": _answer("307 Go", "Location: http://elsewhere.invalid/"),
    }
    server, port = await _served(answers)
    async with server:
        found = (await _items(f"http://127.0.0.1:{port}/"))["redirects"]
        assert (found.status, len(found.details)) == ("ok", 2)
        assert "2 redirects to" in found.text
        assert "/home, which answers 200" in found.text
        assert "CANARY" not in str(found)
        round_and_round = (await _items(f"http://127.0.0.1:{port}/round/"))["redirects"]
        assert (round_and_round.status, len(round_and_round.details)) == ("warning", target_probe.MAX_REDIRECTS)
        out = (await _items(f"http://127.0.0.1:{port}/out/"))["redirects"]
        assert (out.status, out.exit_code) == ("failed", exit_codes.REFUSED)
        assert "leads to http://elsewhere.invalid" in out.text


@pytest.fixture
def self_made(tmp_path: Path) -> ssl.SSLContext:
    """What a server with a certificate of its own has, good for five days."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=test")
    files = ("-keyout", key, "-out", certificate)
    try:
        subprocess.run(["openssl", "req", *kind, "-days", "5", *files], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("this machine has no openssl to make a certificate")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def test_a_certificate_that_ends_soon_or_is_not_trusted_is_said(self_made: ssl.SSLContext) -> None:
    server, port = await _served({"/": _answer("200 OK")}, self_made)
    async with server:
        items = await _items(f"https://127.0.0.1:{port}/")
    assert items["target"].status == "ok"
    assert "GET answers 200" in items["target"].text
    assert items["TLS"].status == "warning"
    assert "handshake in" in items["TLS"].text
    assert "good for 4 days" in items["TLS"].text
    assert "not trusted here" in items["TLS"].text


@pytest.mark.parametrize(
    ("behind_s", "status", "said"),
    [
        (0.0, "ok", "is this machine's, to ±1.0 s"),
        (1.3, "ok", "1.3 s behind this machine's (±1.0 s)"),
        (90.0, "warning", "90.0 s behind this machine's"),
        (-3600.0, "warning", "3,600.0 s ahead of this machine's"),
    ],
)
def test_the_clocks_are_compared_as_exactly_as_the_header_allows(behind_s: float, status: str, said: str) -> None:
    there_s = 1_800_000_000
    date = format_datetime(datetime.fromtimestamp(there_s, UTC), usegmt=True)
    item = clock_item(date, there_s + 1.0 + behind_s, 0.0)
    assert item.status == status, item.text
    assert said in item.text


@pytest.mark.parametrize("date", ["", "yesterday", "\x1b]0;PWNED\x07", "Mon, 99 Foo 99999 99:99:99 GMT"])
def test_a_time_that_is_none_is_not_compared(date: str) -> None:
    assert "not compared" in clock_item(date, 0.0, 0.0).text


def test_a_cached_answer_tells_no_time() -> None:
    date = format_datetime(datetime.fromtimestamp(1_000, UTC), usegmt=True)
    assert "cache" in clock_item(date, 9_999.0, 0.0, is_cached=True).text
