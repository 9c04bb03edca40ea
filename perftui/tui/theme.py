"""How the cockpit looks: colours for states and curves, the rest quiet."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="perftui-dark",
    primary="#5cb3ff",
    secondary="#c792ea",
    accent="#ffb454",
    success="#7bd88f",
    warning="#ffd166",
    error="#ff6b7a",
    foreground="#d4dae3",
    background="#0e1218",
    surface="#141a22",
    panel="#1c2430",
    dark=True,
    variables={"footer-key-foreground": "#ffb454", "block-cursor-text-style": "none"},
)

LIGHT = Theme(
    name="perftui-light",
    primary="#0b63b6",
    secondary="#7b3fb3",
    accent="#a85b00",
    success="#1d7a3a",
    warning="#8a6100",
    error="#b3202e",
    foreground="#1d2430",
    background="#fbfbf9",
    surface="#f1f2ef",
    panel="#e3e6e4",
    dark=False,
    variables={"footer-key-foreground": "#a85b00", "block-cursor-text-style": "none"},
)
