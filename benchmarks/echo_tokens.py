"""Whether anything of one answer reaches another request: each carries a token, and gets an answer with a token.

    python -m benchmarks.echo_tokens [requests]

The server, in a process of its own, answers in all framings, packed or not, whole or in pieces, at once or late; now
and then it closes the connection before, in, or after an answer. LeanHttpUser's users ask one after the other; now and
then they give up after a random time, wherever the request is by then, or read a stream in part. Ends with 1 where a
body, a header, or a cookie was another request's.
"""

from __future__ import annotations

import gzip
import multiprocessing
import random
import sys
import time
from collections import Counter
from typing import Any

REQUESTS = 1_000_000
USERS = 20
# Of the requests: how many users give up, and within what time.
GIVES_UP = 0.1
GIVES_UP_WITHIN_S = 0.004
# Of the answers, each.
LATE = BROKEN = IN_PIECES = CLOSING = 0.03
LATE_WITHIN_S = 0.01
# Of the answers: the library's jar takes longer than all the rest.
HAS_COOKIE = 0.1


def serve(listener: Any) -> Any:
    """Answers on `listener`, in gevent's loop, until its `stop`."""
    from gevent.server import StreamServer

    server = StreamServer(listener, _serve_connection)
    server.start()
    return server


def _serve_connection(sock: Any, address: tuple[str, int]) -> None:
    import gevent

    chance = random.Random(address[1])
    rest = b""
    try:
        while True:
            while not (size := _size_of(rest)):
                data = sock.recv(1 << 16)
                if not data:
                    return
                rest += data
            request, rest = rest[:size], rest[size:]
            if chance.random() < LATE:
                gevent.sleep(chance.random() * LATE_WITHIN_S)
            answer, is_last = _answer(request, chance)
            if not is_last and chance.random() < BROKEN:
                # Before its first byte, and anywhere in it. One that ends with the connection would then be whole.
                answer, is_last = answer[: chance.choice((0, chance.randrange(len(answer))))], True
            while answer:
                cut = chance.randrange(1, len(answer) + 1) if chance.random() < IN_PIECES else len(answer)
                sock.sendall(answer[:cut])
                answer = answer[cut:]
                gevent.sleep(0)
            if is_last:
                return
    except OSError:
        pass  # the client left
    finally:
        sock.close()


def _size_of(request: bytes) -> int:
    """0 of one that is not whole."""
    head, end, body = request.partition(b"\r\n\r\n")
    length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n", 1)[0] or 0)
    return len(head) + 4 + length if end and len(body) >= length else 0


def _answer(request: bytes, chance: random.Random) -> tuple[bytes, bool]:
    """With the request's token in headers and the body; and whether the connection ends with it."""
    head, _, body = request.partition(b"\r\n\r\n")
    token = body or head.split(b" ", 2)[1][1:]
    lines = [b"HTTP/1.1 200 OK", b"X-Token: " + token]
    if chance.random() < HAS_COOKIE:
        lines.append(b"Set-Cookie: token=" + token)
    body = token * chance.choice((1, 1, 1, 50))
    if chance.random() < 0.2:
        lines.append(b"Content-Encoding: gzip")
        body = gzip.compress(body, 1)
    framing = chance.random()
    is_last = framing < CLOSING
    if is_last:
        lines.append(b"Connection: close")
    elif framing < 0.2:
        lines.append(b"Transfer-Encoding: chunked")
        at = chance.randrange(1, len(body))
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:at], body[at:]))
        body = chunks + b"0\r\nX-Trailer: " + token + b"\r\n\r\n"
    else:
        lines.append(b"Content-Length: %d" % len(body))
    interim = b"HTTP/1.1 103 Early Hints\r\nX-Token: early\r\n\r\n" if chance.random() < 0.1 else b""
    return interim + b"\r\n".join(lines) + b"\r\n\r\n" + body, is_last


def ask_all(url: str, requests: int, seed: int) -> Counter[str]:
    """How many were `answered` with their own token, `wrong`, `failed`, and `cut off` by the user."""
    import gevent
    from locust.env import Environment

    from perftui.users import LeanHttpUser

    counts: Counter[str] = Counter()
    user_class = type("TokenUser", (LeanHttpUser,), {"host": url})
    users = [user_class(Environment()) for _ in range(USERS)]

    def ask(number: int, client: Any) -> None:
        chance = random.Random(seed * 1000 + number)
        for at in range(number, requests, USERS):
            counts[_ask(client, f"{seed}-{at}", chance)] += 1

    asking = [gevent.spawn(ask, number, user.client) for number, user in enumerate(users)]
    gevent.joinall(asking, raise_error=True)
    for user in users:
        user.client.close()
    return counts


def _ask(client: Any, token: str, chance: random.Random) -> str:
    import gevent

    from perftui.users.errors import RequestFailed

    is_stream = chance.random() < 0.02
    limit = gevent.Timeout(chance.random() * GIVES_UP_WITHIN_S) if chance.random() < GIVES_UP else None
    try:
        if limit is not None:
            limit.start()
        method, path, data = ("POST", "/", token) if chance.random() < 0.3 else ("GET", f"/{token}", None)
        response = client.request(method, path, data=data, stream=is_stream)
        content = response.content if response.error is None and not (is_stream and chance.random() < 0.5) else None
    except gevent.Timeout:
        return "cut off"
    except RequestFailed:
        # Only the body of a stream says it so.
        assert is_stream
        return "failed"
    finally:
        if limit is not None:
            limit.close()
    if response.status_code and _is_wrong(client, response, content, token):
        return "wrong"
    return "answered" if response.error is None else "failed"


def _is_wrong(client: Any, response: Any, content: bytes | None, token: str) -> bool:
    headers = response.headers
    cookies = [cookie.value for cookie in client.cookiejar] if "Set-Cookie" in headers and not response.error else None
    return (
        headers["X-Token"] != token
        or cookies not in (None, [token])
        or (content is not None and content.replace(token.encode(), b"") != b"")
    )


def _serve_process(ready: Any) -> None:
    import gevent
    import gevent.socket

    listener = gevent.socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    serve(listener)
    ready.send(listener.getsockname()[1])
    gevent.wait()


def main() -> None:
    requests = int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else REQUESTS
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    server = context.Process(target=_serve_process, args=(there,), daemon=True)
    server.start()
    try:
        port = here.recv()
        begun_s = time.perf_counter()
        counts = ask_all(f"http://127.0.0.1:{port}", requests, seed=1)
        took_s = time.perf_counter() - begun_s
    finally:
        server.terminate()
        server.join()
    print(f"{requests:,} requests of {USERS} users in {took_s:.0f} s")
    for what in ("answered", "failed", "cut off", "wrong"):
        print(f"{what:<10}{counts[what]:>12,}")
    if counts["wrong"] or counts.total() != requests:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
