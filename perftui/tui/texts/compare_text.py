"""What the screen says of two compared runs. Every number and every judgement is the comparison's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from perftui.judgement.changes import METRICS, Change, ChangeVerdict, Doubt, Metric, RequestChange
from perftui.model.duration import format_duration
from perftui.model.load_plan import peak_users, users_text
from perftui.model.record import Record
from perftui.model.text import clean
from perftui.reports.comparison_figures import (
    Compared,
    absolute_text,
    interval_text,
    relative_text,
    summary_sentences,
    value_text,
)
from perftui.tui.renderables.line import Line, Piece, foreign, line, wrapped
from perftui.tui.texts.state_words import StateWord, verdict_word, word_of

METRIC_NAMES: dict[Metric, str] = {"rps": "rps", "p50": "p50", "p95": "p95", "p99": "p99", "fail_ratio": "failed"}


_VERDICTS = {
    ChangeVerdict.WORSE: StateWord("▲", "worse", "bad"),
    ChangeVerdict.BETTER: StateWord("▼", "better", "good"),
    ChangeVerdict.SAME: StateWord("=", "same", "muted"),
    ChangeVerdict.ONLY_OLD: StateWord("-", "only in A", "warn"),
    ChangeVerdict.ONLY_NEW: StateWord("+", "only in B", "warn"),
}
_DOUBTS = {
    Doubt.TOO_FEW: StateWord("?", "too few", "warn"),
    Doubt.NOISE: StateWord("≈", "noise", "warn"),
    Doubt.UNSURE: StateWord("?", "unsure", "warn"),
    Doubt.FAILURES: StateWord("≈", "failures", "warn"),
}
_EXPLAINED = {
    _VERDICTS[ChangeVerdict.WORSE]: "beyond the limit, and more than the runs' own noise",
    _VERDICTS[ChangeVerdict.BETTER]: "the same, in the other direction",
    _VERDICTS[ChangeVerdict.SAME]: "within the limit, or no more than noise",
    _DOUBTS[Doubt.NOISE]: "beyond the limit, but the runs' own noise is as large",
    _DOUBTS[Doubt.UNSURE]: "no change was found, but worse by more than the limit is possible",
    _DOUBTS[Doubt.FAILURES]: "shorter, but more of them are the times of failures",
    _DOUBTS[Doubt.TOO_FEW]: "too little was measured to say; a longer run helps",
}


_ORDER = (*_VERDICTS.values(), *_DOUBTS.values())


def word_of_change(change: Change) -> StateWord:
    return _DOUBTS.get(change.doubt) or _VERDICTS[change.verdict]


def word_of_request(request: RequestChange) -> StateWord:
    """The request's verdict; what is called the same although nothing of it is known to be, is unsure."""
    doubts = {each.doubt for each in request.changes}
    if request.verdict is ChangeVerdict.SAME and doubts and doubts <= {Doubt.TOO_FEW, Doubt.UNSURE}:
        return _DOUBTS[Doubt.UNSURE if Doubt.UNSURE in doubts else Doubt.TOO_FEW]
    return _VERDICTS[request.verdict]


def change_of(request: RequestChange, metric: Metric) -> Change | None:
    return next((each for each in request.changes if each.metric == metric), None)


def amount_text(change: Change) -> str:
    """How large it is: points of percent for shares, else a share of the old value."""
    return absolute_text(change) if change.metric == "fail_ratio" else relative_text(change)


def run_pieces(record: Record, label: str, baseline: str) -> tuple[Sequence[Piece], Sequence[Piece]]:
    """One of the two runs in a line: what it was, and how it ended at the right."""
    word = verdict_word(record.outcome.verdict) if record.outcome else word_of(record.state)
    plan = record.plan
    revision = plan.provenance.get("git_revision", "")[:8]
    at = " ".join(filter(None, (plan.provenance.get("git_branch", ""), revision)))
    start = [Piece(f" {label} ", "heading"), foreign(record.run_id, "strong" if label == "B" else "")]
    if baseline:
        start += [Piece("  baseline ", "muted"), foreign(baseline, "accent")]
    start += [Piece("  "), foreign(plan.title, "muted")]
    if at:
        start += [Piece("  "), foreign(at, "muted")]
    end = [
        Piece(f"{users_text(peak_users(plan.profile))} · {format_duration(round(record.totals.covered_s))}  ", "muted"),
        Piece(f"{word.text} ", word.role),
    ]
    return start, end


def summary_lines(compared: Compared) -> Callable[[int], Sequence[Line]]:
    """What got worse, in words, and how many requests got what verdict. The rest stands in What to know."""
    comparison = compared.comparison
    is_worse, sentences = bool(comparison.worse()), summary_sentences(comparison)
    # What is not known matters most where nothing got worse.
    head = clean(sentences[0] if is_worse else " ".join(sentences), 1000)
    first = Piece(" ▲ ", "bad") if is_worse else Piece(" ? ", "warn") if len(sentences) > 1 else Piece(" = ", "good")
    counts = Counter(word_of_request(each) for each in comparison.requests)
    counted: list[Piece] = [Piece("   requests", "muted")]
    for word, count in sorted(counts.items(), key=lambda pair: _ORDER.index(pair[0])):
        counted += [Piece("  "), Piece(f"{word.symbol} {count:,} {word.word}", word.role)]
    if compared.differences:
        counted += [Piece(f"  ! unlike in {len(compared.differences):,}", "warn")]
    return lambda width: [*wrapped(head, width, "strong" if is_worse else "", first=first), Line(tuple(counted))]


def total_lines(compared: Compared) -> Callable[[int], Sequence[Line]]:
    """A line for each metric of all requests: A, B, the change with its interval, and the verdict."""
    total = compared.comparison.total

    def lines(width: int) -> Sequence[Line]:
        has_interval = width >= 62
        between = "  noise considered  " if has_interval else ""
        result = [line((f"{'':<7}{'A':>11}{'B':>11}{'change':>10}{between}  verdict", "muted"))]
        for metric in METRICS:
            change = change_of(total, metric)
            if change is not None:
                result.append(_total_line(change, has_interval=has_interval))
        noise = f"limit {compared.comparison.limit:.0%} · noise from {compared.comparison.slices} slices of each run"
        return [*result, Line(), line((noise, "muted"))]

    return lines


def _total_line(change: Change, *, has_interval: bool) -> Line:
    word = word_of_change(change)
    between = f"  {interval_text(change) or 'not bounded':<18}" if has_interval else ""
    return line(
        (f"{METRIC_NAMES[change.metric]:<7}", "muted"),
        f"{value_text(change, change.old):>11}",
        (f"{value_text(change, change.new):>11}", "strong"),
        (f"{amount_text(change):>10}", word.role),
        (between, "muted"),
        (f"  {word.text}", word.role),
    )


def note_lines(compared: Compared) -> Callable[[int], Sequence[Line]]:
    """What makes the two unlike, what is to be minded, and what the words mean."""
    comparison = compared.comparison

    def lines(width: int) -> Sequence[Line]:
        result: list[Line] = []
        for difference in compared.differences:
            result += wrapped(f"Unlike: {clean(difference.text, 400)}.", width, "warn", first=Piece("! ", "warn"))
        for remark in compared.remarks:
            result += wrapped(clean(remark, 400), width, first=Piece("! ", "warn"))
        for sentence in summary_sentences(comparison):
            result += wrapped(clean(sentence, 1000), width, first=Piece("· ", "muted"))
        result.append(Line())
        limit = (
            f"The limit is {comparison.limit:.0%}. The noise is measured: both runs are cut into {comparison.slices} "
            "slices of the same length, and a change has to exceed what these differ by among themselves."
        )
        result += wrapped(limit, width, "muted")
        for word, meaning in _EXPLAINED.items():
            result += wrapped(meaning, width, first=Piece(f"{word.text:<11}", word.role))
        result += wrapped("Service times, from the send; percentiles to within 1 %.", width, "muted")
        return result

    return lines


def unlike_lines(reasons: Sequence[str]) -> Callable[[int], Sequence[Line]]:
    """Why they are not compared, and the key that does it all the same."""

    def lines(width: int) -> Sequence[Line]:
        result = [
            *wrapped("These two runs are not alike: their numbers say nothing about each other.", width, "strong"),
            Line(),
        ]
        for reason in reasons:
            result += wrapped(clean(reason, 400), width, first=Piece("  ! ", "warn"))
        keys = [(" f ", "compare them all the same"), (" x ", "the other way round"), (" 5 ", "choose other runs")]
        return [*result, Line(), *(line((key, "key"), (f" {text}", "muted")) for key, text in keys)]

    return lines
