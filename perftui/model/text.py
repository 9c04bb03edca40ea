"""Text that came from outside, made fit to be shown; the only place where that is decided."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit, urlunsplit

MAX_TEXT_LENGTH = 200

# C0, DEL and C1 controls, bidirectional and zero-width formatting, line separators, surrogates, noncharacters.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
# More than three marks on one letter are an attack on the line above, not a language.
_MARKS = 3


def clean(text: str, max_length: int = MAX_TEXT_LENGTH) -> str:
    """`text` as one line that does nothing to a terminal: each unsafe character is shown as its escape.

    A newline becomes the two characters ``\\n`` and a tab a space; cut to `max_length` characters with an
    ellipsis. Not an escaping for HTML or CSV: each sink does its own, on top.
    """
    shown = text[: max_length * 4]
    shown = shown.replace("\r\n", "\n").replace("\t", " ")
    shown = _UNSAFE.sub(_escape, shown)
    if not shown.isascii():
        shown = _limit_marks(shown)
    if len(shown) > max_length or len(text) > max_length * 4:
        shown = shown[: max_length - 1] + "…"
    return shown


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code == 0x0A:
        return "\\n"
    if code == 0x0D:
        return "\\r"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _limit_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MARKS:
            kept.append(character)
    return "".join(kept)


_UUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+\b")
_HEX = re.compile(r"\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{8,}\b")
_NUMBER = re.compile(r"\d{4,}|(?<=[/=#:\[(])\d+(?![\w.])")


def mask_ids(message: str) -> str:
    """`message` with what differs between two instances of the same failure replaced by a placeholder.

    Short numbers that stand alone (a status, an errno) stay; UUIDs, addresses, hexadecimal ids, numbers of four
    digits or more and numbers after a separator go.
    """
    message = _UUID.sub("<uuid>", message)
    message = _ADDRESS.sub("<address>", message)
    message = _HEX.sub("<hex>", message)
    return _NUMBER.sub("<n>", message)


_SECRET_NAME = re.compile(
    r"(?i)\b([\w-]*(?:token|secret|passw(?:or)?d|api[_-]?key|access[_-]?key|signature)[\w-]*)(=|: ?)([^\s&;,'\"]+)"
)
_AUTHORIZATION = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}")
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s@:]+(?::[^/\s@]*)?@")


def mask_secrets(text: str) -> str:
    """`text` with passwords in URLs, bearer tokens and values of secret-looking names replaced by ``***``."""
    text = _USERINFO.sub(r"\1***@", text)
    text = _AUTHORIZATION.sub(r"\1 ***", text)
    return _SECRET_NAME.sub(r"\1\2***", text)


def without_userinfo(url: str) -> str:
    """`url` without the name and password before its host."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
