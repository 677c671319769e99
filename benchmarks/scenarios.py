"""What the simulation of coverage draws, and which shares are held to an aim.

Library of `python -m benchmarks.coverage`.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.trials import (
    Trial,
    clustered,
    difference,
    entities,
    entity_no_difference,
    first_band,
    nested_percentile,
    no_difference,
    no_difference_of_recipes,
    one,
    one_seed,
    over_seeds,
    plain_percentile,
)

COVERS, ERRS = (0.93, 0.97), (0.03, 0.07)  # what a 95 % interval and a test at 5 % are held to


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of made-up world, and what is asked in it."""

    kind: str  # "covers": the share of intervals that hold the truth; "errs": the share of tests that reject in error
    text: str  # what was drawn
    trial: Trial
    held: bool = True  # whether the share must lie in COVERS or ERRS; others show why a method was chosen

    @property
    def aim(self) -> tuple[float, float]:
        """The least and the most that the share may be."""
        return COVERS if self.kind == "covers" else ERRS


SCENARIOS: dict[str, Scenario] = {
    "accuracy": Scenario("covers", "Wilson, 300 rows", one("acc", 300)),
    "accuracy, 30 rows": Scenario("covers", "Wilson, 30 rows", one("acc", 30)),
    "weighted F1": Scenario("covers", "bootstrap, 300 rows", one("f1_weighted", 300)),
    "macro F1": Scenario("covers", "bootstrap, 300 rows", one("f1_macro", 300)),
    "MCC": Scenario("covers", "bootstrap, 300 rows", one("mcc", 300)),
    "weighted F1, 60 rows": Scenario("covers", "bootstrap, 60 rows", one("f1_weighted", 60)),
    "weighted F1, 30 rows": Scenario("covers", "bootstrap, 30 rows", one("f1_weighted", 30), held=False),
    "weighted F1, 30 rows, plain percentile": Scenario(
        "covers", "percentile interval, not expanded, 30 rows", plain_percentile("f1_weighted", 30), held=False
    ),
    "entity F1": Scenario("covers", "bootstrap, 200 rows", entities(200)),
    "entity F1, 30 rows": Scenario("covers", "bootstrap, 30 rows", entities(30)),
    "clustered accuracy": Scenario(
        "covers", "Wilson at the effective number of rows, 150 clusters of 3 rows on average", clustered("acc", 150, 3)
    ),
    "clustered accuracy, few": Scenario(
        "covers", "the same, 40 clusters of 8 rows on average", clustered("acc", 40, 8)
    ),
    "clustered accuracy, ignored": Scenario(
        "covers", "plain Wilson, 150 clusters of 3 rows", clustered("acc", 150, 3, aware=False), held=False
    ),
    "clustered weighted F1": Scenario(
        "covers", "bootstrap of clusters, 150 of 3 rows on average", clustered("f1_weighted", 150, 3)
    ),
    "clustered weighted F1, few": Scenario(
        "covers", "bootstrap of clusters, 40 of 8 rows on average", clustered("f1_weighted", 40, 8), held=False
    ),
    "clustered entity F1": Scenario("covers", "bootstrap of clusters, 100 of 3 rows", entities(100, 3)),
    "clustered entity F1, few": Scenario(
        "covers", "bootstrap of clusters, 42 of 25 rows", entities(42, 25), held=False
    ),
    "clustered entity F1, ignored": Scenario(
        "covers", "bootstrap of rows, 100 clusters of 3 rows", entities(100, 3, aware=False), held=False
    ),
    "difference of accuracy": Scenario("covers", "Bonett and Price, 300 rows", difference("acc", 300)),
    "difference of weighted F1": Scenario("covers", "bootstrap, 300 rows", difference("f1_weighted", 300)),
    "difference of clustered accuracy": Scenario(
        "covers", "Bonett and Price over 150 clusters of 3 rows", difference("acc", 0, (150, 3))
    ),
    "difference of clustered weighted F1": Scenario(
        "covers", "bootstrap of 150 clusters of 3 rows", difference("f1_weighted", 0, (150, 3))
    ),
    **{
        f"{k} seeds, {name}": Scenario("covers", f"{k} trainings on 300 rows", over_seeds(metric, 300, k), held=k > 3)
        for k in (2, 3, 5, 10)
        for name, metric in (("accuracy", "acc"), ("weighted F1", "f1_weighted"))
    },
    "3 seeds that hardly differ, accuracy": Scenario(
        "covers", "3 trainings on 300 rows, a tenth of the spread", over_seeds("acc", 300, 3, 0.008)
    ),
    "5 seeds, many rows, accuracy": Scenario("covers", "5 trainings on 2,000 rows", over_seeds("acc", 2000, 5)),
    "2 seeds, many rows, accuracy": Scenario(
        "covers", "2 trainings on 2,000 rows", over_seeds("acc", 2000, 2), held=False
    ),
    "1 seed, many rows, accuracy": Scenario(
        "covers", "the plain interval of one training on 2,000 rows for the recipe", one_seed("acc", 2000), held=False
    ),
    "3 seeds, many rows, nested percentile": Scenario(
        "covers", "seeds, then rows for each, drawn again; 2,000 rows", nested_percentile("acc", 2000, 3), held=False
    ),
    "3 seeds, many rows, accuracy": Scenario(
        "covers", "3 trainings on 2,000 rows", over_seeds("acc", 2000, 3), held=False
    ),
    "McNemar": Scenario("errs", "exact, 300 rows", no_difference("acc", 300)),
    "permutation of weighted F1": Scenario("errs", "300 rows", no_difference("f1_weighted", 300)),
    "permutation of entity F1": Scenario("errs", "200 rows", entity_no_difference(200)),
    "permutation of entity F1, other errors": Scenario(
        "errs", "200 rows; one misses more, the other invents more", entity_no_difference(200, other_errors=True)
    ),
    "sign flips of clusters": Scenario("errs", "150 clusters of 3 rows", no_difference("acc", 0, (150, 3))),
    "McNemar, clusters ignored": Scenario(
        "errs", "150 clusters of 3 rows", no_difference("acc", 0, (150, 3), aware=False), held=False
    ),
    "permutation of clusters, weighted F1": Scenario(
        "errs", "150 clusters of 3 rows", no_difference("f1_weighted", 0, (150, 3))
    ),
    "permutation of rows, clusters ignored": Scenario(
        "errs", "150 clusters of 3 rows", no_difference("f1_weighted", 0, (150, 3), aware=False), held=False
    ),
    "5 seeds against one system": Scenario("errs", "300 rows", no_difference_of_recipes(300, 5)),
    "3 seeds against one system": Scenario("errs", "300 rows", no_difference_of_recipes(300, 3), held=False),
    "best of 10 left out of the first band": Scenario(
        "errs", "300 rows; ten equal systems, and the one that is called the best", first_band(10, 300), held=False
    ),
    "any of 10 left out of the first band": Scenario(
        "errs", "300 rows; ten equal systems", first_band(10, 300, of_all=True), held=False
    ),
    "any of 10 left out of the first band, plain p": Scenario(
        "errs", "the same without Bonferroni", first_band(10, 300, corrected=False, of_all=True), held=False
    ),
}
