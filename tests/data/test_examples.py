"""The few-shot block: balanced, short, never a test row, and decided by the rows alone."""

from __future__ import annotations

import random
from collections import Counter

from phingpt_bench.data.examples import MOST, examples

LABELS = ("negative", "neutral", "positive")


def rows(count: int, labels: tuple[str, ...] = LABELS) -> list[dict]:
    words = random.Random(0)
    return [
        {"id": str(i), "text": f"{words.choice(['Sales', 'Costs'])} moved {'a lot ' * (i % 7)}in {1900 + i}.",
         "label": labels[i % len(labels)]}
        for i in range(count)
    ]  # fmt: skip


def test_it_takes_turns_over_the_labels_in_their_order():
    block = examples(rows(300), [], LABELS)
    assert len(block) == MOST
    assert [row["label"] for row in block[:6]] == [*LABELS, *LABELS]


def test_it_does_not_depend_on_the_order_of_the_rows():
    shuffled = rows(300)
    random.Random(1).shuffle(shuffled)
    assert examples(shuffled, [], LABELS) == examples(rows(300), [], LABELS)


def test_long_texts_test_rows_and_copies_are_left_out():
    train = rows(120)
    lengths = sorted(len(row["text"]) for row in train)
    first = examples(train, [], LABELS)[0]
    assert all(len(row["text"]) <= lengths[len(lengths) // 2] for row in examples(train, [], LABELS))
    test = [{"text": first["text"].upper().replace(".", "!")}]  # the same text to a reader
    assert first["text"] not in {row["text"] for row in examples(train, test, LABELS)}
    copies = [*train, *({**row, "id": "copy", "text": row["text"].upper()} for row in train)]
    texts = [row["text"].casefold() for row in examples(copies, [], LABELS)]
    assert len(set(texts)) == len(texts)


def test_few_rows_of_a_label_are_used_up_and_the_rest_goes_on():
    train = [row for row in rows(90) if row["label"] != "neutral"] + rows(90)[1:2]
    block = examples(train, [], LABELS)
    assert [row["label"] for row in block].count("neutral") == 1
    assert len(block) == MOST
    assert examples([], [], LABELS) == []


def test_entities_take_turns_over_the_types_that_occur_and_scores_over_their_sign():
    def sentence(i: int, *types: str) -> dict:
        return {"text": f"Text {i:03}", "entities": [{"start": 0, "end": 4, "type": kind} for kind in types]}

    train = [sentence(i) for i in range(30)] + [sentence(100, "ORG"), sentence(101, "PER", "ORG"), sentence(102, "PER")]
    kinds = [[e["type"] for e in row["entities"]] for row in examples(train, [], ("PER", "ORG"))[:5]]
    assert kinds == [["PER"], ["PER", "ORG"], ["ORG"], [], []]
    scores = [{"text": f"Text {i}", "score": score} for i, score in enumerate((0.5, 0.9, 0.0, -0.2, 0.1, -0.7))]
    signs = [(row["score"] > 0) - (row["score"] < 0) for row in examples(scores, [], ())]
    assert signs[:3] == [-1, 0, 1]
    assert sorted(signs) == [-1, -1, 0, 1, 1, 1]


def test_blocks_are_balanced_draws_of_their_number():
    """Each under the same rule, another choice of rows, and always the same for its number."""
    train = rows(300)
    blocks = [examples(train, [], LABELS, block) for block in range(4)]
    assert blocks[0] == examples(train, [], LABELS)
    assert blocks[2] == examples(list(reversed(train)), [], LABELS, 2)
    firsts = [tuple(row["text"] for row in block[:6]) for block in blocks]
    assert len(set(firsts)) == 4
    assert len({text for first in firsts for text in first}) > 15  # nearly independent
    assert all(Counter(row["label"] for row in block[:6]) == dict.fromkeys(LABELS, 2) for block in blocks)
    orders = {tuple(row["label"] for row in examples(train, [], LABELS, block)[:3]) for block in range(8)}
    assert len(orders) > 3  # the order of the labels is drawn too
