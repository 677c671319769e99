"""The line that says that the machine is busy: when, and how often."""

from __future__ import annotations

from typing import Any

from phingpt_bench.live.busy import BusyWatch
from phingpt_bench.live.display import WatchedDisplay
from phingpt_bench.live.events import Advanced, Said, Stage, StageStarted


def after(steps: list[float], *, busy: bool = True, wait: float = 0.0) -> int:
    """How many lines are said over steps of 100 tokens that take these seconds, looked at after each and at the end."""
    watch, now, said = BusyWatch(lambda: busy), 0.0, 0
    for seconds in [*steps, 0.0]:
        now += seconds
        if seconds:
            watch.advance(100, now)
        else:
            now += wait
        said += watch.warning(now) is not None
    return said


def test_a_fall_to_a_third_is_said_once():
    assert after([2.0] * 30 + [40.0] * 5) == 1
    assert after([2.0] * 30, wait=120.0) == 1, "within one long step too"


def test_nothing_is_said_of_an_even_pace_a_small_fall_or_an_idle_machine():
    assert after([2.0] * 60) == 0
    assert after([70.0] * 8, wait=60.0) == 0, "long steps of a large model"
    assert after([2.0] * 30 + [5.0] * 20) == 0
    assert after([2.0] * 30 + [40.0] * 5, busy=False) == 0


def test_half_a_minute_is_not_enough_to_know_the_best_rate():
    assert after([2.0] * 10, wait=9.0) == 0


def test_a_display_says_it_and_each_stage_has_its_own_pace(monkeypatch):
    now, lines = [0.0], []

    class Shown(WatchedDisplay):
        def on_event(self, event: Any) -> None:
            if isinstance(event, Said):
                lines.append(event.text)

    shown = Shown(clock=lambda: now[0])
    shown._busy = BusyWatch(lambda: True)
    for tokens, seconds in ((100, 2.0), (10, 2.0)):  # the second stage is slower by itself
        shown.tell(StageStarted(Stage(key="one", label="one")))
        for _ in range(40):
            now[0] += seconds
            shown.tell(Advanced(tokens=tokens))
            shown._look()
    assert lines == []
    now[0] += 90.0
    shown._look()
    assert len(lines) == 1 and "busy" in lines[0]
