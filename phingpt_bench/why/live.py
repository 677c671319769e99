"""Loaded systems that are asked about explained rows with other words, beyond what an explanation stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from phingpt_bench.core.protocol import CHOSEN
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.evaluate.texts import Asker
from phingpt_bench.why.left_out import Variants, best
from phingpt_bench.why.systems import System
from phingpt_bench.why.values import Side
from phingpt_bench.why.words import replaced


@dataclass(frozen=True, slots=True)
class Live:
    """The systems and rows of an explanation. rows: by id."""

    task: TaskFacts
    systems: Sequence[System]
    rows: Mapping[str, Variants]

    def ask(self, name: str, words: Mapping[int, str]) -> list[Side]:
        """What each system answers to a row with some words replaced, "" for left out; with scores for labels.

        KeyError for an unknown row, IndexError for a word that the row does not have.
        """
        one = self.rows[name]
        if any(not 0 <= at < len(one.words) for at in words):
            raise IndexError(name)
        row, text = one.row, replaced(one.row["text"], one.words, words)
        sides = []
        for system in self.systems:
            asker = Asker(system.lm, self.task, system.variant)
            with system.active():
                if self.task.extraction == CHOSEN:
                    scores = asker.labels([(row, text)])[0]
                    sides.append(Side(answer=row["labels"][best(scores)], targets=[], scores=[scores]))
                else:
                    sides.append(Side(answer=asker.answers([{**row, "text": text}])[0].strip(), targets=[]))
        return sides
