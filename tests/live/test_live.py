"""What a run shows while it works: a live view, plain lines, or nothing; by a fake clock and a recorded console."""

from __future__ import annotations

import io
import os
import re
import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.clock import Clock

from phingpt_bench.core.errors import BenchError
from phingpt_bench.live import stage_text
from phingpt_bench.live.choose import display
from phingpt_bench.live.display import QUIET, Display
from phingpt_bench.live.events import (
    Advanced,
    Billed,
    Planned,
    Priced,
    Said,
    Scored,
    Stage,
    StageEnded,
    StageStarted,
    training_stages,
)
from phingpt_bench.live.frame import frame, label_cut
from phingpt_bench.live.live_display import LiveDisplay
from phingpt_bench.live.plain_display import PlainDisplay
from phingpt_bench.live.state import State

LOAD = Stage(key="load", label="load Tiny", alike=("load",))
FPB = Stage(key="fpb", label="phin_fpb: Tiny 0-shot", unit="documents", total=100, alike=("fpb", "labels"))
TUNED = Stage(key="tuned", label="phin_fpb: Tiny + demo 0-shot", unit="documents", total=100, alike=("fpb", "labels"))
TFNS = Stage(key="tfns", label="phin_tfns: Tiny 0-shot", unit="documents", total=200, alike=("tfns", "labels"))
NER = Stage(key="ner", label="phin_fin: Tiny 0-shot", unit="documents", total=10, alike=("fin", "generation"))


def console(width: int = 80, height: int = 24, *, colour: bool = False, encoding: str = "utf-8") -> Any:
    """A rich console that takes itself for a terminal and writes into memory; `size` can be changed."""
    from rich.console import Console

    raw = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace", newline="")
    made = Console(
        file=raw, force_terminal=True, width=width, height=height, legacy_windows=False,
        no_color=not colour, color_system="standard" if colour else None, _environ={},
    )  # fmt: skip
    made._seen = raw
    return made


def written(made: Any) -> str:
    made._seen.flush()
    return made._seen.buffer.getvalue().decode(made._seen.encoding)


class Screen:
    """Just enough of a terminal to see what rich leaves on it: lines, the cursor, the few sequences that it uses."""

    def __init__(self, text: str):
        self.lines: list[str] = [""]
        self.row = self.column = 0
        for part in re.findall(r"\x1b\[[?\d;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
            self._take(part)

    def _take(self, part: str) -> None:
        if part == "\n":
            self.row, self.column = self.row + 1, 0
            self.lines += [""] * (self.row + 1 - len(self.lines))
        elif part == "\r":
            self.column = 0
        elif not part.startswith("\x1b"):
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + part + line[self.column + len(part) :]
            self.column += len(part)
        elif part[-1] == "A":
            self.row = max(0, self.row - int(part[2:-1] or 1))
        elif part == "\x1b[2K":
            self.lines[self.row] = ""
        elif part == "\x1b[2J":
            self.lines, self.row, self.column = [""], 0, 0
        elif part == "\x1b[H":
            self.row = self.column = 0
        else:
            assert part[-1] in "hlm", f"the screen of this test does not know {part!r}"

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines).rstrip()


def begun(shown: Any, clock: Clock) -> None:
    """A run in which a base was loaded, one task is done and the next is 40 documents in."""
    shown.tell(Priced(0.36))
    shown.tell(Planned((LOAD, FPB, TUNED, TFNS, NER)))
    shown.tell(StageStarted(LOAD))
    clock.now += 4
    shown.tell(StageEnded())
    shown.tell(StageStarted(FPB))
    clock.now += 10
    shown.tell(Advanced(count=100, tokens=5000))
    shown.tell(Scored("F1 weighted", 0.25, 100, final=True))
    shown.tell(StageEnded())
    shown.tell(StageStarted(TUNED))
    for _ in range(4):
        clock.now += 1
        shown.tell(Advanced(count=10, tokens=600))
    shown.tell(Scored("F1 weighted", 0.8125, 40))


def test_rates_and_times_left() -> None:
    clock, state = Clock(1000.0), State()
    begun(SimpleNamespace(tell=lambda event: state.apply(event, clock.now)), clock)
    running = state.running
    assert running is not None and running.stage == TUNED
    assert running.rates(clock.now) == (10.0, 600.0)
    assert state.left(running, clock.now) == 6.0
    by_key = {one.stage.key: one for one in state.stages}
    assert state.left(by_key["tfns"], clock.now) == 20.0  # 0.1 s a document as in the finished task of its kind
    assert state.left(by_key["ner"], clock.now) is None  # nothing like it has been run
    assert state.all_left(clock.now) == (26.0, 1)
    assert state.seconds(clock.now) == 18.0 and state.all_usd(clock.now) == pytest.approx(0.0018)
    clock.now += 4
    assert running.rates(clock.now) == (5.0, 300.0)  # nothing comes: it goes down


def test_a_rate_is_of_the_last_half_minute() -> None:
    state = State()
    state.apply(StageStarted(TFNS, already=50), 0.0)
    for at in range(1, 101):
        state.apply(Advanced(count=1), float(at))  # one a second ...
    for at in range(101, 111):
        state.apply(Advanced(count=4), float(at))
    (running,) = state.stages
    rate, _ = running.rates(110.0)
    assert rate == pytest.approx((20 + 40) / 30)  # ... then four
    assert running.done == 190 and state.left(running, 110.0) == pytest.approx(10 / 2)
    state.apply(StageEnded(), 140.0)
    assert running.rates(500.0) == (1.0, None)  # of all of it, without what was there already


def test_what_comes_after_the_last_document_is_said_without_a_rate() -> None:
    state = State()
    state.apply(StageStarted(TFNS), 0.0)
    state.apply(Advanced(count=TFNS.total), 10.0)
    state.apply(Advanced(note="paraphrases"), 20.0)
    (running,) = state.stages
    assert state.left(running, 20.0) is None
    line = stage_text.running_line(state, running, 20.0)
    assert "paraphrases" in line and "left" not in line and "/s" not in line and "a document" not in line


def test_what_took_so_long_before_is_expected_again() -> None:
    state = State()
    known = Stage(key="k", label="k", unit="documents", total=10, expected=40.0)
    state.apply(Planned((known, NER)), 0.0)
    assert state.all_left(0.0) == (40.0, 1)
    state.apply(StageStarted(known), 0.0)
    assert state.left(state.stages[0], 15.0) == 25.0  # until it has a rate of its own
    assert state.left(state.stages[0], 60.0) == 0.0


def test_a_new_plan_takes_the_place_of_what_waits() -> None:
    state = State()
    load, prepare, train = training_stages("demo")
    state.apply(Planned((load, prepare, train, FPB, TFNS)), 0.0)
    state.apply(StageStarted(load), 0.0)
    state.apply(StageEnded(), 1.0)
    state.apply(StageStarted(training_stages("demo", 195)[2]), 1.0)
    assert [one.stage.total for one in state.stages if one.stage.key == "train demo"] == [195]
    state.apply(StageEnded(), 2.0)
    state.apply(Planned((TFNS,)), 2.0)
    state.apply(StageStarted(LOAD), 2.0)  # not planned: before what waits
    assert [one.stage.key for one in state.stages] == ["train demo: load", "train demo", "load", "tfns"]


def test_a_rerun_stage_and_events_without_a_stage() -> None:
    state = State()
    state.apply(Advanced(count=1), 0.0)
    state.apply(StageEnded(), 0.0)
    assert state.stages == []
    assert stage_text.left_text(state, 0.0) == "" and stage_text.sum_line(state) == ""


@pytest.mark.parametrize("width", [40, 60, 80, 160])
@pytest.mark.parametrize("height", [3, 6, 10, 24, 60])
def test_the_picture_fits(width: int, height: int) -> None:
    clock, state = Clock(1000.0), State()
    shown = SimpleNamespace(tell=lambda event: state.apply(event, clock.now))
    begun(shown, clock)
    more = [
        Stage(key=str(i), label=f"phin_task_{i}: " + "very-long-name-" * 9, unit="documents", total=9)
        for i in range(90)
    ]
    shown.tell(Planned((TFNS, *more)))
    lines = frame(state, clock.now, width=width, height=height, memory="peak memory 1.0 GB")
    assert len(lines) < max(2, height)
    assert max(line.cell_len for line in lines) <= min(width, 100)
    if height > 6:
        text = "\n".join(line.plain for line in lines)
        assert "running" in text and "more waiting" in text and "done" in text and "$" in text


def test_the_picture() -> None:
    clock, state = Clock(1000.0), State()
    begun(SimpleNamespace(tell=lambda event: state.apply(event, clock.now)), clock)
    lines = frame(state, clock.now, width=79, height=24, memory="peak memory 1.0 GB")
    assert [line.plain.rstrip() for line in lines] == [
        "2 of 5 stages done, 0:18, about 26 s left and 1 stage of unknown length",
        "  done     load Tiny                                                       0:04",
        "  done     phin_fpb: Tiny 0-shot                                 0.250     0:10",
        "  running  phin_fpb: Tiny + demo 0-shot                                    0:04",
        "           ━━━━━━━━────────────  40%  40 of 100 documents, 0:06 left",
        "           F1 weighted 0.812 after 40 documents",
        "           10.0 documents/s, 600 tokens/s",
        "  waiting  phin_tfns: Tiny 0-shot",
        "  waiting  phin_fin: Tiny 0-shot",
        "$0.0018 so far at $0.36 an hour, peak memory 1.0 GB",
    ]
    ascii_lines = frame(state, clock.now, width=59, height=24, memory="", plain=True)
    assert "".join(line.plain for line in ascii_lines).isascii()
    assert [line.plain for line in ascii_lines[:2]] == [
        "2 of 5 stages done, 0:18, about 26 s left and 1 stage of",
        "unknown length",
    ]
    assert ascii_lines[5].plain == "           ####......  40%  40 of 100 documents, 0:06 left"


def test_a_line_is_broken_between_its_parts() -> None:
    clock, state = Clock(1000.0), State()
    begun(SimpleNamespace(tell=lambda event: state.apply(event, clock.now)), clock)
    state.apply(Advanced(note="epoch 1 of 3"), clock.now)
    lines = [line.plain for line in frame(state, clock.now, width=67, height=24, memory="")]
    at = next(at for at, line in enumerate(lines) if "40%" in line)
    assert lines[at].endswith("40 of 100 documents, epoch 1 of 3,") and lines[at + 1].strip() == "0:06 left"


def test_a_long_name_keeps_both_ends() -> None:
    label = "phin_fpb: SmolLM2-135M-Instruct + sentiment 0-shot"
    assert label_cut(label, 31) == "phin_fpb: Smol...ntiment 0-shot" and len(label_cut(label, 31)) == 31


def test_the_live_view_is_drawn_in_place_and_leaves_plain_lines() -> None:
    clock, made = Clock(1000.0), console(80, 24)
    shown = LiveDisplay(made, clock)
    shown.every = 3600.0  # the test draws
    with shown:
        begun(shown, clock)
        shown.tick()
        first = Screen(written(made)).text().splitlines()
        assert "2 of 5 stages done" in first[0] and len(first) == 10
        for _ in range(5):
            clock.now += 0.5
            shown.tell(Advanced(count=5, tokens=300))
            shown.tick()
        again = Screen(written(made)).text().splitlines()
        assert len(again) == 10, "it scrolls"
        assert "65%" in again[4]
        shown.tell(Said("one line that stays"))
        shown.tick()
        kept = Screen(written(made)).text().splitlines()
        assert kept[0] == "one line that stays" and len(kept) == 11
        shown.tell(Scored("F1 weighted", 0.5, 100, final=True))
        shown.tell(StageEnded())
    assert Screen(written(made)).text().splitlines() == [
        "one line that stays",
        "load Tiny: 4 s, $0.00040",
        "phin_fpb: Tiny 0-shot: F1 weighted 0.250 on 100 documents, 10 s, 10.0 documents/s, 500 tokens/s, $0.0010",
        "phin_fpb: Tiny + demo 0-shot: F1 weighted 0.500 on 100 documents, 6 s, 10.0 documents/s, 600 tokens/s, "
        "$0.00065",
        "3 stages, 20 s, $0.0021",
    ]


def test_a_terminal_made_narrower_is_redrawn() -> None:
    clock, made = Clock(1000.0), console(100, 24)
    shown = LiveDisplay(made, clock)
    shown.every = 3600.0
    with shown:
        begun(shown, clock)
        shown.tick()
        made.size = (60, 12)
        before = len(written(made))
        shown.tick()
        assert "\x1b[2J" in written(made)[before:]
        lines = Screen(written(made)).text().splitlines()
        assert max(map(len, lines)) < 60 and len(lines) < 12 and lines[0].startswith("2 of 5")
        before = len(written(made))
        shown.tick()
        made.size = (120, 40)
        shown.tick()
        assert "\x1b[2J" not in written(made)[before:], "it flickers"


def test_colour_is_decoration() -> None:
    def drawn(colour: bool) -> str:
        clock, made = Clock(1000.0), console(colour=colour)
        shown = LiveDisplay(made, clock)
        shown.every = 3600.0
        with shown:
            begun(shown, clock)
            shown.tick()
            return written(made)

    assert Screen(drawn(True)).text() == Screen(drawn(False)).text()
    assert re.search(r"\x1b\[[0-9;]*3\d", drawn(True)) and not re.search(r"\x1b\[[0-9;]*3\d", drawn(False))


def test_an_interruption_leaves_the_terminal_in_order_and_says_what_is_kept() -> None:
    clock, made = Clock(1000.0), console()
    shown = LiveDisplay(made, clock)
    shown.every = 3600.0

    def work() -> None:
        with shown, shown.stage(TFNS):
            shown.tick()
            clock.now += 3
            shown.tell(Advanced(count=20))
            shown.tell(Said("stopped: 1 of 3 runs are kept", urgent=True))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    lines = Screen(written(made)).text().splitlines()
    assert lines == ["phin_tfns: Tiny 0-shot: stopped at 20 of 200 documents, 3 s, 6.7 documents/s",
                     "stopped: 1 of 3 runs are kept"]  # fmt: skip
    assert written(made).rindex("\x1b[?25h") > written(made).rindex("\x1b[?25l"), "the cursor stays hidden"
    assert not any(thread.name == "display" for thread in threading.enumerate())


def test_plain_lines_are_few() -> None:
    clock, lines = Clock(1000.0), []
    shown = PlainDisplay(lines.append, clock)
    shown.tell(Priced(36.0))
    shown.tell(Planned((LOAD, TFNS)))
    shown.tell(StageStarted(LOAD))
    clock.now += 20
    shown.tick()
    shown.tell(StageEnded())
    shown.tell(StageStarted(TFNS))
    for second in range(100):  # a batch and a look at the time each second
        clock.now += 1
        shown.tell(Advanced(count=2, tokens=100))
        shown.tell(Scored("F1 weighted", 0.5, 2 * second + 2))
        shown.tick()
    shown.tell(Scored("F1 weighted", 0.625, 200, final=True))
    shown.tell(StageEnded())
    running = "2.0 documents/s, 100 tokens/s, F1 weighted 0.500 after {} documents"
    assert lines == [
        "load Tiny: 20 s, $0.20",
        f"  phin_tfns: Tiny 0-shot: 60 of 200 documents, 30 s, {running.format(60)}, about 1 min left, $0.30",
        f"  phin_tfns: Tiny 0-shot: 120 of 200 documents, 1 min, {running.format(120)}, about 40 s left, $0.60",
        f"  phin_tfns: Tiny 0-shot: 180 of 200 documents, 2 min, {running.format(180)}, about 10 s left, $0.90",
        "phin_tfns: Tiny 0-shot: F1 weighted 0.625 on 200 documents, 2 min, 2.0 documents/s, 100 tokens/s, $1.00",
    ]


def test_what_a_host_bills_costs_that_and_not_the_time_here() -> None:
    clock, lines = Clock(1000.0), []
    shown = PlainDisplay(lines.append, clock)
    shown.tell(Priced(36.0))
    with shown.stage(LOAD):
        clock.now += 20
    assert stage_text.cost_text(shown.state, clock.now) == "$0.20 so far at $36.00 an hour"
    with shown.stage(TFNS):
        shown.tell(Billed(0.0))
        clock.now += 31
        shown.tell(Billed(0.003))
        shown.tick()
        assert stage_text.cost_text(shown.state, clock.now) == "$0.20 so far, served models as billed"
        shown.tell(Billed(0.5))
    with shown.stage(NER):
        clock.now += 20
    assert [line.rpartition(" ")[2] for line in lines] == ["$0.20", "$0.0030", "$0.50", "$0.20"]
    assert stage_text.sum_line(shown.state) == "3 stages, 1 min, $0.90"
    with shown.stage(FPB):
        shown.tell(Billed(None))
    assert lines[-1].endswith("N/A") and stage_text.sum_line(shown.state).endswith("N/A"), "a part is never the sum"


def test_what_is_unknown_is_said_to_be() -> None:
    clock, lines = Clock(1000.0), []
    shown = PlainDisplay(lines.append, clock)
    shown.tell(Priced(None))
    with shown.stage(LOAD):
        clock.now += 2
    shown.tell(StageStarted(NER))
    clock.now += 31
    shown.tell(Scored("Entity F1", None, 1))
    shown.tick()
    assert lines[0] == "load Tiny: 2 s, N/A"
    assert "Entity F1 N/A after 1 document" in lines[1] and "left" not in lines[1]
    assert stage_text.cost_text(shown.state, clock.now) == "cost N/A (this machine is not in the price card)"
    assert stage_text.peak_text(None, None) == "peak memory N/A"
    assert stage_text.peak_text(2**30, 3 * 2**30) == "peak memory 1.0 GB, GPU 3.0 GB"


def test_a_hostile_name_does_nothing() -> None:
    clock, lines = Clock(1000.0), []
    shown = PlainDisplay(lines.append, clock)
    with shown.stage(Stage(key="x", label="a\x1b[2Jb\nc\u202ed [red]e[/red]")):
        clock.now += 1
    assert lines == ["a [2Jb cd [red]e[/red]: 1 s"]
    made = console()
    live = LiveDisplay(made, clock)
    live.every = 3600.0
    with live:
        live.tell(StageStarted(Stage(key="x", label="a\x1b[2Jb\nc\u202ed [red]e[/red]")))
        live.tick()
        assert "a [2Jb cd [red]e[/red]" in Screen(written(made)).text()


def test_an_error_ends_a_stage_unfinished() -> None:
    clock, lines = Clock(1000.0), []
    shown = PlainDisplay(lines.append, clock)
    with pytest.raises(BenchError), shown.stage(LOAD):
        clock.now += 3
        raise BenchError("no")
    assert lines == ["load Tiny: stopped, 3 s"]


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(28, "No space left on device")])
def test_lines_that_cannot_be_written_stop_nothing_and_hide_no_error(error: OSError) -> None:
    tried = []

    def write(line: str) -> None:
        tried.append(line)
        raise error

    shown = PlainDisplay(write, Clock(1000.0))
    with pytest.raises(BenchError, match="the real one"), shown:
        begun(shown, Clock(1000.0))
        shown.tell(Said("a line"))
        shown.tick()
        with shown.stage(NER):
            raise BenchError("the real one")
    assert len(tried) == 1  # silent after the first that failed


def test_a_terminal_that_goes_away_stops_nothing() -> None:
    class Gone(io.StringIO):
        broken = False

        def write(self, text: str) -> int:
            if self.broken:
                raise BrokenPipeError
            return super().write(text)

    from rich.console import Console

    before, file = sys.stderr, Gone()
    shown = LiveDisplay(Console(file=file, force_terminal=True, width=80, _environ={}), Clock(1000.0))
    with pytest.raises(BenchError, match="the real one"), shown:
        begun(shown, Clock(1000.0))
        file.broken = True
        shown.tell(Said("a line"))
        assert sys.stderr is before
        with shown.stage(NER):
            raise BenchError("the real one")


def test_a_closed_stderr_stops_nothing_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    with QUIET, QUIET.stage(LOAD):
        QUIET.tell(Said("2 of 9 steps are kept", urgent=True))


def test_quiet_says_only_what_is_urgent(capsys: pytest.CaptureFixture[str]) -> None:
    begun(QUIET, Clock(1000.0))
    QUIET.tell(Said("a line"))
    assert capsys.readouterr() == ("", "")
    QUIET.tell(Said("2 of 9 steps are kept", urgent=True))
    assert capsys.readouterr() == ("", "2 of 9 steps are kept\n")
    assert not QUIET.watched


@pytest.mark.parametrize(
    ("terminal", "term", "quiet", "want"),
    [
        (True, "xterm-256color", False, LiveDisplay),
        (True, "dumb", False, PlainDisplay),
        (True, "", False, PlainDisplay),
        (False, "xterm", False, PlainDisplay),
        (True, "xterm", True, Display),
    ],
)
def test_the_display_suits_the_place(
    terminal: bool, term: str, quiet: bool, want: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: terminal, encoding="utf-8", fileno=lambda: 2))
    monkeypatch.setitem(os.environ, "TERM", term)
    assert type(display(quiet=quiet)) is want


def test_the_thread_draws_by_itself() -> None:
    drawn = threading.Event()
    shown = PlainDisplay(lambda line: None)
    shown.every = 0.001
    shown.tick = drawn.set  # type: ignore[method-assign]
    with shown:
        assert drawn.wait(30)
