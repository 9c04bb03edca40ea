"""What keys are called: a letter or sign, a name as "question_mark" or "f1", and either of them behind "ctrl+"."""

from __future__ import annotations

import unicodedata

from textual.keys import KEY_TO_UNICODE_NAME, REPLACED_KEYS, Keys, _character_to_key

from perftui.profiles.names import nearest

# Terminals report them in this order, and Textual compares names.
_MODIFIERS = ("alt", "ctrl", "hyper", "meta", "shift", "super")
_SINGLE = frozenset(
    {each.value for each in Keys if "+" not in each.value and not each.value.startswith("<")}
    - {"any", "return", "ignore"}
    | {f"f{n}" for n in range(1, 25)}
    | {"space"}
)
# Beyond are pictures, and a picture of a fruit is no key.
_LAST_SIGN = "\u2bff"


def is_key(name: str) -> bool:
    """Whether a terminal may report a key of this name."""
    *modifiers, key = name.split("+")
    if modifiers != sorted(set(modifiers)) or not set(modifiers) <= set(_MODIFIERS):
        return False
    if len(key) == 1:
        # Behind a modifier a capital is shift and the letter.
        return key.isalnum() and not (modifiers and key.isupper())
    return key in _SINGLE or _is_sign(key)


def near_keys(name: str) -> str:
    """The name that was probably meant; "" where nothing is near."""
    *modifiers, key = [each.strip().lower() for each in name.split("+")]
    if len(key) == 1:
        key = _character_to_key(key)
    elif not is_key(key):
        signs = {_character_to_key(chr(code)) for code in range(33, 127) if not chr(code).isalnum()}
        key = nearest(key, _SINGLE | signs) or ""
    near = "+".join([*sorted({nearest(each, _MODIFIERS) or "" for each in modifiers}), key])
    return near if is_key(near) else ""


def _is_sign(key: str) -> bool:
    original = REPLACED_KEYS.get(key, key)
    try:
        sign = unicodedata.lookup(KEY_TO_UNICODE_NAME.get(original, original.replace("_", " ").upper()))
    except KeyError:
        return False
    return sign <= _LAST_SIGN and not sign.isalnum() and _character_to_key(sign) == key
