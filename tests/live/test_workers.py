"""The displays with several workers: a line for each, what has failed, and what a lost one leaves."""

from __future__ import annotations

from phingpt_bench.live.events import Advanced, By, Planned, Stage, StageEnded, StageStarted, Workers
from phingpt_bench.live.frame import frame
from phingpt_bench.live.plain_display import PlainDisplay
from phingpt_bench.live.state import DONE, RUNNING, WAITING, State

LOAD = Stage(key="load base", label="load base", alike=("load",))
RUNS = [
    Stage(key=f"run {at}", label=f"task-{at}: base + adapter-{at} 0-shot", unit="documents", total=100)
    for at in range(3)
]


def at_work() -> State:
    """Two workers with a base each and a run under way; one run waits."""
    state = State()
    state.apply(Planned((LOAD, *RUNS)), 0.0)
    state.apply(Workers(2, 2), 0.0)
    for worker, run in (("1", RUNS[0]), ("2", RUNS[1])):
        state.apply(By(worker, StageStarted(LOAD)), 1.0)
        state.apply(By(worker, StageEnded()), 3.0)
        state.apply(By(worker, StageStarted(run)), 3.0)
    state.apply(By("1", Advanced(count=40)), 5.0)
    state.apply(By("2", Advanced(count=10)), 5.0)
    return state


def test_each_worker_has_its_own_stage() -> None:
    state = at_work()
    assert [(one.stage.key, one.worker, one.status, one.done) for one in state.stages] == [
        ("load base", "1", DONE, 0), ("run 0", "1", RUNNING, 40), ("load base", "2", DONE, 0),
        ("run 1", "2", RUNNING, 10), ("run 2", "", WAITING, 0),
    ]  # fmt: skip
    assert state.seconds(5.0) == 5.0, "time on the wall, not that of all workers, and from the plan on"


def test_a_lost_worker_leaves_its_stage_to_others() -> None:
    state = at_work()
    state.apply(By("1", None), 6.0)
    assert [one.status for one in state.stages if one.stage.key == "run 0"] == [WAITING]
    state.apply(By("2", StageEnded()), 7.0)
    state.apply(By("2", StageStarted(RUNS[0])), 7.0)
    assert [(one.worker, one.status) for one in state.stages if one.stage.key == "run 0"] == [("2", RUNNING)]


def test_the_live_view_has_a_line_for_each_worker_and_fits() -> None:
    state = at_work()
    lines = [str(line) for line in frame(state, 6.0, width=79, height=24, memory="")]
    assert lines[0].startswith("2 of 5 stages done, 2 of 2 workers busy, 6 s")
    assert lines[-2] == "    1  task-0: base + adapter-0 0-shot: 40 of 100 documents, 13.3 documents/s"
    assert lines[-1].startswith("    2  task-1: base + adapter-1 0-shot: 10 of 100")
    state.apply(By("2", StageEnded(whole=False)), 7.0)
    lines = [str(line) for line in frame(state, 7.0, width=60, height=10, memory="")]
    assert "1 failed" in " ".join(lines)
    assert lines[-1].split() == ["stopped", "task-1:", "base", "+", "adapter-1", "0-shot"]
    assert max(map(len, lines)) <= 60
    assert len(frame(state, 7.0, width=60, height=4, memory="")) <= 3


def test_plain_lines_name_the_worker_and_sum_up() -> None:
    now = [0.0]
    lines: list[str] = []
    display = PlainDisplay(lines.append, clock=lambda: now[0])
    display.tell(Planned((LOAD, *RUNS)))
    display.tell(Workers(1, 2))
    display.tell(By("2", StageStarted(RUNS[0])))
    now[0] = 40.0
    display.tick()
    display.tell(By("2", StageEnded()))
    assert lines[0].strip().startswith("0 of 4 stages done, 1 of 2 workers busy, 40 s")
    assert lines[1].startswith("worker 2: task-0: base + adapter-0 0-shot: 0 of 100 documents, 40 s")


def test_a_batch_of_events_has_the_rates_of_the_worker() -> None:
    now = [100.0]
    lines: list[str] = []
    display = PlainDisplay(lines.append, clock=lambda: now[0])
    display.tell(Planned((RUNS[0],)))
    display.tell(Workers(1, 1))
    now[0] = 120.0
    for at, event in ((107.0, StageStarted(RUNS[0])), (109.0, Advanced(count=100)), (112.0, StageEnded())):
        display.tell(By("1", event, at))
    assert lines == ["worker 1: task-0: base + adapter-0 0-shot: 100 of 100 documents, 5 s, 20.0 documents/s"]
    assert display.state.seconds(0.0) >= 12.0


def test_what_a_worker_said_at_the_end_of_its_last_cell_is_told() -> None:
    """The reply that is under way may be from before the end, and no look comes after it."""
    from types import SimpleNamespace

    from phingpt_bench.evaluate.ray_workers import RayWorkers, _Seat

    replies = iter([(7.0, [(5.0, StageStarted(RUNS[0]))]), (9.0, [(8.5, StageEnded())])])
    told: list[By] = []
    ray = SimpleNamespace(get=lambda ref, timeout: ref, exceptions=SimpleNamespace(RayError=RuntimeError))
    workers = object.__new__(RayWorkers)
    workers._ray, workers._display = ray, SimpleNamespace(watched=True, tell=told.append)
    actor = SimpleNamespace(news=SimpleNamespace(remote=lambda: next(replies)))
    workers._last_news(_Seat("1", actor, None, news=next(replies)))
    assert [one.event for one in told] == [StageStarted(RUNS[0]), StageEnded()]
    assert told[0].at is not None and told[1].at == told[0].at + 3.5, "by the worker's own clock"
