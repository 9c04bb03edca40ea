"""Text that came from outside, made fit to be shown; the only place where that is decided."""

from __future__ import annotations

import base64
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
_NUMBER = re.compile(r"\d{4,}|(?<=[/=#:\[(])(?<!code=)(?<!status=)\d+(?![\w.])")


def mask_ids(message: str) -> str:
    """`message` with what differs between two instances of the same failure replaced by a placeholder.

    Short numbers that stand alone (an errno) or say a status (``code=503``) stay; UUIDs, addresses, hexadecimal ids,
    numbers of four digits or more and numbers after a separator go.
    """
    message = _UUID.sub("<uuid>", message)
    message = _ADDRESS.sub("<address>", message)
    message = _HEX.sub("<hex>", message)
    return _NUMBER.sub("<n>", message)


# What is longer is cut before it is searched: no sink shows as much of one text, and the engine's hub waits meanwhile.
MAX_SEARCHED = 16_384

# All patterns below are linear in the text: no pattern begins with a run, and each run is bounded or ends the match.
# They begin at the telling word, not at the name around it, which stays as it is anyway.
_WORD = (
    r"(?:token|secret|passw(?:or)?d|passphrase|passcode|[_-]pass(?![a-z])|pwd|credential|jwt|signature"
    r"|(?<![a-z])sig(?![a-z])|(?<![a-z])auth(?![a-z])|(?:api|access|private|session)[_-]?key|sess(?:ion)?[_-]?id"
    r"|cookie(?=[\w-]))[\w-]{0,60}+"
)
# Their value is all of the line: a cookie or a digest has many parts.
_HEADER = r"(?<![a-z])(?:authorization|cookie)"
_SCHEME = r"(?:(?:bearer|basic|token|digest|apikey|negotiate|ntlm|aws4-hmac-sha256)[ \t]{1,4})?"
# A quote may be escaped, as in JSON within JSON.
_QUOTE = r"\\{0,8}[\"']"

_SECRET_NAME = re.compile(rf"(?i){_WORD}|{_HEADER}")
# A quoted value ends where its own quote comes again, at the same depth of escapes.
_QUOTED = re.compile(
    rf"(?i)((?:{_WORD}|{_HEADER})(?:{_QUOTE}\]?[ \t]{{0,2}}(?:=>|[=:,])|[ \t]{{0,2}}[=:])[ \t]{{0,2}}[bu]?"
    rf"(?P<quote>{_QUOTE}){_SCHEME})(?:(?!(?P=quote))\\{{0,8}}[^\\])+"
)
_HEADER_LINE = re.compile(rf"(?i)({_HEADER}[ \t]{{0,2}}(?::|=(?![ \t]{{0,2}}{_QUOTE}))[ \t]{{0,2}}{_SCHEME})[^\r\n]+")
# A plain value ends at white space, at &, and at a quote, comma or semicolon that nothing of a word follows. What opens
# a collection of quoted texts hides the rest of the line.
_PLAIN = re.compile(
    rf"(?i)({_WORD}(?:{_QUOTE}\]?)?[ \t]{{0,2}}(?:=>|[=:])[ \t]{{0,2}})(?![bu]?{_QUOTE})"
    rf"(?:[\[({{]{{1,8}} ?[bu]?{_QUOTE}[^\r\n]*|(?:[^\s&'\",;]|[,;'\"](?=\w))+)"
)
_CREDENTIALS = re.compile(r"(?i)\b(bearer|basic)([ \t]{1,4})([\w.~+/=<>-]+)")
_WORD_OF_A_SENTENCE = re.compile(r"[A-Z]?[a-z]*[.-]?|[A-Z]+")
_JSON_WEB_TOKEN = re.compile(r"(?<![\w-])eyJ[\w-]{4,}(?:\.[\w-]*){1,4}")
# Up to the last @ of the host's part; or, where that has none but something after a colon that is no port, a password
# with a / in it.
_USERINFO = re.compile(
    r"://(?:[^\s/?#\"]{1,2048}@|(?!\[)[^\s/?#@:\"]{0,128}:(?!\d{0,5}(?![\w%]))[^\s@\"]{1,128}@(?:[^\s/?#\"]{1,128}@)?)"
)


def mask_secrets(text: str) -> str:
    """`text` with passwords in URLs, credentials, tokens and the values of secret-looking names as ``***``.

    Cut to MAX_SEARCHED characters. What is masked already stays as it is.
    """
    if len(text) > MAX_SEARCHED:
        text = text[: MAX_SEARCHED - 1] + "…"
    text = _USERINFO.sub("://***@", text)
    text = _JSON_WEB_TOKEN.sub("***", text)
    text = _QUOTED.sub(r"\1***", text)
    text = _HEADER_LINE.sub(r"\1***", text)
    text = _PLAIN.sub(r"\1***", text)
    return _CREDENTIALS.sub(_mask_credentials, text)


def is_secret_name(name: str) -> bool:
    """Whether a value of this name, a header's, field's or option's, is one to hide."""
    return _SECRET_NAME.search(name) is not None


def _mask_credentials(match: re.Match[str]) -> str:
    """Sentences speak of basic and bearer too: a word after them stays."""
    scheme, space, value = match.groups()
    is_word = _WORD_OF_A_SENTENCE.fullmatch(value) is not None
    if (len(value) >= 6 and not is_word) or (scheme.lower() == "basic" and _holds_name_and_password(value)):
        return f"{scheme}{space}***"
    return match.group()


def _holds_name_and_password(value: str) -> bool:
    try:
        return b":" in base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except ValueError:
        return False


def without_userinfo(url: str) -> str:
    """`url` without the name and password before its host."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
