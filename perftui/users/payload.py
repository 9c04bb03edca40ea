"""What a request carries: the body of bytes that `data`, `json` and `files` stand for, and its content type."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from perftui.users.headers import header_lines

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def body_of(data: Any, json: Any, files: Any) -> tuple[bytes, str | None]:
    """The body and, where what it was made of says so, its content type. Raises TypeError for what is no body.

    As in Locust's clients, `json` counts only where there is no `data`.
    """
    if files:
        return _multipart(data, files)
    if not data:
        return (b"", None) if json is None else (jsonlib.dumps(json).encode(), JSON)
    if isinstance(data, bytes):
        return data, None
    if isinstance(data, str):
        return data.encode(), None
    if isinstance(data, (bytearray, memoryview)):
        return bytes(data), None
    if isinstance(data, Mapping) or _is_pairs(data):
        return urlencoded(data).encode(), FORM
    if hasattr(data, "read"):
        return _read(data), None
    raise TypeError(f"data is bytes, str, a dict or list of form fields, or an open file; not {type(data).__name__}")


def urlencoded(fields: Any) -> str:
    """`fields` as a form or a query has them: a list of values is repeated, None is left out. Raises TypeError."""
    if isinstance(fields, bytes):
        return fields.decode("latin-1")
    if isinstance(fields, str):
        return fields
    try:
        pairs = fields.items() if isinstance(fields, Mapping) else list(fields)
        return urlencode([(name, value) for name, values in pairs for value in _values(values)])
    except (TypeError, ValueError):
        raise TypeError(f"fields are a dict or a list of pairs, not {fields!r:.80}") from None


def _values(values: Any) -> Iterable[Any]:
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        values = (values,)
    return (value for value in values if value is not None)


def _is_pairs(data: Any) -> bool:
    return isinstance(data, (list, tuple)) and all(isinstance(each, (list, tuple)) and len(each) == 2 for each in data)


def _read(file: Any) -> bytes:
    content = file.read()
    return content.encode() if isinstance(content, str) else bytes(content)


def _multipart(data: Any, files: Any) -> tuple[bytes, str]:
    """`files` maps field names to contents, open files, or (filename, content[, content type[, headers]])."""
    fields = []
    if data:
        if not isinstance(data, Mapping) and not _is_pairs(data):
            raise TypeError("data beside files is a dict or list of form fields")
        for name, values in data.items() if isinstance(data, Mapping) else data:
            fields += [_field(name, value) for value in _values(values)]
    for name, file in files.items() if isinstance(files, Mapping) else files:
        fields.append(_file(name, file))
    return encode_multipart_formdata(fields)


def _field(name: str, value: Any) -> RequestField:
    field = RequestField(name, value if isinstance(value, bytes) else str(value))
    field.make_multipart()
    return field


def _file(name: str, file: Any) -> RequestField:
    parts = file if isinstance(file, (list, tuple)) else (_name_of(file, name), file)
    filename, content, content_type, headers = (*parts, None, None)[:4]
    if hasattr(content, "read"):
        content = content.read()
    if not isinstance(content, (str, bytes, bytearray)):
        raise TypeError(f"the file {name} is bytes, str or an open file; not {type(content).__name__}")
    header_lines({**(headers or {}), "Content-Type": content_type})
    field = RequestField(name, content if isinstance(content, str) else bytes(content), filename, headers)
    field.make_multipart(content_type=content_type)
    return field


def _name_of(file: Any, otherwise: str) -> str:
    """An open file's own name, as browsers send it; pipes and memory have none."""
    name = getattr(file, "name", None)
    return name.rpartition("/")[2] if isinstance(name, str) and not name.startswith("<") else otherwise
