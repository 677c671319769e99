"""A stage in words, for the live view and for plain lines."""

from __future__ import annotations

from phingpt_bench.live.state import DONE, RUNNING, WAITING, Progress, State
from phingpt_bench.text.clean import clean
from phingpt_bench.text.money import SMALLEST, rate_text, usd_text
from phingpt_bench.text.numbers import things, unknown_text
from phingpt_bench.text.quantities import duration_text, memory_text, tokens_text


def rates(one: Progress, now: float) -> list[str]:
    """The rates as far as known: "11.2 documents/s" (or "3.1 s a document" if it is slower) and "810 tokens/s"."""
    units, tokens = one.rates(now)
    said = []
    if units and one.stage.unit:
        slow = f"{1 / units:.1f} s a {one.stage.unit.removesuffix('s')}"
        said.append(f"{_figure(units)} {one.stage.unit}/s" if units >= 1 else slow)
    if tokens:
        said.append(f"{_figure(tokens) if tokens < 1000 else tokens_text(int(tokens))} tokens/s")
    return said


def score(one: Progress) -> str:
    """The score: "F1 weighted 0.812 of the 80 documents answered so far", "loss 0.412 (mean of 10 steps)".

    Empty if there is none.

    Documents are answered in the order of their length, so this score is not a forecast.
    """
    scored = one.score
    if scored is None:
        return ""
    value = unknown_text() if scored.value is None else f"{scored.value:.3f}"
    said = f"{scored.name} {value}"
    if scored.count is not None:
        many = things(scored.count, "document")
        said += f" on {many}" if scored.final else f" of the {many} answered so far"
    return said + (f" ({scored.note})" if scored.note else "")


def position(one: Progress) -> str:
    """The progress: "80 of 132 documents", "120 of 195 steps, epoch 1.9 of 3"; "" if it has no parts."""
    stage = one.stage
    said = [f"{one.done:,} of {stage.total:,} {stage.unit}"] if stage.total else []
    return ", ".join([*said, *filter(None, [one.note])])


def running_line(state: State, one: Progress, now: float) -> str:
    """The running stage in one line."""
    left = state.left(one, now)
    parts = [
        position(one),
        duration_text(one.seconds(now)),
        *rates(one, now),
        score(one),
        "" if left is None else f"about {duration_text(left)} left",
        _cost(state, one.seconds(now)),
    ]
    return clean(f"{one.stage.label}: " + ", ".join(filter(None, parts)))


def ended_line(state: State, one: Progress) -> str:
    """A finished stage: its score, what was done, time, rates and cost."""
    now = one.ended
    where = position(one)
    if one.status != DONE:
        where = f"stopped at {where}" if where else "stopped"
    elif one.score is not None and one.score.final:
        where = ""  # the score names the number of documents
    parts = [where, score(one), duration_text(one.seconds(now)), *rates(one, now), _cost(state, one.seconds(now))]
    return clean(f"{one.stage.label}: " + ", ".join(filter(None, parts)))


def sum_line(state: State) -> str:
    """The sum of all finished stages; "" for fewer than two."""
    over = [one for one in state.stages if one.status not in (WAITING, RUNNING)]
    if len(over) < 2:
        return ""
    seconds = state.seconds(0.0)
    return ", ".join(filter(None, [things(len(over), "stage"), duration_text(seconds), _cost(state, seconds)]))


def left_text(state: State, now: float) -> str:
    """Time to go, "about 4 min left", with the stages of unknown length; "" when all is done."""
    seconds, unknown = state.all_left(now)
    many = things(unknown, "stage")
    if seconds and unknown:
        return f"about {duration_text(seconds)} left and {many} of unknown length"
    if unknown:
        return f"{many} of unknown length left"
    return f"about {duration_text(seconds)} left" if seconds else ""


def cost_text(state: State, now: float) -> str:
    """The cost so far, "$0.013 so far at $0.10 an hour"; "" before the price is known.

    "cost N/A (this machine is not in the price card)" without a price.
    """
    if not state.priced:
        return ""
    usd = state.usd(state.seconds(now))
    if usd is None:
        return f"cost {unknown_text()} (this machine is not in the price card)"
    return f"{rate_text(usd, SMALLEST)} so far at {usd_text(state.usd_per_hour)} an hour"


def peak_text(host: int | None, gpu: int | None) -> str:
    """The peaks, "peak memory 2.3 GB, GPU 4.1 GB"; without the GPU part if there is none."""
    said = f"peak memory {memory_text(host)}"
    return said if gpu is None else f"{said}, GPU {memory_text(gpu)}"


def _cost(state: State, seconds: float) -> str:
    """To two significant figures: the amounts are small."""
    return rate_text(state.usd(seconds), SMALLEST) if state.priced else ""


def _figure(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"
