"""The live view and its plain lines in Spanish, also from the thread that looks at the time; plurals of 0, 1 and 2."""

from __future__ import annotations

import threading

import pytest
from helpers.clock import Clock

from phingpt_bench.core.sentences import sentence
from phingpt_bench.live import stage_text
from phingpt_bench.live.events import (
    Advanced,
    Planned,
    Priced,
    Said,
    Scored,
    Stage,
    StageEnded,
    StageStarted,
    training_stages,
)
from phingpt_bench.live.plain_display import PlainDisplay
from phingpt_bench.text.language import speaking


@pytest.fixture
def spanish() -> tuple[PlainDisplay, list[str], Clock]:
    lines: list[str] = []
    clock = Clock()
    with speaking("es"):
        display = PlainDisplay(lines.append, clock)
    return display, lines, clock


def test_lines_are_in_the_language_in_which_the_display_was_made(spanish):
    display, lines, clock = spanish
    display.tell(Priced(0.36))
    display.tell(StageStarted(Stage(key="x", label=sentence("load {name}", name="m"), unit="documents", total=1200)))
    clock.now = 40.0
    display.tell(Advanced(count=80, tokens=4000))
    display.tell(Scored(sentence("Accuracy"), 0.5, 80))
    thread = threading.Thread(target=lambda: display._show(display.tick))  # has no language of its own
    thread.start()
    thread.join()
    display.tell(Said(sentence("no answer in time")))
    display.tell(StageEnded(whole=False))
    running, said, ended = lines
    for part in (
        "cargar m: 80 de 1200 documentos",
        "2.0 documentos/s",
        "Exactitud 0.500 tras 80 documentos",
        "quedan unos",
    ):
        assert part in running
    assert said == "sin respuesta a tiempo"
    assert ended.startswith("cargar m: detenido en 80 de 1200 documentos")


def test_stages_of_a_training(spanish):
    display, lines, clock = spanish
    for stage in training_stages("mine", 2):
        display.tell(StageStarted(stage))
        clock.now += 60
        display.tell(Advanced(count=1 if stage.unit else 0))
        display.tell(StageEnded())
    assert [line.split(",")[0] for line in lines] == [
        "entrenar mine: cargar la base: 1 min", "entrenar mine: preparar las filas: 1 min",
        "entrenar mine: 1 de 2 pasos",
    ]  # fmt: skip
    assert "60.0 s por paso" in lines[-1]


@pytest.mark.parametrize(
    ("stages", "english", "spanish"),
    [
        (0, "", ""),
        (1, "1 stage of unknown length left", "queda 1 etapa de duración desconocida"),
        (2, "2 stages of unknown length left", "quedan 2 etapas de duración desconocida"),
    ],
)
def test_plurals(stages, english, spanish):
    display = PlainDisplay([].append, Clock())
    display.tell(Planned(tuple(Stage(key=f"s{place}", label="s") for place in range(stages))))
    assert stage_text.left_text(display.state, 0.0) == english
    with speaking("es"):
        assert stage_text.left_text(display.state, 0.0) == spanish
