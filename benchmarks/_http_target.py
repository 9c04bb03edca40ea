"""A target over HTTP and TLS in a process of its own, on loopback: nginx with one worker, or Python without it."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import multiprocessing
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

_ITEMS = [{"id": number, "name": f"item {number * 7919 % 10_007}", "price": number * 31 % 997} for number in range(217)]
_GZIPPED = gzip.compress(json.dumps(_ITEMS).encode())
_IS_GZIPPED = ("Content-Encoding", "gzip")
_SESSION = ("Set-Cookie", "session=6f1c2a9d; Path=/; HttpOnly")


@dataclass(frozen=True, slots=True)
class Page:
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    closes: bool = False


# What is sent is answered by its path alone, whatever the method and the body are.
PAGES = {
    "/small": Page(b'{"ok": true}'),
    "/new": Page(b'{"ok": true}', closes=True),
    "/large": Page(os.urandom(1_000_000)),
    "/login": Page(b'{"ok": true}', (_SESSION, ("Set-Cookie", "seen=1; Path=/"))),
    "/items": Page(_GZIPPED, (_IS_GZIPPED,)),
    "/renewed": Page(_GZIPPED, (_IS_GZIPPED, _SESSION)),
}

_NGINX_CONF = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log crit;
worker_rlimit_nofile {files};
events {{ worker_connections {files}; }}
http {{
  access_log off; sendfile off; output_buffers 1 1m; gzip off; default_type application/json; open_file_cache max=100;
  keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
  server {{
    listen 127.0.0.1:{port} backlog=4096; listen 127.0.0.1:{tls_port} ssl backlog=4096; root {folder}/pages;
    location = /served {{ stub_status; }}
    {locations}
  }}
}}
"""
# A file may not be posted to: that error is answered with the file.
_LOCATION = "location = {path} {{ error_page 405 =200 {path}; {directives} }}"


@dataclass(frozen=True, slots=True)
class HttpTarget:
    """`served` asks the target how many requests it has answered."""

    name: str
    url: str
    tls_url: str
    pid: int
    served: Callable[[], int]


@contextlib.contextmanager
def http_target(core: int) -> Iterator[HttpTarget]:
    """On `core` alone."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    with tempfile.TemporaryDirectory() as folder:
        _make_certificate(Path(folder))
        with _of_nginx(nginx, Path(folder), core) if nginx else _of_python(Path(folder), core) as server:
            yield server


def _make_certificate(folder: Path) -> None:
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem"))
    command = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject, *files)
    subprocess.run(command, check=True, capture_output=True)


@contextlib.contextmanager
def _of_nginx(nginx: str, folder: Path, core: int) -> Iterator[HttpTarget]:
    (folder / "pages").mkdir()
    for path, page in PAGES.items():
        (folder / "pages" / path[1:]).write_bytes(page.body)
    port, tls_port = _free_port(), _free_port()
    conf = folder / "nginx.conf"
    files, locations = os.sysconf("SC_OPEN_MAX"), "\n    ".join(_location(path) for path in PAGES)
    conf.write_text(
        _NGINX_CONF.format(folder=folder, files=files, port=port, tls_port=tls_port, locations=locations),
    )
    process = subprocess.Popen([nginx, "-c", str(conf), "-e", str(folder / "error.log")])
    try:
        os.sched_setaffinity(process.pid, {core})
        url, version = f"http://127.0.0.1:{port}", subprocess.run([nginx, "-v"], capture_output=True, text=True)
        target = HttpTarget(
            version.stderr.rpartition(" ")[2].strip(),
            url,
            f"https://127.0.0.1:{tls_port}",
            process.pid,
            lambda: int(urllib.request.urlopen(f"{url}/served").read().split()[9]),
        )
        _wait_for(target)
        yield target
    finally:
        process.terminate()
        process.wait()


def _location(path: str) -> str:
    page = PAGES[path]
    directives = "".join(f'add_header {name} "{value}"; ' for name, value in page.headers)
    return _LOCATION.format(path=path, directives=directives + ("keepalive_timeout 0;" if page.closes else ""))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(target: HttpTarget, within_s: float = 10.0) -> None:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            target.served()
            return
        time.sleep(0.02)
    raise SystemExit(f"{target.name} did not answer at {target.url} within {within_s:g} s")


@contextlib.contextmanager
def _of_python(folder: Path, core: int) -> Iterator[HttpTarget]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    served = context.Value("q", 0)
    process = context.Process(target=_serve, args=(there, served, folder, core), daemon=True)
    process.start()
    try:
        assert process.pid is not None
        port, tls_port = here.recv()
        urls = f"http://127.0.0.1:{port}", f"https://127.0.0.1:{tls_port}"
        yield HttpTarget("a server in Python", *urls, process.pid, lambda: int(served.value))
    finally:
        process.terminate()
        process.join()


def _serve(ready: Any, served: Any, folder: Path, core: int) -> None:
    os.sched_setaffinity(0, {core})
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(folder / "certificate.pem", folder / "key.pem")

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        listen = partial(loop.create_server, lambda: _Answers(served), "127.0.0.1", 0, backlog=4096)
        servers = [await listen(), await listen(ssl=tls)]
        ready.send([server.sockets[0].getsockname()[1] for server in servers])
        await asyncio.gather(*(server.serve_forever() for server in servers))

    asyncio.run(serve())


class _Answers(asyncio.Protocol):
    """One request after the other, its body thrown away; `served` is shared with whoever asks how many there were."""

    def __init__(self, served: Any) -> None:
        self._served = served
        self._rest = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._rest += data
        head, end, body = self._rest.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        if not end or len(body) < length:
            return
        self._rest = body[length:]
        path = head.split()[1].decode()
        # Nobody else writes it.
        self._served.get_obj().value += 1
        self._transport.write(_ANSWERS[path])
        if PAGES[path].closes:
            self._transport.close()


def _answer(page: Page) -> bytes:
    headers = (("Content-Type", "application/json"), ("Content-Length", str(len(page.body))), *page.headers)
    lines = [
        f"{name}: {value}\r\n" for name, value in (*headers, ("Connection", "close" if page.closes else "keep-alive"))
    ]
    return f"HTTP/1.1 200 OK\r\n{''.join(lines)}\r\n".encode() + page.body


_ANSWERS = {path: _answer(page) for path, page in PAGES.items()}
