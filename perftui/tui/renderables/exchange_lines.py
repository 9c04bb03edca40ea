"""A request and its response as lines: what was sent, what came back, and what they held."""

from __future__ import annotations

from perftui.model.exchange import Exchange
from perftui.model.text import clean, mask_secrets
from perftui.tui.figures import ms_text
from perftui.tui.renderables.line import Line, Piece, foreign, line, wrapped

# More than what is kept of a body.
_MAX_BODY_LINES = 200
_MAX_LINE_CHARS = 2000


def status_piece(exchange: Exchange) -> Piece:
    """The status as a symbol and a number; no number where there was no response."""
    symbol, role = ("✗ ", "bad") if exchange.message else ("✓ ", "good")
    return Piece(f"{symbol}{exchange.status or '–'}", role)


def exchange_lines(exchange: Exchange, width: int) -> list[Line]:
    times = ms_text(exchange.time_ms)
    lines = [line(status_piece(exchange), " ", foreign(exchange.reason), (f"  {times}", "strong"))]
    if exchange.message:
        lines += wrapped(clean(exchange.message, 400), width, "bad", first=Piece("✗ ", "bad"))
    lines += [Line(), line(("Request", "heading"))]
    lines += wrapped(clean(f"{exchange.method} {mask_secrets(exchange.url)}", 1000), width, "strong")
    lines += _headers(exchange.request_headers, width)
    lines += _body(exchange.request_body, width)
    lines += [Line(), line(("Response", "heading"), (_size(exchange), "muted"))]
    if not exchange.status:
        lines.append(line(("there was none", "muted")))
    lines += _headers(exchange.response_headers, width)
    lines += _body(exchange.response_body, width)
    return lines


def _size(exchange: Exchange) -> str:
    return f"  {exchange.response_bytes:,} bytes" if exchange.status else ""


def _headers(headers: tuple[tuple[str, str], ...], width: int) -> list[Line]:
    lines: list[Line] = []
    for name, value in headers:
        shown = mask_secrets(f"{name}: {value}").partition(": ")[2]
        lines += wrapped(clean(shown, 400), width, first=Piece(f"{clean(name, 60)}: ", "muted"))
    return lines


def _body(body: str, width: int) -> list[Line]:
    if not body:
        return []
    # A body that came over the wire is cleaned: its line ends are the two characters that clean() makes of them.
    rows = mask_secrets(body).replace("\\n", "\n").splitlines()
    lines = [Line()]
    for row in rows[:_MAX_BODY_LINES]:
        lines += wrapped(clean(row, _MAX_LINE_CHARS), width)
    if len(rows) > _MAX_BODY_LINES:
        lines.append(line((f"… {len(rows) - _MAX_BODY_LINES:,} lines more", "muted")))
    return lines
