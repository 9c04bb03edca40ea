"""The frame of every page of ours: no network, no script, light and dark, screen, phone and paper."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from perftui.reports.markup import shown

_CSS = resources.files("perftui.reports").joinpath("report.css").read_text("utf-8")
_CSS_HASH = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()


def page(title: str, body: str) -> bytes:
    """A whole page: `title` is foreign text, `body` HTML."""
    html = (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'sha256-{_CSS_HASH}'; base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{shown(title)}</title>\n"
        f"<style>{_CSS}</style></head>\n<body><main>\n{body}</main></body></html>\n"
    )
    return html.encode()
