"""What of one request and its response may be seen: their secrets are masked, wherever they stand."""

from __future__ import annotations

import base64
import codecs
import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from urllib.parse import unquote_plus

from perftui.model.exchange import MAX_BODY_CHARS, MAX_HEADER_CHARS, MAX_HEADERS
from perftui.model.text import clean, is_secret_name, mask_secrets

MASK = "***"
MAX_URL_CHARS = 500
# One more than is shown, to know that there is more.
_SEARCHED = MAX_BODY_CHARS + 1
# A shorter value would be found in words that it does not come from; a longer one is no credential.
_SHORTEST_VALUE, _LONGEST_VALUE = 6, 4096
_MAX_VALUES = 50

# Wider than the names in a text: of a header nothing else is lost than its value.
_SECRET_HEADER = re.compile(
    r"(?i)auth|cookie|token|secret|session|passw|credential|signature|key|jwt|csrf|xsrf|assertion"
)
# They say why access was refused.
_OPEN_HEADERS = frozenset({"www-authenticate", "proxy-authenticate", ":authority"})
_COOKIE = re.compile(r"=\s*\"?([^;,\"\s]+)")

_PAIR = re.compile(r"([^&=\s?;\"'<>{}]{1,200})=([^&\s\"'<>]*)")
_JSON_KEY = re.compile(r"(\"(?:[^\"\\]|\\.){0,200}\")\s*:\s*", re.DOTALL)
_JSON_TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*(?:\"|\\?\Z)|[{}\[\],:]|[^\s\"{}\[\],:]+|\s+", re.DOTALL)
_XML_TEXT = re.compile(
    r"(<(?:[\w.-]{1,60}:)?([\w.-]{1,100})(?:\s[^<>]{0,500})?>)(\s*(?:<!\[CDATA\[.*?(?:\]\]>|\Z)|[^<]+))", re.DOTALL
)
_HTML_FIELD = re.compile(r"(?i)<(?:input|meta|param)\s[^<>]{1,1000}>?")
_HTML_NAME = re.compile(r"(?i)\b(?:name|id|property|http-equiv)\s*=\s*[\"']?([^\"'\s>]{1,200})")
_HTML_VALUE = re.compile(r"(?i)(\b(?:value|content)\s*=\s*)(\"[^\"]*\"?|'[^']*'?|[^\s>]+)")
_PART_NAME = re.compile(r"(?i)\bname=\"?([^\";\r\n]{1,200})")
_BLANK_LINE = re.compile(r"\r?\n\r?\n")
_TEXT_TYPE = re.compile(r"(?i)text/|json|xml|javascript|ecmascript|urlencoded|graphql|yaml|multipart/form-data")
_BINARY_TYPE = re.compile(r"(?i)(?:image|audio|video|font)/(?!svg)")
_CHARSET = re.compile(r"(?i)charset=\"?([\w.:-]{1,40})")

Headers = Iterable[tuple[object, object]]


class ExchangeMask:
    """Masks the parts of one exchange, each of which is given first and asked for afterwards.

    What is masked in one part is masked in all of them: a target that refuses a password may repeat it. `known` are
    secrets that are known beforehand.
    """

    def __init__(self, known: Sequence[str] = ()) -> None:
        # Bounded by _MAX_VALUES on top of what is known.
        self._values: dict[str, None] = dict.fromkeys(filter(_is_telling, known))
        self._most = len(self._values) + _MAX_VALUES

    def url(self, url: str) -> str:
        return self._pairs(url[:MAX_BODY_CHARS])

    def headers(self, headers: Headers) -> list[tuple[str, str]]:
        """At most MAX_HEADERS, each value cut; one whose name tells of a secret is all masked."""
        return [self._header(_text_of(name), _text_of(value)) for name, value in islice(headers, MAX_HEADERS)]

    def body(self, body: bytes | str, content_type: str) -> str:
        """The beginning of `body`; what is no text is described."""
        text = body[:_SEARCHED] if isinstance(body, str) else _decoded(body, content_type)
        if text is None:
            kind = clean(content_type.partition(";")[0].strip(), 60)
            return f"{_bytes_text(len(body))} of {kind}" if kind else f"{_bytes_text(len(body))}, no text"
        text = text.replace("\r\n", "\n")
        begin = text.lstrip()[:1]
        if "multipart" in content_type.lower():
            return self._parts(text)
        if begin in ("{", "[", '"') or "json" in content_type.lower():
            return self._json(text)
        if begin == "<":
            return self._markup(text)
        return self._pairs(text)

    def shown(self, text: str, max_length: int) -> str:
        """A line of what the methods above returned, fit to be shown and kept."""
        return clean(self._without_values(_masked_line(text)), max_length)

    def shown_headers(self, headers: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        return tuple((clean(name, MAX_HEADER_CHARS), self.shown(value, MAX_HEADER_CHARS)) for name, value in headers)

    def shown_body(self, text: str) -> str:
        """As `shown`, with its line breaks."""
        lines = self._without_values(mask_secrets(text)).split("\n")
        shown = "\n".join(clean(line, MAX_BODY_CHARS) for line in lines)
        return shown if len(shown) <= MAX_BODY_CHARS else shown[: MAX_BODY_CHARS - 1] + "…"

    def _hide(self, value: str) -> str:
        if _is_telling(value) and len(self._values) < self._most:
            self._values[value] = None
        return MASK

    def _without_values(self, text: str) -> str:
        for value in sorted(self._values, key=len, reverse=True):
            if value in text:
                text = text.replace(value, MASK)
        return text

    def _header(self, name: str, value: str) -> tuple[str, str]:
        low = name.lower()
        if low in _OPEN_HEADERS or not (_SECRET_HEADER.search(name) or _is_secret(name)):
            return name, self._pairs(value)
        if "cookie" in low:
            # Of a cookie that is set, only the first pair is its own.
            for found in _COOKIE.findall(value.partition(";")[0] if low.startswith("set-") else value):
                self._hide(found)
            return name, MASK
        scheme, _, credentials = value.strip().rpartition(" ")
        self._hide(credentials)
        if scheme.lower() == "basic":
            self._hide(_password_of(credentials))
        return name, MASK

    def _pairs(self, text: str) -> str:
        """A query or a form, or a text with such in it: names may be encoded, and may be paths such as a[b]."""

        def masked(match: re.Match[str]) -> str:
            name, value = match.groups()
            if not value or not _is_secret(unquote_plus(name)):
                return match.group()
            self._hide(value)
            self._hide(unquote_plus(value))
            return f"{name}={MASK}"

        return _PAIR.sub(masked, text)

    def _json(self, text: str) -> str:
        """JSON, whole or cut off, as it was written: the value of each secret name is masked with all that is in it."""
        shown: list[str] = []
        done = 0
        for key in _JSON_KEY.finditer(text):
            if key.start() >= done and _is_secret(_string_of(key.group(1))):
                shown.append(text[done : key.end()])
                done = self._hide_value(text, key.end())
                shown.append(f'"{MASK}"' if done > key.end() else "")
        return "".join([*shown, text[done:]])

    def _hide_value(self, text: str, start: int) -> int:
        """Where the value of JSON that begins at `start` ends."""
        depth = 0
        end = start
        for match in _JSON_TOKEN.finditer(text, start):
            token = match.group()
            if not depth and token in (",", "}", "]"):
                break
            depth += (token in "{[") - (token in "}]")
            self._hide(_string_of(token))
            end = match.end()
            if not depth:
                break
        return end

    def _markup(self, text: str) -> str:
        """XML or HTML: the text of elements, and the values of fields, with a secret name."""

        def masked_text(match: re.Match[str]) -> str:
            tag, name, inner = match.groups()
            if not inner.strip() or not _is_secret(name):
                return match.group()
            return tag + self._hide(inner.strip().removeprefix("<![CDATA[").removesuffix("]]>"))

        def masked_field(match: re.Match[str]) -> str:
            field = match.group()
            if not any(_is_secret(name) for name in _HTML_NAME.findall(field)):
                return field
            return _HTML_VALUE.sub(
                lambda value: value.group(1) + f'"{self._hide(value.group(2).strip(_QUOTES))}"', field
            )

        return _HTML_FIELD.sub(masked_field, _XML_TEXT.sub(masked_text, text))

    def _parts(self, text: str) -> str:
        """A multipart form."""
        shown = []
        for part in text.split("\n--"):
            blank = _BLANK_LINE.search(part)
            name = _PART_NAME.search(part, 0, blank.start()) if blank else None
            if blank and name and _is_secret(name.group(1)):
                self._hide(part[blank.end() :].strip())
                part = part[: blank.end()] + MASK
            shown.append(part)
        return "\n--".join(shown)


_QUOTES = "\"'"


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    """As `is_secret_name`: the same names come again and again."""
    return is_secret_name(name[:MAX_HEADER_CHARS])


@lru_cache(maxsize=1024)
def _masked_line(text: str) -> str:
    return mask_secrets(text)


def _is_telling(value: str) -> bool:
    return _SHORTEST_VALUE <= len(value) <= _LONGEST_VALUE and value not in ("false", "undefined")


def _string_of(token: str) -> str:
    """What a token of JSON stands for where it is a string, else nothing."""
    if not token.startswith('"'):
        return ""
    if "\\" not in token:
        return token.strip('"')
    try:
        value = json.loads(token, strict=False)
    except ValueError:
        return token[1:]  # cut off
    return value if isinstance(value, str) else ""


def _password_of(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode(errors="replace").partition(":")[2]
    except ValueError:
        return ""


def _text_of(value: object) -> str:
    if isinstance(value, bytes):
        return value[:MAX_BODY_CHARS].decode("latin-1")
    return str(value)[:MAX_BODY_CHARS]


def _decoded(body: bytes, content_type: str) -> str | None:
    """The beginning of `body` as text; None where it is none."""
    begin = body[:_SEARCHED]
    is_text = _TEXT_TYPE.search(content_type) is not None
    if b"\0" in begin or (not is_text and _BINARY_TYPE.match(content_type)):
        return None
    charset = _CHARSET.search(content_type)
    try:
        decoder = codecs.getincrementaldecoder(charset.group(1) if charset else "utf-8")
        # Not final: the last character may be cut.
        return decoder("strict").decode(begin)
    except (LookupError, UnicodeDecodeError, ValueError):
        return begin.decode("utf-8", "replace") if is_text and "multipart" not in content_type.lower() else None


def _bytes_text(count: int) -> str:
    return "1 byte" if count == 1 else f"{count:,} bytes"
