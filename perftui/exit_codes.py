"""Exit codes of `perftui run` and its sisters: 0 must be earned.

All are below 126 and off 1 and 2 except in their usual meaning; an interrupt keeps the shell's 128 + signal.
When several hold, the first in `PRECEDENCE` is the one that is returned.
"""

# Finished as planned, something was measured, nothing judged it a failure.
OK = 0
# A bug in perftui. Never used on purpose.
BUG = 1
# Bad usage, profile, plan or option. No load was sent.
USAGE = 2
# Refused by a guard: target missing, unreachable or not allowed, a limit exceeded. No load was sent.
REFUSED = 3
# The locustfile is at fault: cannot be loaded, no users or tasks, stuck, ended the process, raised in a hook.
LOCUSTFILE = 4
# This machine is not ready: run folder not writable, too few open files, port busy, no Locust to run.
ENVIRONMENT = 5
# It ran, and what was measured is not acceptable.
FAILED = 10
# It ran, and nothing was measured, or not what a threshold asks for.
NO_DATA = 11
# It ran, and the measurement cannot be trusted; only where that is demanded.
UNTRUSTED = 12
# Stopped before its planned end: by a guard, or by a person through another perftui.
STOPPED_EARLY = 13
# The engine died, or all load workers were lost, or one where trust is demanded; the signal is in the reason.
ENGINE_DIED = 14
# It ran, and the record is incomplete: the disk is full or a write failed.
INCOMPLETE = 15
# Interrupted by a signal; what was recorded is kept.
HANGUP = 129
INTERRUPTED = 130
TERMINATED = 143

PRECEDENCE = (
    BUG,
    ENGINE_DIED,
    LOCUSTFILE,
    INCOMPLETE,
    HANGUP,
    INTERRUPTED,
    TERMINATED,
    STOPPED_EARLY,
    NO_DATA,
    UNTRUSTED,
    FAILED,
    OK,
)

# What the engine calls a fault, and what that costs.
OF_FAULT = {"locustfile": LOCUSTFILE, "arguments": USAGE, "environment": ENVIRONMENT}

# One line each, for `perftui run --help`.
MEANINGS = {
    OK: "finished as planned, something measured, every threshold passed or acceptable",
    BUG: "a bug in perftui",
    USAGE: "bad usage, profile or option; no load sent",
    REFUSED: "refused by a guard: target missing, unreachable or not allowed; no load sent",
    LOCUSTFILE: "the locustfile is at fault: does not load, has no users, is stuck, ended the process",
    ENVIRONMENT: "this machine is not ready: folder not writable, too few open files, no Locust",
    FAILED: "a threshold failed, or every request did",
    NO_DATA: "nothing was measured, or a threshold had no data",
    UNTRUSTED: "with --ci: the measurement cannot be trusted",
    STOPPED_EARLY: "stopped before its planned end, by a person or an abort rule",
    ENGINE_DIED: "the engine died, or all load workers did; with --ci: one was lost",
    INCOMPLETE: "the record is incomplete: disk full or write error",
    HANGUP: "interrupted by hang-up; what was recorded is kept",
    INTERRUPTED: "interrupted (Ctrl-C); what was recorded is kept",
    TERMINATED: "terminated; what was recorded is kept",
}
