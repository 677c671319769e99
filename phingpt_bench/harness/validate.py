"""Checks of tasks that `lm_eval validate` does not make: it looks only whether a task's name exists.

Each check gives one line. A task is loaded, its documents are rendered, prompt and labels are tokenised as they will be
scored, and its metrics run on made-up answers through lm-eval itself.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.data import catalogue
from phingpt_bench.harness import manager
from phingpt_bench.harness.baselines import Doc, FloorLM, OracleLM

DOCS = 64  # of each split: enough to meet every label, few enough to take a second
SPLITS = ("training", "validation", "test")


@dataclass(frozen=True, slots=True)
class Check:
    """One check. ok is None where it could not be made; `detail` says why, what is wrong, or what was seen."""

    task: str
    name: str
    ok: bool | None
    detail: str


class WrongLM(OracleLM):
    """Always wrong: another label than the gold one, the gold answer backwards."""

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        return [-score - 1 for score in super().label_scores(task, doc)]

    def answer(self, task: Any, doc: Doc) -> str:
        return str(super().answer(task, doc))[::-1] + "#"


class GarbageLM(FloorLM):
    """Nothing that can be read: nan as log-likelihood, markup and control characters as answer."""

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        return [math.nan] * len(task.doc_to_choice(doc))

    def answer(self, task: Any, doc: Doc) -> str:
        return ";; <html>\x00\ufffd: {"


def validate(path: Path | None = None, names: Sequence[str] = (), tokenizer: Any = None) -> Iterator[Check]:
    """The checks of every task below `path` (a folder or one YAML file; default: ours), or of those in `names`.

    tokenizer: of the model that the labels are checked for; None leaves those checks out.
    BenchError for a path that is not there, a folder without task, and a name that is no task below it.
    """
    from lm_eval.tasks import TaskManager

    path = Path(path or manager.tasks_dir())
    if not path.exists():
        raise BenchError("no such file or folder", where=str(path))
    files = sorted(path.glob("**/*.yaml")) if path.is_dir() else [path]
    errors = list(manager.syntax_errors(files))
    for error in errors:
        yield Check(error.where or str(path), "yaml", False, error.message)
    folders = dict.fromkeys(str(f.resolve()) for f in (manager.tasks_dir(), path if path.is_dir() else path.parent))
    tasks = TaskManager(include_path=list(folders), include_defaults=False)
    inside = {file.resolve() for file in files}
    found = [n for n in tasks.all_subtasks if (file := tasks.task_index[n].yaml_path) and file.resolve() in inside]
    if names:
        for name in manager.expand(names, tasks):
            if name not in found:
                raise unknown("task", name, found, where=str(path))
        found = manager.expand(names, tasks)
    if not found and not errors:
        raise BenchError("holds no task", where=str(path), hint="a task is a file NAME.yaml with the key 'task'")
    for name in found:
        yield from _task_checks(name, tasks, tokenizer)


def _task_checks(name: str, tasks: Any, tokenizer: Any) -> Iterator[Check]:
    if reason := unreachable(tasks.task_index[name].cfg or {}):
        yield Check(name, "load", None, f"not checked: {reason}")
        return
    try:
        task = manager.load_task(name, tasks)
    # lm-eval raises whatever its code happens to meet (KeyError, TypeError, jinja2's errors ...): each is a finding
    except Exception as err:
        yield Check(name, "load", False, _said(err))
        return
    splits = {split: list(getattr(task, f"{split}_docs")() or ()) for split in SPLITS}
    rows = ", ".join(f"{split} {len(docs)}" for split, docs in splits.items())
    yield Check(name, "load", bool(splits["test"] or splits["validation"]), f"rows: {rows}")
    checks = [("render", _rendering, (task, splits)), ("few-shot", _shots, (task, splits))]
    if tokenizer is None:
        yield Check(name, "tokens", None, "not checked: no tokenizer")
    else:
        checks.append(("tokens", _tokens, (task, splits, tokenizer, False)))
        if getattr(tokenizer, "chat_template", None):
            checks.append(("tokens, chat", _tokens, (task, splits, tokenizer, True)))
    checks.append(("metrics", _metrics, (task,)))
    for title, check, arguments in checks:
        try:
            yield Check(name, title, True, check(*arguments))
        except _Fault as fault:
            yield Check(name, title, False, str(fault))
        except Exception as err:  # as above
            yield Check(name, title, False, _said(err))


class _Fault(Exception):
    """What a check found wrong."""


def unreachable(config: dict[str, Any]) -> str | None:
    """Why the catalogue's dataset of a task cannot be had here; None when it can, or is not of the catalogue."""
    dataset = (config.get("dataset_kwargs") or {}).get("dataset")
    if dataset not in catalogue.names():
        return None
    try:
        catalogue.dataset(dataset).load(None)  # without the check of its contents: other rows are a fault
    except BenchError as err:
        return err.message
    return None


def _said(err: Exception) -> str:
    text = (err.message if isinstance(err, BenchError) else str(err)).strip()
    return " ".join(f"{type(err).__name__}: {text}".removeprefix("BenchError: ").split())


def _sample(docs: Sequence[Doc]) -> list[Doc]:
    return docs[:: max(1, len(docs) // DOCS)][:DOCS]


def _rendering(task: Any, splits: dict[str, list[Doc]]) -> str:
    seen = 0
    for split, docs in splits.items():
        prompts = set()
        for doc in _sample(docs):
            prompt, answer = manager.render_prompt(task, doc), manager.answer_text(task, doc)
            if not prompt.strip() or not answer.strip():
                raise _Fault(f"{split}: an empty prompt or answer")
            if prompt[-1].isspace() and answer[0].isspace():
                raise _Fault(f"{split}: the prompt ends and the answer begins with white space")
            prompts.add(prompt)
            seen += 1
        if len(prompts) == 1 and len(docs) > 1:
            raise _Fault(f"{split}: every document has the same prompt, so it does not show the document")
    until = (task.config.generation_kwargs or {}).get("until")
    if task.OUTPUT_TYPE == "generate_until" and until:
        answers = (str(task.doc_to_target(doc)) for docs in splits.values() for doc in docs)
        if any(stop in answer for answer in answers for stop in until):
            raise _Fault(f"a gold answer holds a stop string ({until!r}), so it could never be given whole")
    return f"{seen} documents"


def _shots(task: Any, splits: dict[str, list[Doc]]) -> str:
    config = task.fewshot_cfg
    pool = list(task.fewshot_docs() or ())
    wanted = task.config.num_fewshot or 0
    if not pool:
        if wanted:
            raise _Fault(f"num_fewshot is {wanted}, and there is nothing to draw examples from")
        return "no examples to draw from, none wanted"
    if wanted > len(pool):
        raise _Fault(f"num_fewshot is {wanted}, and there are {len(pool)} examples")
    if config.split is not None and config.split == task.config.test_split:
        raise _Fault("examples are drawn from the test split")
    doc = (splits["test"] or splits["validation"])[0]
    task.set_fewshot_seed(0)
    if manager.render_prompt(task, doc, shots=1) == manager.render_prompt(task, doc):
        raise _Fault("a prompt with one example equals the prompt without")
    varying = "" if config.sampler == "first_n" else ", drawn anew for every document (sampler: first_n fixes them)"
    return f"{len(pool)} examples{varying}"


def _tokens(task: Any, splits: dict[str, list[Doc]], tokenizer: Any, chat: bool) -> str:
    """Prompt + answer must tokenise as the prompt and the answer do: training and scoring cut at the prompt's end."""
    lengths: dict[str, set[int]] = {}
    for doc in _sample(splits["test"] or splits["validation"]):
        prompt = manager.render_prompt(task, doc, chat_template=chat, tokenizer=tokenizer)
        special = not (tokenizer.bos_token and prompt.startswith(tokenizer.bos_token))
        before = tokenizer.encode(prompt, add_special_tokens=special)
        labels = task.OUTPUT_TYPE == "multiple_choice"
        right = manager.answer_text(task, doc, tokenizer, chat)
        texts = manager.continuations(task, doc, chat_template=chat) if labels else [right]
        if len(set(texts)) < len(texts):
            raise _Fault(f"a label is given twice: {texts}")
        parts = {}
        for text in texts:
            both = tokenizer.encode(prompt + text, add_special_tokens=special)
            alone = tokenizer.encode(text, add_special_tokens=False)
            if both != before + alone:
                raise _Fault(f"{text!r} has other tokens after the prompt than alone: {tokenizer.decode(both[-5:])!r}")
            parts[text] = alone
            lengths.setdefault(text if labels else "answer", set()).add(len(alone))
        for one, other in permutations(parts, 2):
            if parts[other][: len(parts[one])] == parts[one]:
                raise _Fault(f"the tokens of {one!r} begin those of {other!r}, so it can never be the less likely one")
    shown = [f"{text.strip()} {_range(counts)}" for text, counts in lengths.items()]
    return f"{', '.join(shown)} token(s)"


def _range(counts: set[int]) -> str:
    return str(min(counts)) if len(counts) == 1 else f"{min(counts)} to {max(counts)}"


def _metrics(task: Any) -> str:
    """Each metric of metric_list must come out, with a standard error, and tell right answers from wrong ones."""
    gold, wrong = _scores(task, OracleLM()), _scores(task, WrongLM())
    _scores(task, GarbageLM())  # must not raise
    names = [entry["metric"] for entry in task.config.metric_list or ()]
    names = [name if isinstance(name, str) else name.__name__ for name in names] or list(task._metric_fn_list)
    shown = []
    for name in names:
        if name not in gold:
            raise _Fault(f"'{name}' is in metric_list, and lm-eval gives no such score")
        if name.endswith("_stderr") and name.removesuffix("_stderr") in names:
            continue
        if not isinstance(gold.get(f"{name}_stderr"), float):
            raise _Fault(f"'{name}' has no standard error")
        better = gold[name] > wrong[name] if task.higher_is_better().get(name, True) else gold[name] < wrong[name]
        if not better:
            raise _Fault(f"'{name}' is {gold[name]:.3g} for right answers and {wrong[name]:.3g} for wrong ones")
        shown.append(f"{name} {gold[name]:.3g}/{wrong[name]:.3g}")
    return "right/wrong answers: " + ", ".join(shown)


def _scores(task: Any, model: FloorLM) -> dict[str, Any]:
    """lm-eval's scores of a made-up model, without the name of the filter."""
    from lm_eval.evaluator import evaluate

    name, n = task.config.task, len(task.eval_docs)
    rows = list(range(0, n, max(1, n // DOCS)))[:DOCS]
    with manager.quiet(), _no_bars():
        results = evaluate(model.fit(task), {"tasks": {name: task}}, samples={name: rows}, bootstrap_iters=100)
    scores = results["results"][name]
    return {key.split(",")[0]: value for key, value in scores.items() if "," in key}


@contextlib.contextmanager
def _no_bars() -> Iterator[None]:
    """Without lm-eval's progress bars, which it draws for a handful of rows too."""
    from lm_eval.api import task

    before = task.tqdm
    task.tqdm = lambda rows, **_: rows
    try:
        yield
    finally:
        task.tqdm = before
