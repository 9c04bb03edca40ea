"""How the cockpit looks: colours for states and curves, the rest quiet."""

from __future__ import annotations

from textual.theme import Theme


def _dark(name: str, primary: str, secondary: str, accent: str, success: str, warning: str, error: str) -> Theme:
    return Theme(
        name=name,
        primary=primary,
        secondary=secondary,
        accent=accent,
        success=success,
        warning=warning,
        error=error,
        foreground="#d4dae3",
        background="#0e1218",
        surface="#141a22",
        panel="#1c2430",
        dark=True,
        variables={"footer-key-foreground": accent, "block-cursor-text-style": "none"},
    )


def _light(name: str, primary: str, secondary: str, accent: str, success: str, warning: str, error: str) -> Theme:
    return Theme(
        name=name,
        primary=primary,
        secondary=secondary,
        accent=accent,
        success=success,
        warning=warning,
        error=error,
        foreground="#1d2430",
        background="#fbfbf9",
        surface="#f1f2ef",
        panel="#e3e6e4",
        dark=False,
        variables={"footer-key-foreground": accent, "block-cursor-text-style": "none"},
    )


# Curves and states of the two "safe" ones differ in lightness as well, and stand on blue, orange and pink: colours
# that stay apart where red and green do not (after Okabe and Ito, as lightened or darkened for the ground).
PERFTUI_THEMES = (
    _dark(
        "perftui-dark",
        primary="#5cb3ff",
        secondary="#c792ea",
        accent="#ffb454",
        success="#7bd88f",
        warning="#ffd166",
        error="#ff6b7a",
    ),
    _light(
        "perftui-light",
        primary="#0b63b6",
        secondary="#7b3fb3",
        accent="#a85b00",
        success="#1d7a3a",
        warning="#8a6100",
        error="#b3202e",
    ),
    _dark(
        "perftui-safe",
        primary="#56b4e9",
        secondary="#e9a3cc",
        accent="#f0e442",
        success="#4cc9f0",
        warning="#e69f00",
        error="#ff8a4c",
    ),
    _light(
        "perftui-safe-light",
        primary="#0072b2",
        secondary="#a3487c",
        accent="#7a5c00",
        success="#00629a",
        warning="#8f5f00",
        error="#b84300",
    ),
)
