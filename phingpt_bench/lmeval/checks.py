"""Checks of a loaded task: each function returns one line with its result, or raises Fault with the problem.

Documents are rendered, prompt and labels are tokenised as they will be scored, and the metrics run on made-up answers
through lm-eval itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations
from typing import Any

from phingpt_bench.compat import lm_eval_parts
from phingpt_bench.core.sentences import joined, sentence, sentence_n
from phingpt_bench.lmeval import manager
from phingpt_bench.lmeval.documents import Doc, DocumentLM, OracleLM, gold_label, label_names
from phingpt_bench.scoring.polarity import polarity

DOCS = 64  # documents of each split: enough to see every label, few enough to take a second
SURE = -50.0  # log-likelihood of the other labels: a probability of 0


class Fault(Exception):
    """A problem that a check found."""


class RightLM(OracleLM):
    """Always right, with full confidence."""

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        """All of the probability on the right label."""
        return _sure(gold_label(task, doc), len(label_names(task, doc)))


class WrongLM(OracleLM):
    """Always wrong, with full confidence: the label at the other end, or the answer backwards."""

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        """All of the probability on a wrong label."""
        return _sure(_other(task, doc), len(label_names(task, doc)))

    def answer(self, task: Any, doc: Doc) -> str:
        """Another label, or the right answer backwards."""
        if "gold" in doc and len(doc["text"]) % 2:
            return str(doc["labels"][_other(task, doc)])
        return str(super().answer(task, doc))[::-1] + "#"


def _sure(label: int, labels: int) -> list[float]:
    return [0.0 if i == label else SURE for i in range(labels)]


def _other(task: Any, doc: Doc) -> int:
    gold, k = gold_label(task, doc), len(label_names(task, doc))
    return k - 1 - gold if 2 * gold != k - 1 else 0


class GarbageLM(DocumentLM):
    """Unreadable answers: nan as log-likelihood, markup and control characters as answer."""

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        """Not a number for each label."""
        return [math.nan] * len(label_names(task, doc))

    def answer(self, task: Any, doc: Doc) -> str:
        """Markup and control characters."""
        return ";; <html>\x00\ufffd: {"


def _sample(docs: Sequence[Doc]) -> list[Doc]:
    return list(docs[:: max(1, len(docs) // DOCS)][:DOCS])


def rendering(task: Any, splits: dict[str, list[Doc]]) -> str:
    """Prompts show their document, and prompt and answer join at one white space."""
    seen = 0
    for split, docs in splits.items():
        prompts = set()
        for doc in _sample(docs):
            prompt, answer = manager.render_prompt(task, doc), manager.answer_text(task, doc)
            if not prompt.strip() or not answer.strip():
                raise Fault(sentence("{split}: an empty prompt or answer", split=split))
            if prompt[-1].isspace() and answer[0].isspace():
                raise Fault(sentence("{split}: the prompt ends and the answer begins with white space", split=split))
            prompts.add(prompt)
            seen += 1
        if len(prompts) == 1 and len(docs) > 1:
            raise Fault(
                sentence("{split}: every document has the same prompt, so it does not show the document", split=split)
            )
    until = (task.config.generation_kwargs or {}).get("until")
    if task.OUTPUT_TYPE == "generate_until" and until:
        answers = (str(task.doc_to_target(doc)) for docs in splits.values() for doc in docs)
        if any(stop in answer for answer in answers for stop in until):
            raise Fault(
                sentence("a gold answer holds a stop string ({until!r}), so it could never be given whole", until=until)
            )
    return sentence_n("{n} document", "{n} documents", seen)


def shots(task: Any, splits: dict[str, list[Doc]]) -> str:
    """Examples exist, are not test rows, and reach the prompt."""
    config = task.fewshot_cfg
    from_elsewhere = (
        task.has_training_docs() or task.has_validation_docs() or config.split or config.samples is not None
    )
    if not from_elsewhere:  # lm-eval then says nothing and shows test rows with their answers
        raise Fault(
            sentence("examples would be test rows; fewshot_config: {samples: []} and num_fewshot: 0 say there are none")
        )
    pool = list(task.fewshot_docs() or ())
    wanted = task.config.num_fewshot or 0
    if not pool:
        if wanted:
            raise Fault(sentence("num_fewshot is {wanted}, and there is nothing to draw examples from", wanted=wanted))
        return sentence("no examples to draw from, none wanted")
    if wanted > len(pool):
        raise Fault(sentence("num_fewshot is {wanted}, and there are {n} examples", wanted=wanted, n=len(pool)))
    if config.split is not None and config.split == task.config.test_split:
        raise Fault(sentence("examples are drawn from the test split"))
    doc = (splits["test"] or splits["validation"])[0]
    task.set_fewshot_seed(0)
    if manager.render_prompt(task, doc, shots=1) == manager.render_prompt(task, doc):
        raise Fault(sentence("a prompt with one example equals the prompt without"))
    if config.sampler == "first_n":
        return sentence_n("{n} example", "{n} examples", len(pool))
    return sentence_n(
        "{n} example, drawn again for every document (sampler: first_n fixes them)",
        "{n} examples, drawn again for every document (sampler: first_n fixes them)",
        len(pool),
    )


def tokens(task: Any, splits: dict[str, list[Doc]], tokenizer: Any, chat: bool) -> str:
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
            raise Fault(sentence("a label is given twice: {texts}", texts=texts))
        parts = {}
        for text in texts:
            both = tokenizer.encode(prompt + text, add_special_tokens=special)
            alone = tokenizer.encode(text, add_special_tokens=False)
            if both != before + alone:
                raise Fault(
                    sentence(
                        "{text!r} has other tokens after the prompt than alone: {tokenizer!r}",
                        text=text,
                        tokenizer=tokenizer.decode(both[-5:]),
                    )
                )
            parts[text] = alone
            lengths.setdefault(text if labels else "answer", set()).add(len(alone))
        for one, other in permutations(parts, 2):
            if parts[other][: len(parts[one])] == parts[one]:
                raise Fault(
                    sentence(
                        "the tokens of {one!r} begin those of {other!r}, so it can never be the less likely one",
                        one=one,
                        other=other,
                    )
                )
    shown = [joined((text.strip(), _range(counts)), " ") for text, counts in lengths.items()]
    return sentence("tokens: {lengths}", lengths=joined(shown))


def _range(counts: set[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else sentence("{low} to {high}", low=low, high=high)


def metrics(task: Any) -> str:
    """Each metric of metric_list must exist, with a standard error, and distinguish right answers from wrong ones."""
    gold, wrong = _scores(task, RightLM()), _scores(task, WrongLM())
    _scores(task, GarbageLM())  # must not raise
    names = [entry["metric"] for entry in task.config.metric_list or ()]
    names = [name if isinstance(name, str) else name.__name__ for name in names] or list(task.aggregation())
    shown = []
    for name in names:
        if name not in gold:
            raise Fault(
                sentence(
                    "'{name}' is in metric_list, and lm-eval gives no such score{reason}",
                    name=name,
                    reason=_why_none(task, name),
                )
            )
        if name.endswith("_stderr") and name.removesuffix("_stderr") in names:
            continue
        if not isinstance(gold.get(f"{name}_stderr"), float):
            raise Fault(sentence("'{name}' has no standard error", name=name))
        better = gold[name] > wrong[name] if task.higher_is_better().get(name, True) else gold[name] < wrong[name]
        if not better:
            raise Fault(
                sentence(
                    "'{name}' is {gold:.3g} for right answers and {wrong:.3g} for wrong ones",
                    name=name,
                    gold=gold[name],
                    wrong=wrong[name],
                )
            )
        shown.append(f"{name} {gold[name]:.3g}/{wrong[name]:.3g}")
    return sentence("right/wrong answers: {scores}", scores=", ".join(shown))


def _why_none(task: Any, metric: str) -> str:
    """Why a metric is missing, if known: the shared files assume labels with opposites."""
    labels = next(iter(task.eval_docs)).get("labels") or ()
    if metric != "flip_rate" or not labels or polarity(labels) is not None:
        return ""
    chosen = task.OUTPUT_TYPE == "multiple_choice"
    topics, poles = ("_topics_yaml", "_labels_yaml") if chosen else ("_written_topics_yaml", "_written_yaml")
    return sentence(
        ": labels {names} have no poles that are known; include {topics} instead of {poles}",
        names=", ".join(labels),
        topics=topics,
        poles=poles,
    )


def _scores(task: Any, model: DocumentLM) -> dict[str, Any]:
    """lm-eval's scores of a made-up model, without the name of the filter."""
    from lm_eval.evaluator import evaluate

    name, n = task.config.task, len(task.eval_docs)
    rows = list(range(0, n, max(1, n // DOCS)))[:DOCS]
    with manager.quiet(), lm_eval_parts.no_progress_bars():
        results = evaluate(model.fit(task), {"tasks": {name: task}}, samples={name: rows}, bootstrap_iters=100)
    scores = results["results"][name]
    return {key.split(",")[0]: value for key, value in scores.items() if "," in key}
