"""Orders to a run that goes on, from a shell."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import click

from perftui import exit_codes
from perftui.commands.asked import runs_dir_option
from perftui.commands.live import await_end
from perftui.commands.live_runs import asker, is_live, live_run
from perftui.model.control import LoadControl, Order
from perftui.model.control_text import NO_ANSWER, change_text
from perftui.model.errors import PerftuiError
from perftui.model.plan import MAX_USERS
from perftui.model.target_limits import refusal_of
from perftui.model.text import clean
from perftui.profiles.keys import SETTINGS, named
from perftui.profiles.stage_values import Rate
from perftui.profiles.values import ValueKind, WholeNumber
from perftui.store.history import find_run
from perftui.store.layout import runs_folder
from perftui.store.reader import RunReader
from perftui.wire.client import RunClient

# Word: the order's field, and what it may be.
_LEVELS: dict[str, tuple[str, ValueKind]] = {
    "users": ("users", WholeNumber(0, MAX_USERS)),
    "spawn_rate": ("spawn_rate", named(SETTINGS)["spawn_rate"].kind),
    "rate": ("rate_per_s", Rate()),
}
_VERBS: dict[str, Literal["hand_back", "pause", "resume", "stop"]] = {
    "pause": "pause",
    "resume": "resume",
    "hand-back": "hand_back",
    "stop": "stop",
}
# A conductor shows a snapshot a second.
_SNAPSHOT_TIMEOUT_S = 5.0
_EXAMPLES = "Such as users=200 spawn_rate=10, rate=500/s, pause, resume, hand-back or stop"


@dataclass(frozen=True, slots=True)
class Asked:
    """`run_name` None is the only run that goes on; `order` None stops it."""

    run_name: str | None
    order: Order | None


@click.command()
@click.argument("words", metavar="[RUN] WORD...", nargs=-1)
@runs_dir_option
def ctl(words: tuple[str, ...], runs_dir: str | None) -> int:
    """Change the load of RUN, or of the only run that goes on, while it runs.

    \b
    users=200 spawn_rate=10   go to 200 users, 10 more or less a second
    rate=500/s                start 500 tasks a second (runs with an arrival rate)
    pause, resume             let no request begin; the run's clock stands meanwhile
    hand-back                 follow the profile's stages or load shape again
    stop                      end the run, as `perftui stop` does

    Several values in one call are one order. Who asked is on the run's timeline.
    """
    asked = read_words(words)
    client = _connected(asked.run_name, runs_dir)
    if asked.order is None:
        client.stop(asker(), now=False)
        return await_end(client)
    with client:
        click.echo(f"{clean(client.welcome.run_id)}: {_obey(client, asked.order)}")
    return exit_codes.OK


def read_words(words: tuple[str, ...]) -> Asked:
    """What the words of the command mean. The first may name the run: it is not a value, and no other word follows as
    a name. Raises PerftuiError.
    """
    run_name, rest = (words[0], words[1:]) if words and not _is_order(words[0]) else (None, words)
    if not rest:
        raise _unclear(run_name or "")
    verbs = [word for word in rest if "=" not in word]
    if not verbs:
        return Asked(run_name, _set_order(rest))
    if verbs[0] not in _VERBS:
        raise _unclear(verbs[0])
    if len(rest) > 1:
        raise PerftuiError(f"{verbs[0]} is an order of its own", "", "Give it alone", exit_code=exit_codes.USAGE)
    verb = _VERBS[verbs[0]]
    return Asked(run_name, None if verb == "stop" else Order(verb))


def _is_order(word: str) -> bool:
    return "=" in word or word in _VERBS


def _set_order(words: tuple[str, ...]) -> Order:
    values: dict[str, float] = {}
    for word in words:
        name, _, text = word.partition("=")
        level = _LEVELS.get(name.strip().replace("-", "_"))
        if level is None:
            raise _unclear(f"{name}=")
        field, kind = level
        if field in values:
            raise PerftuiError(f"{name} is given twice", "", "Give it once", exit_code=exit_codes.USAGE)
        try:
            values[field] = kind.read_text(text)
        except ValueError as error:
            raise PerftuiError(name, str(error), exit_code=exit_codes.USAGE) from None
    users = values.get("users")
    return Order("set", None if users is None else int(users), values.get("spawn_rate"), values.get("rate_per_s"))


def _unclear(word: str = "") -> PerftuiError:
    known = [*(f"{name}=" for name in _LEVELS), *_VERBS]
    near = difflib.get_close_matches(word, known, 1)
    what = f"{clean(word, 60)} is no order" if near else f"nothing is asked{f' of {clean(word, 60)}' if word else ''}"
    return PerftuiError(what, f"the nearest is {near[0]}" if near else "", _EXAMPLES, exit_code=exit_codes.USAGE)


def _connected(run_name: str | None, runs_dir: str | None) -> RunClient:
    try:
        return live_run(run_name, runs_dir)
    except PerftuiError:
        over = _over(run_name, runs_dir) if run_name else None
        if over is not None:
            raise _is_over(over) from None
        raise


def _over(run_name: str, runs_dir: str | None) -> Path | None:
    """The folder of the run that is meant, where it is there and goes on no more."""
    try:
        folder = find_run(runs_folder(runs_dir), run_name)
    except PerftuiError:
        return None
    return None if is_live(folder) else folder


def _is_over(folder: Path) -> PerftuiError:
    since = ""
    try:
        outcome = RunReader(folder).outcome()
        if outcome is not None:
            since = f" since {_clock(datetime.fromisoformat(outcome.ended_at))}"
    except (PerftuiError, ValueError):
        pass
    return PerftuiError(
        f"run {clean(folder.name)} is over{since}",
        next_step=f"`perftui show {clean(folder.name)}` has how it ended",
        exit_code=exit_codes.USAGE,
    )


def _clock(moment: datetime) -> str:
    """On the clock of whoever asks, with the day where that is another."""
    local = moment.astimezone()
    return local.strftime("%H:%M" if local.date() == datetime.now().astimezone().date() else "%Y-%m-%d %H:%M")


def _obey(client: RunClient, order: Order) -> str:
    """What became of the load. Raises PerftuiError where the order is refused, or not answered."""
    try:
        before = _control(client)
        refused = client.control(order, asker())
        after = client.seen.control if client.seen else None
    except TimeoutError:
        raise PerftuiError(
            f"run {clean(client.welcome.run_id)} does not answer",
            "nobody knows whether the load was changed",
            "`perftui ps` shows whether it answers",
            exit_code=exit_codes.ENGINE_DIED,
        ) from None
    except ConnectionError:
        raise _is_over(Path(client.welcome.folder)) from None
    if refused:
        raise _refused(client, order, refused)
    return (change_text(before, after) if before and after else "") or "done"


def _control(client: RunClient) -> LoadControl | None:
    """What drives the load before the order; a viewer is shown the newest snapshot at once."""
    snapshot = client.seen or next(client.snapshots(timeout_s=_SNAPSHOT_TIMEOUT_S), None)
    if snapshot is None or snapshot.state.is_over:
        raise ConnectionResetError
    return snapshot.control


def _refused(client: RunClient, order: Order, why: str) -> PerftuiError:
    is_unanswered = why.startswith(NO_ANSWER)
    return PerftuiError(
        f"run {clean(client.welcome.run_id)} {'does not obey' if is_unanswered else 'refuses'}",
        clean(why, 300),
        exit_code=exit_codes.ENGINE_DIED if is_unanswered else _code_of_refusal(client, order, why),
    )


def _code_of_refusal(client: RunClient, order: Order, why: str) -> int:
    """Whether it is the target that forbids it, by the plan that the run's folder has."""
    try:
        target = RunReader(Path(client.welcome.folder)).plan().target
    except PerftuiError:
        return exit_codes.USAGE
    return exit_codes.REFUSED if refusal_of(target, order.users, order.rate_per_s) == why else exit_codes.USAGE
