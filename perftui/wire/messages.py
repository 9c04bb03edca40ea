"""The vocabulary: commands go to the engine or the conductor, events come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from perftui.model.control import LoadControl, Order
from perftui.model.exchange import Exchange
from perftui.model.inspection import Inspection
from perftui.model.plan import Stage
from perftui.model.snapshot import Snapshot
from perftui.model.tick import Tick

VERSION = 3
# The engine needs what this release of Locust brought.
OLDEST_LOCUST = (2, 47)
# A frame of so many times is about 90 kB.
MAX_BENCHED = 10_000

# --- conductor -> engine ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """How each task is measured alone.

    `rounds` None: as many as begin in `max_time_s`, and at least perftui.model.bench.MIN_ROUNDS. `max_time_s` None:
    `rounds` alone decides. A round that takes longer than `hung_after_s` is given up. Between rounds there is a pause
    where more than `max_rps` requests per second would be sent without one.
    """

    rounds: int | None
    max_time_s: float | None
    hung_after_s: float
    max_rps: float | None


@dataclass(frozen=True, slots=True)
class TrialSettings:
    """One user does one task once: `task` by its name, the first one where that is empty, and all within `limit_s`."""

    task: str
    limit_s: float


@dataclass(frozen=True, slots=True)
class MasterSettings:
    """The engine leads load workers, and listens for them on `host`; `port` 0 is one that is free.

    By `secret` it knows those that the run itself started; nobody is one where it is empty.
    """

    host: str
    port: int
    secret: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """The engine is a load worker of the master at `host` and `port`; `is_local` where the run itself started it.

    `name` is what it is called everywhere; where it is empty the master names it. `secret` is as in MasterSettings.
    """

    host: str
    port: int
    is_local: bool
    name: str = ""
    secret: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Configure:
    """First command: what to load and how. `mode` "inspect" reports what the locustfiles hold and leaves.

    `bench` and `trial` are there in the mode of that name, and only there; `master` and `worker` in a run of load
    workers, one of them. A worker may have no `locustfiles`: it then asks its master for them. The load is as in
    model.plan.Profile; the engine follows it, and with a master none of its workers does.
    """

    mode: Literal["run", "inspect", "bench", "trial"]
    locustfiles: tuple[str, ...]
    host: str | None
    users: int
    spawn_rate: float
    run_time_s: float | None
    stop_timeout_s: float
    connect_timeout_s: float
    read_timeout_s: float
    user_classes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    weights: Mapping[str, int] = field(default_factory=dict)
    locust_args: tuple[str, ...] = ()
    bench: BenchSettings | None = None
    trial: TrialSettings | None = None
    stages: tuple[Stage, ...] = ()
    rate_per_s: float | None = None
    max_users: int | None = None
    load_shape: str = ""
    master: MasterSettings | None = None
    worker: WorkerSettings | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Send load. Given once, after Loaded; not to a load worker, which its master tells."""


@dataclass(frozen=True, slots=True)
class Control:
    """Change the running load; answered by Obeyed with the same `number`."""

    number: int
    order: Order


@dataclass(frozen=True, slots=True)
class Stop:
    """No new work; running tasks may end within the stop timeout. The engine then quits by itself.

    With `now` a load worker cuts its users off, also where it was told to stop before.
    """

    now: bool = False


@dataclass(frozen=True, slots=True)
class Guarding:
    """The conductor does its work: it would see a limit that is exceeded, and hear who wants to stop the run.

    An engine that has heard it once, and then not for `patience_s`, ends its load.
    """

    patience_s: float


# --- engine -> conductor ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    """First event. `versions` holds python, locust, gevent and geventhttpclient."""

    version: int
    pid: int
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The locustfiles are loaded. `run_time_s` is the end that applies (None: the load shape's own end)."""

    inspection: Inspection
    selected_user_classes: tuple[str, ...]
    shape: str | None
    run_time_s: float | None
    warnings: tuple[str, ...]
    master_port: int = 0
    """Where load workers find this master."""


@dataclass(frozen=True, slots=True)
class WorkerNews:
    """A load worker came, was lost, came back or left; `workers` is how many are there now, lost ones left out.

    `text` is one line for the timeline; `remark` is what somebody should know of one that joined.
    """

    kind: Literal["joined", "lost", "returned", "left"]
    name: str
    host: str
    role: Literal["local", "remote", "stock"]
    workers: int
    text: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class TestStarted:
    """The test's clock is at zero."""


@dataclass(frozen=True, slots=True)
class Ticked:
    tick: Tick


@dataclass(frozen=True, slots=True)
class BenchPlanned:
    """After Loaded, in a bench: the user class and name of each task that will be measured, in this order."""

    tasks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Benched:
    """Rounds of one task, in their order; a task with many is told in several of these.

    `times_s` has at most MAX_BENCHED rounds. `failed`, `failure` and `given_up` are as in model.bench.TaskRounds, and
    come with the last of a task's messages, which `is_last`.
    """

    user_class: str
    task: str
    times_s: tuple[float, ...]
    failed: int
    failure: str
    given_up: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class TrialPlanned:
    """Before anything is sent, in a trial: what the user will do."""

    user_class: str
    task: str


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A request of a trial has ended; at most MAX_TRIAL_EXCHANGES of them are told."""

    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Tried:
    """The user of a trial is gone. `exception` is why it did not do all that it should, "" where it did."""

    exception: str


@dataclass(frozen=True, slots=True)
class SpawningComplete:
    user_count: int
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class LoadChanged:
    """What drives the load is another now: by an order, or by the next stage, which `text` is about (else "")."""

    control: LoadControl
    elapsed_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Obeyed:
    """The order of Control `number` was carried out, or `refused` says why not."""

    number: int
    refused: str


@dataclass(frozen=True, slots=True)
class Stopping:
    """The engine stops, for `reason`: the run time, the load shape's end, runner.quit() in a task, a command, or a
    conductor that did nothing for too long.
    """

    reason: Literal["run_time", "shape_ended", "user_code", "command", "unguarded"]


@dataclass(frozen=True, slots=True)
class Logged:
    """A log record of user code or of Locust, or a warning of the engine's own."""

    level: str
    logger: str
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The engine cannot go on, and says whose fault it is.

    `text` is one sentence for a person, with file and line where there is one; `traceback` is for the log.
    """

    kind: Literal["locustfile", "arguments", "environment"]
    text: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Ended:
    """Last event, after the last tick.

    `exit_code` is what the locustfile set (None: nothing). `hook_raised` holds the first line of an exception
    in a listener, which Locust would only log. `abandoned` lists requests cut off: method, URL, age in s.
    """

    exit_code: int | None
    hook_raised: str | None
    abandoned: tuple[tuple[str, str, float], ...]


# --- master <-> load worker, inside Locust's own messages -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class WorkerGreeting:
    """First word of a load worker that counts as the engine does; `name` and `secret` as in WorkerSettings.

    Without the run's secret it is none that the run started, and the master names it.
    """

    version: int
    role: Literal["local", "remote"]
    host: str
    pid: int
    name: str = ""
    secret: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """What a load worker did since its last report; `is_last` where it will do no more in this test."""

    tick: Tick
    is_last: bool


@dataclass(frozen=True, slots=True)
class WorkerOrder:
    """What a master tells a load worker. `elapsed_s` is where the run's clock stands.

    "begin" starts to count; "rate" gives it `rate_per_s` of the arrival rate, to which it goes evenly over `over_s`,
    its first arrival after `phase` of the time between two; "pause" and "resume" are those of model.control; "leave"
    ends its part of a run that is over, or that cannot have it: `reason` says why.
    """

    kind: Literal["begin", "rate", "pause", "resume", "leave"]
    elapsed_s: float
    rate_per_s: float = 0.0
    over_s: float = 0.0
    phase: float = 0.0
    reason: str = ""


# --- viewer -> conductor ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Greeting:
    """First message of a viewer."""

    version: int


@dataclass(frozen=True, slots=True)
class StopRun:
    """Stop the run; `now` skips the stop timeout. `by` says who asks, for the record."""

    now: bool
    by: str


@dataclass(frozen=True, slots=True)
class AddNote:
    """Put a note on the timeline: at `elapsed_s` of the run's clock, or now where it is None. `by` says who writes."""

    text: str
    by: str
    elapsed_s: float | None = None


@dataclass(frozen=True, slots=True)
class ControlRun:
    """Change the running load; answered by Answered with the same `number`. `by` says who asks, for the record."""

    number: int
    order: Order
    by: str


# --- conductor -> viewer ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Welcome:
    """First message to a viewer."""

    version: int
    run_id: str
    folder: str
    pid: int


@dataclass(frozen=True, slots=True)
class Shown:
    """The newest snapshot. The last one before the end of the stream has a state that is over."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Answered:
    """The order of ControlRun `number` was carried out, or `refused` says why not, in one line."""

    number: int
    refused: str


Message = (
    Configure
    | Start
    | Control
    | Stop
    | Guarding
    | Hello
    | Loaded
    | WorkerNews
    | WorkerGreeting
    | WorkerReport
    | WorkerOrder
    | LoadChanged
    | Obeyed
    | TestStarted
    | Ticked
    | BenchPlanned
    | Benched
    | TrialPlanned
    | Exchanged
    | Tried
    | SpawningComplete
    | Stopping
    | Logged
    | Fault
    | Ended
    | Greeting
    | StopRun
    | AddNote
    | ControlRun
    | Answered
    | Welcome
    | Shown
)
