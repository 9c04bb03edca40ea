"""What a locustfile holds, as the engine found it, and what a check says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """`share` is this task's part of the class's tasks, 0 to 1. `tags` are its own and inherited ones."""

    name: str
    share: float
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UserClassInfo:
    name: str
    weight: int
    fixed_count: int
    host: str | None
    base: str
    """The Locust class that it is a kind of: HttpUser, FastHttpUser, User or another base's name."""
    tasks: tuple[TaskInfo, ...]
    beyond_lean: tuple[str, ...] = ()
    """What an HttpUser or FastHttpUser uses that perftui.users.LeanHttpUser does not have, as "client.verify"."""


@dataclass(frozen=True, slots=True)
class ArgumentInfo:
    """A command-line argument that the locustfile adds. A secret's default is never sent. A switch takes no value."""

    flags: tuple[str, ...]
    help: str
    default: str
    choices: tuple[str, ...]
    is_secret: bool
    is_required: bool
    is_switch: bool = False


@dataclass(frozen=True, slots=True)
class Inspection:
    user_classes: tuple[UserClassInfo, ...]
    shapes: tuple[str, ...]
    tags: tuple[str, ...]
    arguments: tuple[ArgumentInfo, ...]
    hosts: tuple[str, ...]
    """Hosts written in the classes, each once: offered as targets, never used silently."""


CheckStatus = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One thing that was looked at before a run: a line, and what there is to know of it in more lines.

    `exit_code` is what a failed one costs.
    """

    name: str
    status: CheckStatus
    text: str
    exit_code: int = 0
    details: tuple[str, ...] = ()
