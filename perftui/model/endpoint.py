"""HOST:PORT as people write it."""

from __future__ import annotations

HIGHEST_PORT = 65535
# What Locust's own master listens on; a worker that names no port means this one.
LOCUST_PORT = 5557


def parse_endpoint(text: str, default_port: int | None = None) -> tuple[str, int]:
    """The host and the port of HOST:PORT; an IPv6 address stands in brackets where a port follows it.

    Without `default_port` there has to be a port. Raises ValueError with what is wrong, in words.
    """
    text = text.strip()
    host, port_text = _split(text)
    if not host or any(each.isspace() or each in "/@?#" for each in host):
        raise ValueError(f"{text!r} is not HOST:PORT")
    if host.isdigit() and not port_text:
        raise ValueError(f"{text!r} is a port without its host")
    if not port_text:
        if default_port is None or text.endswith(":"):
            raise ValueError(f"{text!r} has no port: HOST:PORT")
        return host, default_port
    if not (port_text.isascii() and port_text.isdigit() and int(port_text) <= HIGHEST_PORT):
        raise ValueError(f"{port_text!r} is not a port: 1 to {HIGHEST_PORT}")
    return host, int(port_text)


def endpoint_text(host: str, port: int) -> str:
    """As `parse_endpoint` reads it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _split(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        return (host, rest.removeprefix(":")) if bracket and (not rest or rest.startswith(":")) else ("", "")
    if text.count(":") > 1:
        return text, ""
    host, _, port = text.partition(":")
    return host, port
