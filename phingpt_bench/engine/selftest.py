"""Whether this machine computes rightly: what saves work here next to the plain way, on one loaded model.

Nothing is downloaded: prompts are of the embedded corpus. In float32 the ways agree to rounding; below it other batch
shapes move last digits, as they do in any program, so what is looked for is an error of another size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from phingpt_bench.core.sentences import Sentence, sentence
from phingpt_bench.engine.model_facts import attention
from phingpt_bench.lmeval import manager
from phingpt_bench.models import four_bit
from phingpt_bench.models.load import Loaded, is_packed
from phingpt_bench.models.probe import noise_of, reference_logits

LABELS, WRITTEN = "phin_demo_sentiment", "phin_demo_ner"
ROWS = 12  # prompts of each kind
# the largest difference of a log-likelihood, in nats; below float32 that of bfloat16's steps over some tokens
EXACT, ROUNDED = 1e-3, 0.5
KERNELS = ("FLASH_ATTENTION", "EFFICIENT_ATTENTION", "CUDNN_ATTENTION")  # of torch, but the slowest
NOT_TAKEN = ("No available kernel", "No viable backend")  # what torch says where none of those that may take it does
SAME_TEXTS = 0.5  # share of written answers that must be equal below float32, where a near tie ends otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check. values: what was measured, for a file."""

    name: str
    good: bool
    text: Sentence
    values: dict[str, Any] = field(default_factory=dict)


def selftest(loaded: Loaded, rows: int = ROWS) -> Iterator[Finding]:
    """The checks one by one, each as soon as it is made: 4-bit products, noise, attention, labels, written answers.

    rows: prompts of labels and of written answers, at most.
    """
    import torch

    device = str(loaded.model.device)
    dtype = getattr(torch, loaded.identity.compute_dtype or "float32")
    exact = dtype == torch.float32 and not is_packed(loaded)
    if loaded.identity.quantisation in ("nf4+dq", "nf4"):
        yield _products(device, dtype, dequantised=loaded.dequantised)
    twice = [reference_logits(loaded.model, loaded.tokenizer) for _ in range(2)]
    noise = noise_of(*twice)
    yield Finding(
        name="repeats",
        good=bool(torch.isfinite(twice[0]).all()),
        text=sentence("the same prompts give logits that differ by {noise:.2g}", noise=noise),
        values={"largest_difference": noise},
    )
    if attention(loaded.model) == "sdpa":
        yield _attention(loaded)
    yield _labels(loaded, rows, exact=exact)
    yield _written(loaded, rows, exact=exact)


def _products(device: str, dtype: Any, *, dequantised: bool) -> Finding:
    errors = four_bit.product_errors(device, dtype)
    wrong = four_bit.wrong_rows(errors)
    return Finding(
        name="4-bit products",
        good=not wrong or dequantised,  # then they are not used
        text=sentence(
            "products of {rows} rows by NF4 weights: relative error up to {error:.2g}",
            rows=", ".join(map(str, errors)),
            error=max(errors.values()),
        ),
        values={"relative_errors": {str(rows): error for rows, error in errors.items()}},
    )


def _attention(loaded: Loaded) -> Finding:
    """Which of torch's fast kernels take the attention of a row without a mask; the slowest one is right as well."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel

    ids = torch.tensor([[*range(3, 19)]], device=loaded.model.device)
    taken = []
    for name in KERNELS:
        try:
            with torch.no_grad(), sdpa_kernel(SDPBackend.__members__[name]):
                loaded.model(input_ids=ids, use_cache=False)
            taken.append(name.partition("_")[0].lower())
        except RuntimeError as err:
            if not any(text in str(err) for text in NOT_TAKEN):
                raise
    return Finding(
        name="attention",
        good=True,
        text=sentence("rows without a mask take the kernels {kernels}", kernels=", ".join(taken))
        if taken
        else sentence("rows without a mask take torch's slowest kernel"),
        values={"kernels": taken},
    )


def _labels(loaded: Loaded, rows: int, *, exact: bool) -> Finding:
    """Labels scored as trees in batches, next to each label in a forward of its own."""
    from lm_eval.api.instance import Instance

    from phingpt_bench.engine.lm import PhinLM

    task = manager.load_task(LABELS)
    asked = []
    for doc in list(task.eval_docs)[:rows]:
        prompt = manager.render_prompt(task, doc)
        asked += [(prompt, label) for label in manager.continuations(task, doc)]
    model = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer)
    instances = [Instance("loglikelihood", {}, pair, at) for at, pair in enumerate(asked)]
    got = [score for score, _ in model.loglikelihood(instances, disable_tqdm=True)]
    plain = [_alone(loaded, *pair) for pair in asked]
    largest = max(abs(a - b) for a, b in zip(got, plain, strict=True))
    return Finding(
        name="labels",
        good=largest <= (EXACT if exact else ROUNDED),
        text=sentence(
            "{n} log-likelihoods as trees of labels and one by one: they differ by up to {largest:.2g}",
            n=len(asked),
            largest=largest,
        ),
        values={"values": len(asked), "largest_difference": largest},
    )


def _alone(loaded: Loaded, prompt: str, label: str) -> float:
    """The log-likelihood of a label in a forward of its own."""
    import torch

    start = len(loaded.tokenizer.encode(prompt))
    ids = torch.tensor([loaded.tokenizer.encode(prompt + label)], device=loaded.model.device)
    with torch.no_grad():
        logits = loaded.model(input_ids=ids[:, :-1]).logits[0, start - 1 :].float().log_softmax(-1)
    return float(logits.gather(1, ids[0, start:, None]).sum())


def _written(loaded: Loaded, rows: int, *, exact: bool) -> Finding:
    """Greedy answers with drafts and continuous batching, next to model.generate."""
    from phingpt_bench.engine.lm import PhinLM

    task = manager.load_task(WRITTEN)
    prompts = [manager.render_prompt(task, doc) for doc in list(task.eval_docs)[:rows]]
    texts = []
    for plain in (False, True):
        model = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=1 if plain else 16)
        model.plain = plain
        texts.append(model.generate_until(_requests(prompts), disable_tqdm=True))
        if not plain and model.unsupported:
            text = sentence("answers are written by model.generate: {reason}", reason=model.unsupported)
            return Finding(name="written answers", good=True, text=text, values={"unsupported": model.unsupported})
    same = sum(a == b for a, b in zip(*texts, strict=True))
    return Finding(
        name="written answers",
        good=same >= (len(prompts) if exact else SAME_TEXTS * len(prompts)),
        text=sentence(
            "{same} of {n} answers with drafts are those of model.generate, to the letter", same=same, n=len(prompts)
        ),
        values={"texts": len(prompts), "same_texts": same},
    )


def _requests(prompts: Sequence[str]) -> list[Any]:
    from lm_eval.api.instance import Instance

    options = {"until": ["\n"], "do_sample": False, "max_gen_toks": 48}
    return [Instance("generate_until", {}, (prompt, dict(options)), at) for at, prompt in enumerate(prompts)]
