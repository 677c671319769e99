"""One picture of the live view: the state as lines that fit the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phingpt_bench.live import stage_text
from phingpt_bench.live.state import DONE, RUNNING, STOPPED, WAITING, Progress, State
from phingpt_bench.text.clean import clean
from phingpt_bench.text.fold import HOLD, width_of, wrapped
from phingpt_bench.text.language import say, spoken
from phingpt_bench.text.quantities import clock_text
from phingpt_bench.text.write_terminal import BAD, GOOD

if TYPE_CHECKING:
    from rich.text import Text

WIDEST = 100  # columns: wider lines are harder to read, and wrap if the terminal becomes narrower
MOST_STAGES = 16  # lines for stages, even on a tall terminal
INDENT = "  "
STYLES = {DONE: GOOD, RUNNING: "bold", STOPPED: f"bold {BAD}", WAITING: "dim"}
BAR = ("━", "─")
PLAIN_BAR = ("#", ".")


def frame(state: State, now: float, *, width: int, height: int, memory: str, plain: bool = False) -> list[Text]:
    """Lines of at most `width` columns, at most `height - 1` of them: the head, the stages, the sums.

    The running stage has extra lines for bar, score and rates. If there is no room for all stages, the nearest ones are
    shown and the others counted. plain: ASCII only.
    """
    from rich.text import Text

    width = min(width, WIDEST)
    if state.workers is not None:
        return _of_workers(state, now, width=width, height=height, plain=plain)
    done, running, waiting = state.of(DONE) + state.of(STOPPED), state.running, state.of(WAITING)
    head = [
        say("{done} of {all} stages done", done=len(done), all=len(state.stages)),
        clock_text(state.seconds(now)),
        stage_text.left_text(state, now),
    ]
    lines = [Text(line, style="bold") for line in _wrapped(", ".join(filter(None, head)), width)]
    foot = _wrapped(", ".join(filter(None, [stage_text.cost_text(state, now), memory])), width)
    details = _details(state, running, now, width, plain) if running is not None else []
    # always there: the cursor's line and the two counts of what is not shown
    fixed = len(lines) + len(foot) + (1 + len(details) if running is not None else 0) + 3
    room = min(MOST_STAGES, height - fixed)
    if room < 2:
        details, room = details[:1], 0
    ahead = min(len(waiting), max(room // 2, room - len(done)))
    before = min(len(done), room - ahead)
    if before < len(done):
        lines.append(Text(INDENT + say("{n:,} more done", n=len(done) - before), style="dim"))
    lines += [_line(one, now, width) for one in done[len(done) - before :]]
    if running is not None:
        lines += [_line(running, now, width), *details]
    lines += [_line(one, now, width) for one in waiting[:ahead]]
    if ahead < len(waiting):
        lines.append(Text(INDENT + say("{n:,} more waiting", n=len(waiting) - ahead), style="dim"))
    lines += map(Text, foot)
    return _fitted(lines, width, height, plain)


def _of_workers(state: State, now: float, *, width: int, height: int, plain: bool) -> list[Text]:
    """The head, one line a worker with what it does, then what has failed so far, as far as there is room."""
    from rich.text import Text

    lines = [Text(line, style="bold") for line in _wrapped(stage_text.all_line(state, now), width)]
    running = sorted(state.of(RUNNING), key=lambda one: (len(one.worker), one.worker))
    failed = state.of(STOPPED)
    room = max(1, height - len(lines) - 3)
    lines += [Text(f"{INDENT}{one.worker:>3}  {stage_text.worker_line(one, now)}") for one in running[:room]]
    if len(running) > room:
        lines.append(Text(INDENT + say("{n:,} more workers", n=len(running) - room), style="dim"))
    lines += [
        Text(f"{INDENT}{say(STOPPED)} {clean(spoken(one.stage.label))}", style=STYLES[STOPPED])
        for one in failed[: max(0, room - len(running))]
    ]
    return _fitted(lines, width, height, plain)


def _fitted(lines: list[Text], width: int, height: int, plain: bool) -> list[Text]:
    for line in lines:
        line.truncate(width, overflow="crop" if plain else "ellipsis")
    return lines[: max(1, height - 1)]


def _line(one: Progress, now: float, width: int) -> Text:
    """A stage: status, label, and on the right its score and time."""
    from rich.cells import set_cell_size
    from rich.text import Text

    score = one.score if one.status == DONE else None
    shown = "" if score is None or score.value is None else f"{score.value:.3f}"
    right = f"{shown:>7} {clock_text(one.seconds(now)):>8}" if one.status != WAITING else ""
    left = f"{INDENT}{say(one.status):<8} "
    room = max(8, width - len(left) - len(right) - 1)
    label = clean(spoken(one.stage.label))
    if width_of(label) > room:
        label = label_cut(label, room)
    text = Text(left, style=STYLES[one.status])
    text.append(set_cell_size(label, room) + " ", style="bold" if one.status == RUNNING else "")
    text.append(right)
    return text


def label_cut(label: str, room: int) -> str:
    """A label without its middle, so that task and shots can still be read: "phin_fpb: Smol...+ sentiment 0-shot"."""
    from rich.cells import set_cell_size

    mark = "..."
    behind = (room - len(mark)) // 2
    ahead = room - len(mark) - behind
    tail = label[-behind:] if behind else ""
    return set_cell_size(label, ahead) + mark + set_cell_size(tail, behind)


def _details(state: State, one: Progress, now: float, width: int, plain: bool) -> list[Text]:
    """The lines below that of the running stage."""
    from rich.text import Text

    margin = INDENT + " " * 9
    left = state.left(one, now)
    where = ", ".join(
        filter(
            None,
            [
                stage_text.position(one),
                "" if left is None else say("{time} left", time=clock_text(left)).replace(" ", HOLD),
            ],
        )
    )
    lines: list[Text] = []
    if one.stage.total:
        share = min(1.0, one.done / one.stage.total)
        cells = 20 if width >= 70 else 10
        full = int(share * cells)
        mark, rest = PLAIN_BAR if plain else BAR
        bar = f"{mark * full}{rest * (cells - full)} {share:>4.0%}  "
        first, *more = _wrapped(where, width, margin + bar, margin)
        line = Text(first)
        line.stylize(GOOD, len(margin), len(margin) + full)
        line.stylize("dim", len(margin) + full, len(margin) + cells)
        lines = [line, *map(Text, more)]
    elif where:
        lines = [Text(line) for line in _wrapped(where, width, margin, margin)]
    for said in (stage_text.score(one), ", ".join(stage_text.rates(one, now))):
        lines += [Text(line) for line in _wrapped(clean(said), width, margin, margin)]
    return lines


def _wrapped(text: str, width: int, first: str = "", more: str = "") -> list[str]:
    """The text in lines of at most `width` columns with their indents, words unbroken; [] for an empty text."""
    return wrapped(text, width, first, more, whole=True) if text else []
