"""A stage in words, for the live view and for plain lines."""

from __future__ import annotations

from phingpt_bench.core.sentences import sentence
from phingpt_bench.live.state import DONE, RUNNING, STOPPED, WAITING, Progress, State
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, say_n, spoken
from phingpt_bench.text.money import SMALLEST, rate_text, usd_text
from phingpt_bench.text.numbers import unknown_text
from phingpt_bench.text.quantities import duration_text, memory_text, tokens_text

UNITS = {  # how far it is, how many a second, and how long one takes
    "documents": (
        sentence("{n:,} of {all:,} documents"),
        sentence("{rate} documents/s"),
        sentence("{seconds} s a document"),
    ),
    "steps": (sentence("{n:,} of {all:,} steps"), sentence("{rate} steps/s"), sentence("{seconds} s a step")),
}


def rates(one: Progress, now: float) -> list[str]:
    """The rates as far as known: "11.2 documents/s" (or "3.1 s a document" if it is slower) and "810 tokens/s"."""
    units, tokens = one.rates(now)
    said = []
    if units and one.stage.unit:
        _, fast, slow = UNITS[one.stage.unit]
        said.append(say(fast, rate=_figure(units)) if units >= 1 else say(slow, seconds=f"{1 / units:.1f}"))
    if tokens:
        said.append(say("{rate} tokens/s", rate=_figure(tokens) if tokens < 1000 else tokens_text(int(tokens))))
    return said


def score(one: Progress) -> str:
    """The score: "F1 weighted 0.812 after 80 documents", "loss 0.412 (mean of 10 steps)".

    Empty if there is none.

    Documents are answered in the order of their length, so this score is not a forecast.
    """
    scored = one.score
    if scored is None:
        return ""
    value = unknown_text() if scored.value is None else f"{scored.value:.3f}"
    said = f"{spoken(scored.name)} {value}"
    if scored.count is not None and scored.final:
        said = say_n("{score} on {n:,} document", "{score} on {n:,} documents", scored.count, score=said)
    elif scored.count is not None:
        said = say_n(
            "{score} after {n:,} document",
            "{score} after {n:,} documents",
            scored.count,
            score=said,
        )
    return said + (f" ({spoken(scored.note)})" if scored.note else "")


def position(one: Progress) -> str:
    """The progress: "80 of 132 documents", "120 of 195 steps, epoch 1.9 of 3"; "" if it has no parts."""
    stage = one.stage
    said = [say(UNITS[stage.unit][0], n=one.done, all=stage.total)] if stage.total else []
    return ", ".join([*said, *([spoken(one.note)] if one.note else [])])


def running_line(state: State, one: Progress, now: float) -> str:
    """The running stage in one line."""
    left = state.left(one, now)
    parts = [
        position(one),
        duration_text(one.seconds(now)),
        *rates(one, now),
        score(one),
        "" if left is None else say("about {time} left", time=duration_text(left)),
        _stage_cost(state, one, now),
    ]
    return clean(f"{spoken(one.stage.label)}: " + ", ".join(filter(None, parts)))


def all_line(state: State, now: float) -> str:
    """How far several workers are together: "12 of 80 stages done, 1 failed, 4 of 4 workers busy, about 9 min left"."""
    failed = len(state.of(STOPPED))
    workers = state.workers
    parts = [
        say("{done} of {all} stages done", done=len(state.of(DONE)) + failed, all=len(state.stages)),
        say("{n:,} failed", n=failed) if failed else "",
        say("{busy} of {all} workers busy", busy=workers.busy, all=workers.all) if workers else "",
        duration_text(state.seconds(now)),
        left_text(state, now),
    ]
    return ", ".join(filter(None, parts))


def worker_line(one: Progress, now: float) -> str:
    """What a worker does, in one line: its cell, how far it is, its rates."""
    parts = [position(one), *rates(one, now)]
    return clean(f"{spoken(one.stage.label)}: " + ", ".join(filter(None, parts))).rstrip(": ")


def ended_line(state: State, one: Progress) -> str:
    """A finished stage: its score, what was done, time, rates and cost."""
    now = one.ended
    where = position(one)
    if one.status != DONE:
        where = say("stopped at {place}", place=where) if where else say("stopped")
    elif one.score is not None and one.score.final:
        where = ""  # the score names the number of documents
    parts = [where, score(one), duration_text(one.seconds(now)), *rates(one, now), _stage_cost(state, one, now)]
    return clean(f"{spoken(one.stage.label)}: " + ", ".join(filter(None, parts)))


def sum_line(state: State) -> str:
    """The sum of all finished stages; "" for fewer than two."""
    over = [one for one in state.stages if one.status not in (WAITING, RUNNING)]
    if len(over) < 2:
        return ""
    seconds, usd = state.seconds(0.0), state.all_usd(0.0)
    return ", ".join(
        filter(None, [say_n("{n:,} stage", "{n:,} stages", len(over)), duration_text(seconds), _cost(state, usd)])
    )


def left_text(state: State, now: float) -> str:
    """Time to go, "about 4 min left", with the stages of unknown length; "" when all is done."""
    seconds, unknown = state.all_left(now)
    if seconds and unknown:
        return say_n(
            "about {time} left and {n:,} stage of unknown length",
            "about {time} left and {n:,} stages of unknown length",
            unknown,
            time=duration_text(seconds),
        )
    if unknown:
        return say_n("{n:,} stage of unknown length left", "{n:,} stages of unknown length left", unknown)
    return say("about {time} left", time=duration_text(seconds)) if seconds else ""


def cost_text(state: State, now: float) -> str:
    """The cost so far, "$0.013 so far at $0.10 an hour"; "" before the price is known.

    "cost N/A (this machine is not in the price card)" without a price.
    """
    if not state.priced:
        return ""
    usd = state.all_usd(now)
    if state.billed:
        return say("{usd} so far, served models as billed", usd=rate_text(usd, SMALLEST))
    if usd is None:
        return say("cost {unknown} (this machine is not in the price card)", unknown=unknown_text())
    return say("{usd} so far at {rate} an hour", usd=rate_text(usd, SMALLEST), rate=usd_text(state.usd_per_hour))


def peak_text(host: int | None, gpu: int | None) -> str:
    """The peaks, "peak memory 2.3 GB, GPU 4.1 GB"; without the GPU part if there is none."""
    if gpu is None:
        return say("peak memory {host}", host=memory_text(host))
    return say("peak memory {host}, GPU {gpu}", host=memory_text(host), gpu=memory_text(gpu))


def _stage_cost(state: State, one: Progress, now: float) -> str:
    """What a stage costs; "" where nothing was billed: a probe's tokens are not counted."""
    return "" if one.bill is not None and one.bill.usd == 0 else _cost(state, state.usd(one, now))


def _cost(state: State, usd: float | None) -> str:
    """To two significant figures: the amounts are small."""
    return rate_text(usd, SMALLEST) if state.priced else ""


def _figure(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"
