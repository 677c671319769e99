"""Log-likelihoods of continuations (labels) of contexts: each context is forwarded once for all its continuations.

A row of a batch is a token tree (labels/tree.py): a context with all of its continuations, or several contexts about
one text. Where a tree branches, an attention mask lets a token see its ancestors only, and position ids place it where
it would be in a separate row (tree attention). If a model does not support that exactly, each branch becomes a row, as
in HFLM.
"""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch

from phingpt_bench.compat import torch_parts
from phingpt_bench.core.errors import BenchError
from phingpt_bench.engine.budgets import saturating_tokens
from phingpt_bench.engine.labels.batches import BatchLimits, batches
from phingpt_bench.engine.labels.packing import MAX_ADDED, MIN_SHARED, Pack, packed
from phingpt_bench.engine.labels.tree import TokenTree, label_tree, merged, separate_rows
from phingpt_bench.engine.labels.tree_model import NO_PREFIX, CachedPrefix, TreeModel
from phingpt_bench.engine.model_facts import attention_window, needs_whole_prompts, rope_switch
from phingpt_bench.engine.prefix import shared_prefixes
from phingpt_bench.models.memory import free

LOG = logging.getLogger(__name__)

Request = tuple[Any, list[int], list[int]]  # (texts, context tokens, continuation tokens), as HFLM makes them
Answer = tuple[float, bool]  # (log-likelihood, whether the continuation is the greedy one)
SKIPPED: Answer = (-math.inf, False)  # of a request that was not asked


class Group(NamedTuple):
    """Trees that begin with the same cached prefix (or with none), packed."""

    prefix: CachedPrefix
    packs: list[Pack]


class _Read(NamedTuple):
    """One token of a continuation: of which request, which line of the logits, and which token."""

    request: int
    line: int
    token: int


@dataclass(slots=True)
class Scorer:
    """Scores requests with one causal model and its active adapter.

    Args:
        max_length: tokens that the model takes.
        batch_size: the maximum number of rows in a batch.
        autocast: makes the context for each forward.
        meter: counts the tokens of prompts and labels, each prompt in full.
        min_saved: tokens that a shared prefix must save; None: what a forward costs on this device.

    Attributes:
        truncated: the number of distinct token sequences that lost tokens on the left, so far.
        forwarded: the number of tokens that the model computed, without padding, so far.
        splits: how often the memory of a GPU ran out, and the batch was halved, so far.
    """

    model: Any
    max_length: int
    batch_size: int
    autocast: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext
    meter: Any = None
    min_saved: int | None = None
    truncated: int = 0
    forwarded: int = 0
    splits: int = 0
    _fitting: float = field(init=False, default=math.inf)  # padded tokens that no batch exceeds since memory ran out
    reader: TreeModel = field(init=False)

    def __post_init__(self) -> None:
        self.reader = TreeModel(self.model, self.max_length, self.autocast)

    def score(
        self,
        requests: Sequence[Request],
        on_batch: Callable[[int], None] = lambda count: None,
        on_answer: Callable[[int, Answer], None] = lambda index, answer: None,
    ) -> list[Answer]:
        """The answers in the order of `requests`.

        `on_batch` gets the number of requests that a batch has answered, `on_answer` each answer with its index.
        BenchError for a request without tokens, or with a continuation that is too long for the model.
        """
        answers: list[Answer] = [(0.0, False)] * len(requests)
        limits = BatchLimits(self.batch_size, self.model.device.type, rope_switch(self.model))
        for prefix, packs in self._groups(self._trees(requests)):
            rows = [merged(pack.trees) for pack in packs]
            for batch in batches(rows, limits, len(prefix)):
                for index, answer in self._in_memory(batch, requests, prefix):
                    answers[index] = answer
                    on_answer(index, answer)
                on_batch(sum(len(tree.queries) for tree in batch))
        return answers

    def _trees(self, requests: Sequence[Request]) -> list[TokenTree]:
        """A tree for each distinct context, or rows without branches where the model needs them."""
        trees: list[TokenTree] = []
        switch = rope_switch(self.model)
        cut: set[tuple[int, ...]] = set()  # a set: two contexts may give the same sequence
        for context, continuations in _by_context(requests, self.max_length).items():
            pairs = [(index, tokens) for tokens, indices in continuations.items() for index in indices]
            sequences = {(*context, *tokens[:-1]) for tokens in continuations}
            cut |= {tokens for tokens in sequences if len(tokens) > self.max_length}
            if switch is not None and max(map(len, sequences)) > switch:
                # sequences up to the switch and sequences beyond it: each is computed as it would be alone
                for start in sorted({tokens[:-1] for tokens in continuations}):
                    own = [pair for pair in pairs if pair[1][:-1] == start]
                    trees += separate_rows(context, own, self.max_length)
                continue
            tree = label_tree(context, pairs)
            fits = len(tree.tokens) <= self.max_length
            if fits and (not tree.branches or self.reader.may_branch(len(tree.tokens))):
                trees.append(tree)
            else:
                trees += separate_rows(context, pairs, self.max_length)
        self.truncated += len(cut)
        return trees

    def _groups(self, trees: Sequence[TokenTree]) -> Iterator[Group]:
        """A group for each shared prefix that is worth computing once, then one of all trees that reuse none."""
        switch = rope_switch(self.model)
        reusing = [tree for tree in trees if switch is None or len(tree.tokens) <= switch]
        min_saved = saturating_tokens(self.model.device.type) if self.min_saved is None else self.min_saved
        # the tokens up to the first one whose logits are needed
        beginnings = [tree.tokens[: tree.first_needed + 1] for tree in reusing]
        prefixes = [] if needs_whole_prompts(self.model) else shared_prefixes(beginnings, min_saved)
        ungrouped = set(map(id, trees))
        for shared in prefixes:
            members = [reusing[at] for at in shared.members]
            length = len(shared.tokens)
            with_prefix = length + sum(len(tree.tokens) - length for tree in members)
            if sum(pack.tokens for pack in self._packs(members)) - with_prefix < min_saved:
                continue  # packing saves as much, without a forward for the prefix
            prefix = self.reader.cached(shared.tokens)
            if prefix is None:
                break
            self.forwarded += length
            ungrouped -= set(map(id, members))
            yield Group(prefix, self._packs(members, length))
        yield Group(NO_PREFIX, self._packs([tree for tree in trees if id(tree) in ungrouped]))

    def _packs(self, trees: Sequence[TokenTree], cached: int = 0) -> list[Pack]:
        """Trees about one text together where the model takes branches, otherwise each alone."""
        limits = (self.max_length, attention_window(self.model), rope_switch(self.model))
        max_tokens = min(limit for limit in limits if limit is not None)
        packs = packed(trees, max_tokens=max_tokens, min_shared=MIN_SHARED, max_added=MAX_ADDED, cached=cached)
        if len(packs) < len(trees) and not self.reader.tree_fault():
            return packs
        return [Pack.of_one(tree) for tree in trees]

    def _in_memory(
        self, batch: Sequence[TokenTree], requests: Sequence[Request], prefix: CachedPrefix
    ) -> Iterator[tuple[int, Answer]]:
        """`_answers` of a batch, or of its halves where the memory of the GPU runs out, from then on."""
        waiting = [list(batch)]
        while waiting:
            part = waiting.pop()
            tokens = len(part) * (max(len(tree.tokens) for tree in part) - len(prefix))
            answers = None
            if tokens <= self._fitting or len(part) == 1:
                try:
                    answers = self._answers(part, requests, prefix)
                except Exception as err:
                    if torch_parts.memory_that_ran_out(err) != "GPU" or len(part) == 1:
                        raise
                    LOG.warning("the GPU's memory ran out at %d rows: batches are smaller from here on", len(part))
                    self.splits, self._fitting = self.splits + 1, tokens / 2
            if answers is None:
                # outside of the handler, whose traceback holds the tensors of the failed attempt
                free()
                middle = len(part) // 2
                waiting += [part[middle:], part[:middle]]
            else:
                yield from answers

    def _answers(
        self, batch: Sequence[TokenTree], requests: Sequence[Request], prefix: CachedPrefix
    ) -> list[tuple[int, Answer]]:
        """(index, answer) of every request of the rows, all of which begin with the cached prefix."""
        queries = [(row, query) for row, tree in enumerate(batch) for query in tree.queries]
        places = sorted({(row, place) for row, query in queries for place in query.places})
        lines = {place: line for line, place in enumerate(places)}
        logits = self.reader.logits(batch, places, prefix)
        self.forwarded += sum(len(tree.tokens) - len(prefix) for tree in batch)
        if self.meter is not None:  # prompts count in full: other engines read, and APIs bill, a shared part each time
            self.meter.count(tokens_in=sum(len(tree.tokens) + tree.saved for tree in batch))
        reads = [
            _Read(query.request, lines[row, place], token)
            for row, query in queries
            for place, token in zip(query.places, requests[query.request][2], strict=True)
        ]
        return _summed(logits, reads)


def _by_context(
    requests: Sequence[Request], max_length: int
) -> dict[tuple[int, ...], dict[tuple[int, ...], list[int]]]:
    """Context -> continuation -> indices of the requests for it. BenchError for what cannot be scored."""
    contexts: dict[tuple[int, ...], dict[tuple[int, ...], list[int]]] = {}
    for index, (texts, context, continuation) in enumerate(requests):
        if not context or not continuation:
            raise BenchError(
                "nothing to score: context or continuation has no token of its own ({texts!r})", texts=texts
            )
        if len(continuation) > max_length:
            raise BenchError(
                "a continuation of {n} tokens exceeds the model's {max_length}",
                n=len(continuation),
                max_length=max_length,
            )
        contexts.setdefault(tuple(context), {}).setdefault(tuple(continuation), []).append(index)
    return contexts


def labels_that_fit(requests: Sequence[Request], max_length: int) -> Sequence[int]:
    """The places of requests whose context fits into the model with each of its continuations, in order."""
    long = {tuple(context) for _, context, label in requests if len(context) + len(label) - 1 > max_length}
    return [at for at, (_, context, _) in enumerate(requests) if tuple(context) not in long]


def _summed(logits: torch.Tensor, reads: Sequence[_Read]) -> list[tuple[int, Answer]]:
    """(request, answer): the sum of its tokens' log-probabilities, and whether each is the most likely token."""
    lines = torch.tensor([read.line for read in reads], device=logits.device)
    tokens = torch.tensor([read.token for read in reads], device=logits.device)
    scores = (logits[lines, tokens] - logits.logsumexp(-1)[lines]).tolist()
    greedy = (logits.argmax(-1)[lines] == tokens).tolist()
    totals: dict[int, Answer] = {}
    for read, score, best in zip(reads, scores, greedy, strict=True):
        total, all_best = totals.get(read.request, (0.0, True))
        totals[read.request] = (total + score, all_best and best)
    return list(totals.items())
