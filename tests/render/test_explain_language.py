"""`leaderboard --explain` in other languages: no word of its own escapes the translations, and none of them is idle."""

from __future__ import annotations

import dataclasses
import gettext
import re
import string
from collections.abc import Iterator

import numpy as np
import pytest
from babel.messages.catalog import Message
from helpers.board_factory import PRICE, billed, example_runs, labels, make_run, named, seen, spans
from helpers.explained import NER, SENTIMENT, flat, page, rich_outcomes, worked
from helpers.messages import translations
from helpers.seeds import clustered, trained

from phingpt_bench.core.exposure import Compared, Declared, Exposure
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.machine import Machine
from phingpt_bench.core.provenance import Provenance
from phingpt_bench.results.collect import Run
from phingpt_bench.scoring.metrics import METRICS, metric_rows
from phingpt_bench.text import language
from phingpt_bench.text.language import speaking

MADE = "phin_made_up"
ALIKE = {message.id for message in translations("es") if message.id and message.string == message.id}
# what is of the runs at hand, and not ours to say: names, ids, labels, formulas
NAMES = re.compile(
    r"phin_\w+|made-up price|made-up\S*|[Mm]odel [ABC]|adapter-\w+|mine|TF-IDF|LR|CRF|majority|none was at hand"
    r"|positive|neutral|negative|INVALID|PER|ORG|LOC|Wilson|sqrt|\d-shot|chat|nf4|dq|test\b|run\.json|run-\d"
    r"|\S*-(base|floor|tuned)-\S*|[0-9a-f]{12,}|T00|\([a-z]+(-[a-z]+)*\)"
)


class Marked(gettext.NullTranslations):
    """A language in which every letter of what Spanish has a word for is §; `said` are these English texts."""

    def __init__(self) -> None:
        super().__init__()
        self.known = language.catalogue("es")
        self.said: set[str] = set()

    def gettext(self, message: str) -> str:
        if self.known.gettext(message) == message and message not in ALIKE:
            return message
        return self.marked(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        if self.known.ngettext(msgid1, msgid2, n) == (msgid1 if n == 1 else msgid2):
            return msgid1 if n == 1 else msgid2
        self.said.add(msgid1)
        return self.marked(msgid2)

    def marked(self, message: str) -> str:
        self.said.add(message)
        parts = string.Formatter().parse(message)
        return "".join(
            re.sub(r"[^\W\d_]", "§", text) + ("" if name is None else f"{{{name}{':' + form if form else ''}}}")
            for text, name, form, _ in parts
        )


@pytest.fixture
def marked(monkeypatch) -> Marked:
    words = Marked()
    monkeypatch.setattr(language, "catalogue", lambda name: words)
    return words


def pair(**how) -> list[Run]:
    return [
        make_run(outcomes=labels(0.5, seed=1)),
        make_run(kind="tuned", adapter="mine", **{"outcomes": labels(0.8, seed=2), **how}),
    ]


def several_kinds() -> Iterator[tuple[list[Run], str, str, str | None]]:
    """(runs, row, task, metric) of pages that together have each part, method and reason."""
    examples = example_runs()
    yield from ((examples, row, SENTIMENT, None) for row in ("adapter-one", "adapter-two", "majority"))
    yield from ((examples, "CRF", NER, metric) for metric in ("entity_f1", "entity_precision", "entity_f1_macro"))
    yield [trained(seed) for seed in (1, 2, 3)] + [make_run(outcomes=labels(0.5, seed=9))], "1", MADE, None
    grouped = [dataclasses.replace(run, outcomes=clustered(run.outcomes)) for run in pair()]
    yield from ((runs, "+ mine", MADE, metric) for runs in (pair(), grouped) for metric in ("acc", "mcc", None))
    for found in (
        Exposure(exact=2, normalised=1, near=0, compared=Compared(by="texts", training_rows=9, test_rows=300)),
        seen("contained", ["r-1"], Declared(sets=["x:y"], source="x", unread=["x: y"])),
        seen(base=Declared(sets=[])),
        Exposure(exact=0, compared=Compared(by="hashes", training_rows=9, test_rows=300)),
        Exposure(exact=299, compared=Compared(by="ids", why="none was at hand")),
        None,
    ):
        yield pair(exposure=found), "+ mine", MADE, None
    for found in (None, Exposure(exact=0, adapter=Declared(sets=["x:y"], source="user"))):
        base, mine = pair(exposure=found)
        model = dataclasses.replace(mine.record.model, trained_elsewhere=True)
        mine = dataclasses.replace(mine, record=dataclasses.replace(mine.record, model=model))
        yield [base, mine], "+ mine", MADE, None
    alike = [make_run(f"Model {x}", base=x, outcomes=labels(0.8 if x < "C" else 0.4, seed=1)) for x in "ABC"]
    yield from ((alike, f"Model {x}", MADE, None) for x in "BC")
    yield [make_run(limit=20, outcomes=labels(0.5, 20))], "Model A", MADE, None
    yield [make_run(outcomes=labels(1.0, 1))], "Model A", MADE, None  # no interval
    yield [make_run(outcomes=clustered(labels(1.0, seed=1)))], "Model A", MADE, None  # all right, by cluster
    yield pair(prompts="1" * 12), "+ mine", MADE, None  # no test
    for spent in (billed(), dataclasses.replace(billed(), tokens_in=None, tokens_out=None)):
        yield [make_run(evaluation=spent)], "Model A", MADE, None
    kept = Provenance(measured="1999-12-31T00:00:00Z")
    yield [make_run("tfidf-lr", "floor", provenance=kept)], "tfidf-lr", MADE, None
    yield pair(outcomes=labels(0.57, seed=13)), "+ mine", MADE, None  # p near 0.05: more permutations
    rows = labels(0.02, seed=1)
    most = max(range(3), key=rows.gold.count)
    constant = dataclasses.replace(rows, pred=[most] * len(rows.ids), invalid=[False] * len(rows.ids), probs=[])
    yield [make_run(outcomes=rows), *pair(outcomes=constant)[1:]], "+ mine", MADE, None  # a gain that is one label
    yield [*pair(outcomes=labels(0.51, seed=1)), *tasks_more()], "+ mine", MADE, None  # a family of tests
    one_right = [make_run(outcomes=named(1, 1)), make_run(kind="tuned", adapter="mine", outcomes=named(0, 4))]
    yield one_right, "+ mine", MADE, None  # a small p, and an interval that holds 0
    floors = [make_run("majority", "floor", outcomes=labels(x, seed=3)) for x in (0.3, 0.78, 0.99)]
    yield from (([*pair(), floor], "+ mine", MADE, None) for floor in floors)  # better, no difference, worse
    price = dataclasses.replace(PRICE, usd_per_hour=0.36)
    box = Machine(processor="made-up", cores=1, memory_bytes=None, gpus=["made-up-gpu"])
    spent = Ledger(seconds={"load": 10.0, "harness": 20.0, "evaluate": 30.0}, usd=0.006, price=price)
    more = Ledger(seconds={"prepare": 1.0, "probe": 1.0, "train": 3598.0}, usd=0.25, price=PRICE, machine=box)
    yield pair(evaluation=spent, training=more), "+ mine", MADE, None
    other = dataclasses.replace(box, memory_bytes=2**30, gpus=[])
    yield pair(evaluation=dataclasses.replace(spent, machine=other)), "+ mine", MADE, None
    yield [make_run(outcomes=dataclasses.replace(spans(0, 3), counts=[[[0, 0, 0]] * 4] * 3))], "Model A", MADE, None


def tasks_more() -> list[Run]:
    return [
        make_run(task="phin_made_up_too", outcomes=labels(0.5, seed=5)),
        make_run(kind="tuned", adapter="mine", task="phin_made_up_too", outcomes=labels(0.8, seed=6)),
    ]


@pytest.mark.slow
def test_every_word_can_be_said_in_another_language(marked):
    left: dict[str, str] = {}
    for runs, row, task, metric in several_kinds():
        first, *lines = page(runs, row, task, 10_000, metric=metric).splitlines()
        assert first.startswith(task)
        left |= {word: line for line in lines for word in re.findall(r"[A-Za-z]{2,}", NAMES.sub("", line))}
    for name in METRICS:
        rows, of = next((rows, of) for of in rich_outcomes().values() if (rows := metric_rows(name, of)) is not None)
        for total in (rows.sum(0), np.zeros_like(rows[0])):
            lines = worked(name, total, of.labels, 10_000)
            left |= {word: line for line in lines for word in re.findall(r"[A-Za-z]{2,}", NAMES.sub("", line))}
    assert left == {}
    of_explain = {key_of(message) for message in translations("es") if in_explain(message)}
    assert of_explain - marked.said == set(), "never said here"


def key_of(message: Message) -> str:
    """The text, that for one where it counts something."""
    return message.id[0] if message.pluralizable else message.id


def in_explain(message: Message) -> bool:
    """Whether only the page of `--explain` says it; what explain_find says are errors."""
    paths = [path for path, _ in message.locations]
    return bool(paths) and all("/render/explain/" in path and "explain_find" not in path for path in paths)


def test_the_page_in_spanish():
    with speaking("es"):
        text = flat(page(example_runs(), "adapter-one"))
    for part in (
        "Registro", "300 filas de la partición test", "No consta que dos de ellas compartan documento.",
        "intervalo del 95 % de +", "de 10000 intercambios", "Tiene la mejor puntuación.",
        "Entrenamiento: carga 4.0 s, entrenamiento 1650.0 s",
    ):  # fmt: skip
        assert part in text, part
    assert "10,000" not in text
    assert "entren." not in text


@pytest.mark.parametrize("name", ["3 seeds", "3 semillas"])
def test_a_row_is_found_by_its_name_in_either_language(name):
    runs = [trained(seed) for seed in (1, 2, 3)]
    with speaking("es"):
        assert "Media de las semillas" in page(runs, name, MADE)
