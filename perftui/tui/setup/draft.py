"""What is typed over a plan before it runs: texts by key, and what is wrong with each."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan
from perftui.model.secret_arguments import MASK
from perftui.model.text import clean
from perftui.profiles.keys import RULES, SELECTIONS, SETTINGS, named
from perftui.profiles.names import listing
from perftui.profiles.overrides import LOCUST_ARGS_KEY

if TYPE_CHECKING:
    from perftui.model.inspection import ArgumentInfo, UserClassInfo

KEYS = named((*SETTINGS, *RULES, *SELECTIONS))
# As long as the most stages may be; an Input takes no more.
MAX_TYPED = 6000


class Draft:
    """Nothing that was typed is lost by being wrong: it stays until it is changed, and its fault stands with it."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def text(self, key: str) -> str:
        """What was typed; "" leaves the profile's own value."""
        return self._texts.get(key, "")

    def type(self, key: str, text: str) -> None:
        text = text[:MAX_TYPED]
        if text.strip():
            self._texts[key] = text
        else:
            self._texts.pop(key, None)

    def clear(self) -> None:
        self._texts.clear()

    def forget(self, keys: Mapping[str, object]) -> None:
        """What was typed for these is the profile's own now."""
        self._texts = {key: text for key, text in self._texts.items() if key not in keys}

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def __bool__(self) -> bool:
        return bool(self._texts)

    @property
    def overrides(self) -> dict[str, str]:
        """For Services.plan: a rule on each line, the rest as it was typed."""
        rules = {key.name for key in RULES}
        return {
            key: "\n".join(each.strip() for each in text.split(";") if each.strip()) if key in rules else text.strip()
            for key, text in self._texts.items()
        }

    def faults(self) -> dict[str, str]:
        """What cannot be read, by key, in the words of the key's kind."""
        found: dict[str, str] = {}
        for key, text in self._texts.items():
            try:
                if key in KEYS:
                    KEYS[key].kind.read_text(text)
                else:
                    shlex.split(text)
            except ValueError as error:
                found[key] = str(error)
        return found

    def take(self, plan: RunPlan) -> None:
        """What an option said of `plan`, as if it had been typed here."""
        self.clear()
        for key in KEYS.values():
            if plan.origins.get(key.name, "").startswith("-"):
                owner = plan.scenario if key in SELECTIONS else plan.profile
                value = getattr(owner, key.field or key.name)
                if value is not None:
                    self.type(key.name, key.kind.write(value))
        # A secret is kept by no run: what stands in its place is no value.
        if plan.locust_args and not any(MASK in each for each in plan.locust_args):
            self.type(LOCUST_ARGS_KEY, shlex.join(plan.locust_args))

    def set_argument(self, argument: ArgumentInfo, value: str) -> None:
        """Words that stand behind the other arguments, and therefore win; "" leaves what they say."""
        flag = flag_of(argument)
        words = [flag] if argument.is_switch else [f"{flag}={value}"] if flag.startswith("--") else [flag, value]
        self.type(flag, shlex.join(words) if value else "")

    def argument(self, argument: ArgumentInfo) -> str:
        """The value that was typed for it."""
        flag, text = flag_of(argument), self.text(flag_of(argument))
        if not text:
            return ""
        words = shlex.split(text)
        if argument.is_switch:
            return "on"
        return words[0].partition("=")[2] if flag.startswith("--") else words[-1]

    def toggle_class(self, name: str, chosen: tuple[str, ...], known: tuple[UserClassInfo, ...]) -> str:
        """Take the class in or out of those that run; why not, where it is the last one."""
        running = set(chosen) or {each.name for each in known}
        running ^= {name}
        names = [each.name for each in known if each.name in running]
        if not names:
            return "at least one user class has to run"
        self.type("user_classes", ", ".join(names))
        return ""

    def turn_tag(self, tag: str, plan: RunPlan) -> None:
        """Any, then only tasks with it, then only those without it, then any again."""
        only, without = list(plan.scenario.tags), list(plan.scenario.exclude_tags)
        if tag in only:
            only.remove(tag)
            without.append(tag)
        elif tag in without:
            without.remove(tag)
        else:
            only.append(tag)
        self.type("tags", ", ".join(only))
        self.type("exclude_tags", ", ".join(without))


class Drafts:
    """What is typed belongs to the profile that it was typed for: another one has a draft of its own."""

    def __init__(self) -> None:
        # One for each profile that was chosen: there are as many as a file may hold.
        self._drafts: dict[str | None, Draft] = {}

    def of(self, profile: str | None) -> Draft:
        return self._drafts.setdefault(profile, Draft())

    def rename(self, old: str, new: str) -> None:
        """What is left of `old` belongs to the profile that was made of it."""
        if old != new:
            self._drafts[new] = self._drafts.pop(old, Draft())

    def left_behind(self, profile: str | None) -> str:
        """Where something typed waits while nothing is typed for `profile`, in a line; empty where nothing does."""
        waiting = [name for name, draft in self._drafts.items() if draft and name is not None]
        if not waiting or self.of(profile):
            return ""
        return f"what was typed for {listing(waiting)} stays there, and comes back with it"


def flag_of(argument: ArgumentInfo) -> str:
    """The longest of its flags."""
    return max(argument.flags, key=len)


def key_of(error: PerftuiError) -> str:
    """The key whose option `error` names; "" where it is about no single one."""
    for key in KEYS.values():
        if error.what == key.option:
            return key.name
    if error.what.startswith("a warm_up"):
        return "warm_up"
    return LOCUST_ARGS_KEY if error.what.startswith("-- ") or error.what == "--" else ""


def fault_text(error: PerftuiError) -> str:
    """One line to stand under a field, which names the key already."""
    text = error.why if key_of(error) not in ("", "warm_up") and error.why else str(error).rstrip(".")
    return clean(text, 300)
