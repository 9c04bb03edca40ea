"""What the engine says of a test that cannot begin, as perftui's own error."""

from __future__ import annotations

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.text import clean, mask_secrets
from perftui.wire.messages import Fault


def fault_text(fault: Fault) -> str:
    """One line that is safe to show, without a full stop."""
    return clean(mask_secrets(fault.text), 500).rstrip(".")


def fault_error(fault: Fault, notice: str = "", where: str = "") -> PerftuiError:
    """`notice` is what there is to say of the engine's interpreter; `where` says which process it is, if not the only.

    A fault of the environment is no fault of the locustfile's where a load worker has it.
    """
    text = f"{where}{fault_text(fault)}"
    if fault.kind == "arguments":
        error = PerftuiError("what is asked does not fit the locustfile", text, exit_code=exit_codes.USAGE)
    elif fault.kind == "environment":
        what = "a load worker cannot begin" if where else "the engine cannot begin"
        error = PerftuiError(what, text, notice or "Details with --debug", exit_code=exit_codes.ENVIRONMENT)
    else:
        error = does_not_load(text, notice or "Details with --debug", exit_codes.OF_FAULT[fault.kind])
    error.add_note(fault.traceback)
    return error


def does_not_load(why: str, next_step: str = "", exit_code: int = exit_codes.LOCUSTFILE) -> PerftuiError:
    return PerftuiError("the locustfile does not load", why, next_step, exit_code=exit_code)
