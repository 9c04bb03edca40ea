"""Which target a name or an address means."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol
from urllib.parse import urlsplit

from perftui.exit_codes import REFUSED, USAGE
from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan, Target
from perftui.model.text import clean, mask_secrets
from perftui.profiles.keys import TARGET_KEYS
from perftui.profiles.names import listing, unknown
from perftui.profiles.profile_set import DEMO_TARGET, ProfileSet
from perftui.profiles.urls import Url

# Stands in a plan that is only looked at: nothing may be sent by it.
NO_TARGET = Target("none", "")
DEMO_ORIGIN = "the built-in target"
# Begins the origin of an environment that nobody stated.
_ASSUMED = "assumed"
NOT_IN_THE_FILE = "not in the file"
# The origin of its max_users: that of a profile is another.
LIMIT_OF_TARGET = "target.max_users"
# The most guarded first.
_CARE = ("production", "staging", "local")


class NamesTargets(Protocol):
    @property
    def targets(self) -> Mapping[str, Target]: ...


class NoTargetError(PerftuiError):
    """Nobody said where the load goes. `hosts`, written in the locustfile, are offered and never taken."""

    def __init__(self, profile: str, known: Iterable[str], hosts: Iterable[str] = ()) -> None:
        offered = [clean(mask_secrets(host)) for host in hosts]
        why = f"profile {clean(profile, 64)} names none"
        next_step = f"Add --target with one of {listing(known)}, or an address such as http://127.0.0.1:8000"
        if offered:
            why += f", and a host in the locustfile is never used unasked: {listing(offered)}"
            next_step = f"Add --target {offered[0]} if that is what you mean"
        super().__init__("no target", why, next_step, exit_code=REFUSED)


def host_of(url: str) -> str:
    """The host of `url` in lower case, without port, brackets, user or closing dot; empty for none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether `host` can only be this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def address_of(url: str) -> str:
    """The host and port that `url` means, by one name for all names of loopback: "this machine:8000"."""
    parts, host = urlsplit(url), host_of(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{'this machine' if is_loopback(host) else host}:{port}"


def choose_target(
    profile_set: ProfileSet, asked: str, asked_by: str, demo_url: str | None
) -> tuple[Target, dict[str, str]]:
    """The target that `asked` (a name or an address) means, and where its values came from, by key.

    Raises PerftuiError, which names `asked_by`, for an unknown name, for an address that is none, and for the
    built-in target where it does not run (`demo_url` is None).
    """
    if asked in profile_set.targets:
        return _from_file(profile_set, profile_set.targets[asked], asked_by)
    if asked == DEMO_TARGET:
        if demo_url is None:
            raise PerftuiError("the built-in target does not run", "", "Add --demo", exit_code=REFUSED)
        origins = {"target": asked_by, "url": DEMO_ORIGIN, "environment": DEMO_ORIGIN}
        return Target(DEMO_TARGET, demo_url), origins
    if "://" in asked:
        return _from_address(profile_set, asked, asked_by)
    shown, known = asked.rpartition("@")[2], profile_set.target_names()
    next_step = f"Known: {listing(known)}"
    if shown == "localhost" or any(mark in shown for mark in ":./"):
        next_step = f"If it is an address, write http://{clean(shown, 80)}"
    raise PerftuiError(asked_by, unknown("target", shown, known), next_step, exit_code=USAGE)


def environment_of(plan: RunPlan) -> str:
    """For people: what the file says the target is. One that is guarded like staging is not called so."""
    is_assumed = plan.origins.get("environment", "").startswith(_ASSUMED)
    return NOT_IN_THE_FILE if is_assumed else plan.target.environment


def is_in_file(profile_set: NamesTargets, target: Target) -> bool:
    """Whether the file says what the target's host is."""
    return any(_place_of(each.url) == _place_of(target.url) for each in profile_set.targets.values())


def _from_file(profile_set: ProfileSet, target: Target, asked_by: str) -> tuple[Target, dict[str, str]]:
    origin = _table_of(profile_set, target)
    return target, {
        "target": asked_by,
        "url": origin,
        "environment": origin,
        **_optional_origins(target, origin),
    }


def _from_address(profile_set: ProfileSet, asked: str, asked_by: str) -> tuple[Target, dict[str, str]]:
    try:
        url = Url().read_text(asked)
    except ValueError as error:
        raise PerftuiError(asked_by, str(error), exit_code=USAGE) from None
    # What the file says of a host holds for each address of it: to write one out is no way round a guard.
    there = [target for target in profile_set.targets.values() if _place_of(target.url) == _place_of(url)]
    there.sort(key=lambda target: (_CARE.index(target.environment), target.url != url))
    origins = {"target": asked_by, "url": asked_by}
    if not there:
        if is_loopback(host_of(url)):
            return Target(_name_of(url), url), {**origins, "environment": "it is this machine"}
        origins["environment"] = f"{_ASSUMED}: {profile_set.source} does not know the host"
        return Target(_name_of(url), url, "staging"), origins
    known = there[0]
    if known.url == url:
        return _from_file(profile_set, known, asked_by)
    origin = f"{_table_of(profile_set, known)}, the same host"
    target = replace(known, name=_name_of(url), url=url)
    return target, {**origins, "environment": origin, **_optional_origins(target, origin)}


def _table_of(profile_set: ProfileSet, target: Target) -> str:
    return f"{profile_set.source} [targets.{target.name}]"


def _optional_origins(target: Target, origin: str) -> dict[str, str]:
    optional = (key.name for key in TARGET_KEYS if not key.is_required and key.name != "environment")
    given = [name for name in optional if getattr(target, name) not in (None, "")]
    return {LIMIT_OF_TARGET if name == "max_users" else name: origin for name in given}


def _place_of(url: str) -> str:
    """What a guard is about: a host; on this machine, where many things run, also the port."""
    host = host_of(url)
    if not is_loopback(host):
        return host
    parts = urlsplit(url)
    return f"this machine:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _name_of(url: str) -> str:
    netloc = urlsplit(url).netloc.rpartition("@")[2].lower()
    return re.sub(r"[^\w.]+", "-", netloc).strip("-.")[:64] or "target"
