"""A request and its response as text: whole, in order, and harmless to a terminal."""

from __future__ import annotations

from perftui.model.exchange import Exchange, Trial
from perftui.model.totals import FailureGroup
from perftui.reports.exchange_text import exchange_text, failures_text, trial_text

REFUSED = Exchange(
    elapsed_s=1.25,
    method="POST",
    name="/buy",
    url="http://shop.test/buy?token=***",
    status=503,
    reason="Service Unavailable",
    time_ms=12.5,
    message="boom",
    user_class="ShopUser",
    request_headers=(("Accept", "*/*"),),
    request_body="a=1",
    response_headers=(("Retry-After", "7"),),
    response_body='{\n  "error": "busy"\n}',
    response_bytes=20,
)


def test_what_was_sent_and_what_came_back() -> None:
    assert exchange_text(REFUSED) == "\n".join(
        [
            "x POST /buy  503, 12.5ms, at 1.250 s, ShopUser: boom",
            "> POST http://shop.test/buy?token=***",
            "> Accept: */*",
            ">",
            "> a=1",
            "< 503 Service Unavailable (20 bytes)",
            "< Retry-After: 7",
            "<",
            "< {",
            '<   "error": "busy"',
            "< }",
        ]
    )


def test_without_a_response_there_is_none_to_show() -> None:
    assert exchange_text(Exchange(0.5, "rpc", "call", "", 0, "", None, "refused")) == "\n".join(
        ["x rpc call  no response, no time, at 0.500 s: refused", "> rpc call"]
    )


def test_each_failure_group_with_what_was_kept_of_it() -> None:
    groups = [FailureGroup("POST", "/buy", "boom", 1200, 0.5, 9.0), FailureGroup("GET", "/", "gone", 1, 2.0, 2.0)]
    text = failures_text(zip(groups, [(REFUSED,), ()], strict=True))
    assert text.startswith("1,200 × POST /buy: boom\n  from 0.5 s to 9.0 s; 1 kept\n\nx POST /buy")
    assert text.endswith("1 × GET /: gone\n  from 2.0 s to 2.0 s; none kept")
    assert failures_text([]) == "Nothing failed."


def test_nothing_in_it_moves_the_cursor() -> None:
    evil = "\x1b]0;PWNED\x07\r\u202e"
    body = "\n".join([evil] * 50)
    pair = ((evil, evil),)
    exchange = Exchange(0.0, evil, evil, evil, 500, evil, 1.0, evil, evil, pair, body, pair, body, 1)
    text = trial_text(Trial(evil, evil, (exchange,), (evil,), evil))
    assert not set(text) & set("\x1b\x07\r\u202e")
    assert "… 30 more lines" in text
