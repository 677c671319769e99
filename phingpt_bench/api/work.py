"""pb.plan(), pb.evaluate() and pb.train(): what the verbs that spend compute do, for programs and notebooks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.api.results import Results, load_results
from phingpt_bench.api.shown import Shown, ShownItems
from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.overrides import Override, given
from phingpt_bench.core.protocol import Thinking
from phingpt_bench.evaluate.one_base import one_base
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.evaluate.suite import AdapterEntry, Suite, load_suite
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.models.adapter import AdapterCard, read_card
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.served.spec import ServedSpec
from phingpt_bench.text.blocks import Block

if TYPE_CHECKING:
    from phingpt_bench.train.recipe import Recipe


@dataclass(frozen=True, repr=False)
class Plan(ShownItems[Step]):
    """What a suite would do, step by step: each says whether it is done already, and why not."""

    suite: Suite
    overrides: tuple[str, ...]

    def name_of(self, item: Step) -> str:
        """The task of the step; "" of a training."""
        return item.task or ""

    def records(self) -> list[dict[str, object]]:
        """One row per step."""
        names = ("kind", "model", "task", "documents", "requests", "done", "reason", "seconds", "folder")
        return [{name: getattr(step, name) for name in names} for step in self.items]

    def blocks(self) -> Sequence[Block]:
        """The plan as `--dry-run` shows it."""
        from phingpt_bench.render.plan_blocks import plan_blocks

        return plan_blocks(self.suite, self.items, self.overrides)


@dataclass(frozen=True, repr=False)
class Trained(Shown):
    """A trained adapter: its `folder`, which `evaluate(adapters=[...])` takes, and its `card`."""

    folder: Path
    card: AdapterCard
    """Its card: the recipe that was used, rows, steps, loss, cost."""

    def __repr__(self) -> str:
        return f"<Trained {self.card.name}: {self.folder}>"

    def records(self) -> list[dict[str, object]]:
        """One row: the card without its lists of training rows."""
        left_out = ("row_ids", "provenance")
        card = {name: value for name, value in asdict(self.card).items() if name not in left_out}
        return [{"folder": str(self.folder), **card}]

    def blocks(self) -> Sequence[Block]:
        """The result of the training, and its cost."""
        from phingpt_bench.render.adapter_blocks import adapter_blocks

        return adapter_blocks(self.folder, self.card)


def plan(
    suite: str | Path | Suite,
    *,
    overrides: Mapping[str, object] | None = None,
    limit: int | None = None,
    results: str | Path | None = None,
    only: Collection[str] = (),
    force: bool = False,
) -> Plan:
    """What `evaluate(suite)` with these arguments would do, as `phingpt-bench run --dry-run` shows it.

    Nothing is downloaded, trained or written. BenchError as for `evaluate`.
    """
    from phingpt_bench.api.suites import prepared

    changes = given(overrides or {})
    ready = prepared(_suite(suite, changes, limit, results), only=_names(only), fetch=False)
    return Plan(tuple(ready.steps(force=force)), ready.suite, tuple(change.text for change in changes))


def evaluate(  # noqa: PLR0913  each is an option of the verb
    suite: str | Path | Suite | None = None,
    *,
    base: str | BaseSpec | ServedSpec | None = None,
    tasks: Collection[str] = (),
    adapters: str | Path | Collection[str | Path] = (),
    shots: int = 0,
    blocks: int = 1,
    chat_template: bool = False,
    thinking: Thinking | None = None,
    prompts: Collection[str] = (),
    paraphrases: bool = False,
    floors: bool = True,
    checks: bool = False,
    trained_on: Collection[str] | None = None,
    batch_size: int | None = None,
    overrides: Mapping[str, object] | None = None,
    limit: int | None = None,
    results: str | Path | None = None,
    only: Collection[str] = (),
    force: bool = False,
    quiet: bool = True,
) -> Results:
    """Runs a suite, or one base and adapters on some tasks, where that is not done yet; returns all runs of its folder.

    `evaluate("demo")` means `phingpt-bench run demo`, `evaluate(base=..., tasks=[...])` means `phingpt-bench evaluate`.

    Args:
        suite: the name of a shipped suite, the path of one, or a `Suite`. What it is missing is trained first.
        base: instead of `suite`, a folder, a Hub id, the embedded model's name, or a spec of a loaded or served model;
            None with `adapters`: the base that they name.
        tasks: with `base`, tasks or groups.
        adapters: folders or Hub ids of adapters, instead of `suite`.
        shots: with `base`, few-shot examples in each prompt.
        blocks: with `base`, how many blocks of examples are drawn; each is a run, and their mean is one row.
        chat_template: with `base`, whether prompts are put into its chat template.
        thinking: with `base`, whether its chat template asks for a thought, "on" or "off"; None is its default. A value
            implies `chat_template`.
        prompts: with `base`, names or files of prompts (docs/prompts.md); by default that of the task.
        paraphrases: with `base`, whether the shipped paraphrases of each task's prompt are asked, too.
        floors: with `base`, whether the baselines run too.
        checks: with `base`, whether gold answers, no answer and the text itself are scored too.
        trained_on: with `base`, what it was trained on, see `phingpt-bench evaluate --help`; None for unknown.
        batch_size: with `base`, documents at a time; None: what suits the device.
        overrides: other values by key, such as {"seed": 1, "variants.0.shots": 5}; checked as those of a file.
        limit: only the first rows of each task; such a run is not ranked.
        results: folder of the records, in place of the suite's.
        only: only these tasks or groups of the suite.
        force: do again what is done already; adapters are kept.
        quiet: False writes the progress to standard error.

    Raises:
        BenchError: for whatever is wrong with suite, tasks, models and adapters. What was finished before stays.
    """
    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.api.suites import prepared
    from phingpt_bench.live.choose import display

    if suite is not None and (base is not None or tasks or adapters):
        raise BenchError("base, tasks and adapters do not go with a suite, which has its own", where="evaluate")
    if suite is None:
        paths = [adapters] if isinstance(adapters, str | Path) else adapters
        entries = [AdapterEntry(path=Path(path)) for path in paths]
        if not tasks or (base is None and not entries):
            raise BenchError("give a suite, or a base (or adapters) and tasks", where="evaluate")
        suite = one_base(
            BaseSpec(model=base) if isinstance(base, str) else base,
            _names(tasks),
            adapters=entries,
            variant=Variant(
                shots=shots, blocks=blocks, chat_template=chat_template or thinking is not None, thinking=thinking
            ),
            prompts=_names(prompts),
            paraphrases=paraphrases,
            floors=floors,
            checks=checks,
            trained_on=None if trained_on is None else _names(trained_on),
            batch_size=batch_size,
        )
    wanted = _suite(suite, given(overrides or {}), limit, results)
    silence_libraries()
    with display(quiet=quiet) as shown:
        work = prepared(wanted, only=_names(only), display=shown).run(force=force, display=shown)
    if work.errors:
        raise work.errors[0]  # the others are done, and kept
    return load_results(wanted.results_folder)


def train(
    recipe: str | Path | Recipe,
    out: str | Path | None = None,
    *,
    overrides: Mapping[str, object] | None = None,
    resume: bool = False,
    limit: int | None = None,
    quiet: bool = True,
) -> Trained:
    """Trains an adapter, as `phingpt-bench train` does.

    Args:
        recipe: the name of a shipped recipe, the path of one, or a `Recipe`.
        out: the adapter's folder; by default adapters/trained/RECIPE, with the overrides in its name.
        overrides: other values by key, such as {"epochs": 1, "lora.r": 8}; checked as those of a file.
        resume: continue from the last checkpoint in the folder, if there is one.
        limit: only the first rows of each task, for a trial.
        quiet: False writes the progress to standard error.

    Raises:
        BenchError: for a bad recipe, missing data, and a folder that holds a finished adapter.
    """
    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.live.choose import display
    from phingpt_bench.live.events import Planned, training_stages
    from phingpt_bench.train.folder import default_folder
    from phingpt_bench.train.recipe import Recipe, load_recipe
    from phingpt_bench.train.run import train as train_adapter

    changes = given(overrides or {})
    wanted = config.changed(recipe, changes) if isinstance(recipe, Recipe) else load_recipe(str(recipe), changes)
    _check_limit(limit)
    silence_libraries()
    folder = default_folder(wanted, limit, changes) if out is None else Path(out)
    with display(quiet=quiet) as shown:
        shown.tell(Planned(training_stages(wanted.name)))
        folder = train_adapter(wanted, folder, resume=resume, limit=limit, display=shown)
    return Trained(folder, read_card(folder))


def _suite(
    suite: str | Path | Suite, changes: Sequence[Override], limit: int | None, results: str | Path | None
) -> Suite:
    _check_limit(limit)
    wanted = config.changed(suite, changes) if isinstance(suite, Suite) else load_suite(str(suite), changes)
    folder = wanted.results if results is None else Path(results)
    return replace(wanted, limit=wanted.limit if limit is None else limit, results=folder)


def _names(names: Collection[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _check_limit(limit: int | None) -> None:
    if limit is not None and limit < 1:
        raise BenchError(
            "a limit of {limit} leaves no row", where="limit", hint="give at least 1, or None for all", limit=limit
        )
