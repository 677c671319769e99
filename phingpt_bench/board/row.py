"""One row of a board."""

from __future__ import annotations

from dataclasses import dataclass

from phingpt_bench.board.prompts import PromptSpread
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.notes import Note
from phingpt_bench.results.answering import Answering
from phingpt_bench.results.difference import Difference
from phingpt_bench.results.identity import base_name, shown_seed, weights
from phingpt_bench.results.unseen import Unseen
from phingpt_bench.stats.interval import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One run on the board. rank: None if it is not ranked. tied: other rows share its rank."""

    name: str
    """The model, and its adapter where it has one."""

    adapter: str | None
    """The adapter's name; None without one."""

    adapter_digest: str | None
    """Digest of the adapter's weights and configuration."""

    recipe_digest: str | None
    """Digest of recipe and training rows, without name and seed."""

    kind: str
    """base, tuned, floor or check."""

    variant: str
    """"0-shot", "5-shot chat"."""

    details: tuple[str, ...]
    """What distinguishes rows that look the same: dtype, revision, seed ..."""

    base: str | None
    """Hub id or name of the base; None for floors and checks."""

    base_revision: str | None
    """Commit of the base, or the digest of its weights."""

    quantisation: str | None
    """"nf4+dq"; None if it is not quantised."""

    compute_dtype: str | None
    """The dtype of activations."""

    shots: int
    """Few-shot examples in each prompt."""

    chat_template: bool
    """Whether prompts are in the model's chat template."""

    calibration: str | None
    """How its label scores were calibrated (scoring/prior.py); None if they are as the model gave them."""

    seed: int
    """The seed of the run."""

    n: int
    """Test rows."""

    rank: int | None
    tied: bool
    score: float | None
    """By the section's metric, as a fraction; None if it is undefined."""

    interval: Interval | None
    """The 95 % interval; None where a single row gives none."""

    scores: dict[str, float | None]
    """Every metric of the task by name."""

    invalid_share: float | None
    """Share of the answers that could not be read; None if unknown."""

    answering: Answering
    """How its answers look as a whole."""

    is_base: bool
    """Whether this is the 0-shot base that the other base rows are compared with."""

    against_base: Difference | None
    """The gain over the base, tested; None for floors, for the base itself, and without a base."""

    base_run: str | None
    """The run id of that base; None without one, and for the base itself."""

    labels: int | None
    """Number of labelled rows that it was trained on; None if unknown."""

    label_prior: float | None
    """The part of the gain that calibration without labels gives the base; None if unknown."""

    beats_floor: bool | None
    """Whether it is significantly better than the best floor; None for floors and if untested."""

    training: Ledger | None
    """Cost of the adapter's or baseline's training."""

    evaluation: Ledger
    """Cost of the evaluation, without loading and probing (see `rows.evaluated`)."""

    usd_per_1000: float | None
    """Cost of evaluating 1,000 documents."""

    frontier: bool | None
    """Whether it is on the Pareto front of usd_per_1000 and score; None if unranked or unknown, as where a row with
    times of a shared machine scores no worse and may cost less."""

    parameters: int | None
    """Number of parameters of the base, without the adapter."""

    adapter_parameters: int | None
    """Number of parameters of the adapter alone."""

    exposure: dict[str, int] | None
    """Copied test rows by kind of copy; without the kinds that were not looked for."""

    exposed: bool
    """Whether its training data contained too many test rows for it to be ranked."""

    partly_checked: bool
    """Whether some kinds of copies, or some training rows, were not looked for."""

    base_unknown: bool
    """Whether the training data of the base are not declared."""

    unseen: Unseen | None
    """The score on the other test rows, if some were seen."""

    notes: tuple[Note, ...]
    """Notes on the row."""

    run_id: str
    """The id of the run, as in its record."""

    suite: str
    """The suite of the run."""

    created: str
    """When it ended, ISO 8601 in UTC."""

    tags: tuple[str, ...] = ()
    """The tags of the run."""

    blocks: int = 0
    """The number of blocks of examples if `seeds` differ only in the block; otherwise 0."""

    seeds: tuple[float | None, ...] = ()
    """The scores by seed, of which `score` is the mean; empty for a single run."""

    prompts: PromptSpread | None = None
    """Its scores under paraphrases of its prompt; None if none were asked."""

    prompt: str | None = None
    """The digest of the prompt that replaced the task's own; its name is in `variant`."""

    thinking: str | None = None
    """The thinking mode that the chat template was given; None is its default."""

    served_by: str | None = None
    """The engine of a served model, with its dtype; None for a loaded model."""

    shared_by: int = 1
    """Processes of this program that shared the machine of its evaluation or training; if more than 1, its times
    include their work."""

    @property
    def starred(self) -> bool:
        """Whether its difference from the base is starred (`Difference.starred`)."""
        return self.against_base is not None and self.against_base.starred

    @property
    def identity(self) -> tuple[object, ...]:
        """The key that rows of one model in one setting share over all tasks.

        It does not contain the display name, except for rows without a base (floors, checks), nor the number of seeds,
        which may differ between tasks.
        """
        return (
            self.kind, base_name(self.base, self.name, self.base_revision), self.base_revision,
            self.quantisation, self.compute_dtype, self.served_by,
            *weights(self.adapter, self.adapter_digest, self.recipe_digest), self.shots, self.chat_template,
            self.calibration, self.prompt, self.thinking,
            *shown_seed(self.kind, self.shots, self.seed, bool(self.seeds)),
        )  # fmt: skip
