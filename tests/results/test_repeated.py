"""What a record says twice: a value that was edited in one place is refused wherever the run is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.board_factory import labels, make_run, seen, write_run

from phingpt_bench.core.diagnostics import Diagnostics
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.paraphrased import Paraphrased
from phingpt_bench.core.provenance import Fingerprint, Provenance
from phingpt_bench.core.records import to_dict
from phingpt_bench.results.collect import Run, read_run
from phingpt_bench.text.language import speaking, spoken

Edit = Callable[[dict[str, Any]], object]


def tuned() -> Run:
    """An adapter's run with a fingerprint, unreadable answers, rows seen in training, and paraphrases."""
    rows = labels(0.6, seed=1, invalid=0.2)
    plain = make_run(kind="tuned", adapter="mine", revision="r1", outcomes=rows)
    record = plain.record
    made = Fingerprint(
        template="t", setup="s", rows=record.protocol.rows_digest, base=record.model.base, base_revision="r1",
        quantisation="nf4+dq", compute_dtype="float32", adapter=record.model.adapter_digest, seed=42,
    )  # fmt: skip
    n = sum(rows.invalid)
    return make_run(
        kind="tuned", adapter="mine", revision="r1", outcomes=rows, exposure=seen(ids=rows.ids[:2]),
        diagnostics=Diagnostics(invalid=n, reasons={"empty": n}), provenance=Provenance(fingerprint=made),
        paraphrases=Paraphrased(family="f", digest="d", scores=[{"acc": 0.5}], changed=0.5),
    )  # fmt: skip


def floor() -> Run:
    """A baseline's run with a fingerprint."""
    plain = make_run("tfidf-lr", "floor")
    made = Fingerprint(template="t", setup="s", rows=plain.record.protocol.rows_digest, baseline="tfidf-lr", seed=42)
    return make_run("tfidf-lr", "floor", provenance=Provenance(fingerprint=made))


# the run, what is done to its record, and what is said of it
EDITS: dict[str, tuple[Callable[[], Run], Edit, str]] = {
    "another base": (tuned, lambda one: one["model"].update(base="big/model"), "model.base: big/model"),
    "another revision": (tuned, lambda one: one["model"].update(base_revision="r2"), "says r1"),
    "not quantised": (tuned, lambda one: one["model"].update(quantisation=None), "model.quantisation: none"),
    "another dtype": (tuned, lambda one: one["model"].update(compute_dtype="float64"), "model.compute_dtype"),
    "an engine": (tuned, lambda one: one["model"].update(engine="vllm"), "model.engine: vllm"),
    "another adapter": (tuned, lambda one: one["model"].update(adapter_digest="f" * 8), "model.adapter_digest"),
    "more shots": (tuned, lambda one: one["protocol"].update(shots=5), "protocol.shots: 5"),
    "a chat template": (tuned, lambda one: one["protocol"].update(chat_template=True), "protocol.chat_template"),
    "thinking": (tuned, lambda one: one["protocol"].update(thinking="on"), "protocol.thinking: on"),
    "another seed": (tuned, lambda one: one.update(seed=7), "seed: 7"),
    "a limit": (tuned, lambda one: one.update(limit=300), "limit: 300"),
    "an adapter as a base": (tuned, lambda one: one["model"].update(kind="base"), "model.kind: base"),
    "an adapter as a baseline": (tuned, lambda one: one["model"].update(kind="floor"), "baseline: Model A"),
    "an adapter without a name": (tuned, lambda one: one["model"].update(adapter=None), "the adapter: none"),
    "fewer reasons": (tuned, lambda one: one["diagnostics"].update(reasons={"empty": 1}), "reasons: of 1 answers"),
    "rows that were not seen": (tuned, lambda one: one["exposure"].update(exact=0), "2 ids of 0 rows"),
    "ids of other rows": (tuned, lambda one: one["exposure"]["ids"].pop(), "1 ids of 2 rows"),
    "a base below a baseline": (
        floor,
        lambda one: (one["model"].update(base="big/model"), one["provenance"].update(fingerprint=None)),
        "neither base nor adapter",
    ),
    "more than all rows": (tuned, lambda one: one["paraphrases"].update(changed=3.0), "changed: 3.0 is above 1"),
    "another baseline": (floor, lambda one: one["model"].update(name="majority"), "baseline: majority"),
    "a baseline as a base": (floor, lambda one: one["model"].update(kind="base"), "baseline: none, .* says tfidf-lr"),
}  # fmt: skip


@pytest.mark.parametrize("made", [tuned, floor])
def test_what_was_not_edited_is_read(made: Callable[[], Run], tmp_path: Path) -> None:
    assert to_dict(read_run(write_run(tmp_path, made())).record) == to_dict(made().record)


@pytest.mark.parametrize(("made", "edit", "said"), EDITS.values(), ids=EDITS)
def test_a_value_that_was_edited_in_one_place(made: Callable[[], Run], edit: Edit, said: str, tmp_path: Path) -> None:
    path = write_run(tmp_path, made())
    record = json.loads(path.read_text())
    edit(record)
    path.write_text(json.dumps(record))
    with pytest.raises(BenchError, match=said) as caught:
        read_run(path)
    assert str(path) in str(caught.value)
    with speaking("es"):
        assert spoken(caught.value.message) != caught.value.message
