"""Log-likelihoods of continuations (labels) of contexts: each context forwarded once for all its continuations.

A row of a batch is a context followed by the inner nodes of the trie of its continuations, or the trie of several
contexts about one text. Where a trie branches, an attention mask lets a node see its ancestors only, and position ids
place it where it would stand in a row of its own (tree attention). Where a model cannot be trusted with that, each
branch becomes a row, as in HFLM.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from phingpt_bench.core.errors import BenchError
from phingpt_bench.engine.head import head_only_at
from phingpt_bench.engine.kernels import fast
from phingpt_bench.engine.labels.batches import batches, enough
from phingpt_bench.engine.modelfacts import attention, bare, has_virtual_tokens, position_switch, say_once, window
from phingpt_bench.engine.prefix import lent, prefix_cache, shared_prefixes
from phingpt_bench.engine.trie import Row, chains, join, piles, seen_by, tree

Request = tuple[Any, list[int], list[int]]  # (texts, context tokens, continuation tokens)
Answer = tuple[float, bool]  # (log-likelihood, whether greedy)

ALIKE = 16  # tokens: of rows that begin with so many in common the shared part is forwarded once
JOINED = 512  # tokens that others add to such a row, at most, as attention's share grows with them
PROBE = (5, 2)  # tokens of the context and of each of two branches

_faults: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()  # model -> why no tree ("" where it may)


@dataclass(slots=True)
class Scorer:
    """Scores requests with one causal model, as it is switched now.

    rows: of a batch, at most. longest: tokens that the model takes. autocast: makes the context for each forward.
    worth: tokens that a shared prefix must save, also beside joined rows; None: as suits the device.
    truncated: how many distinct token sequences lost tokens on the left, so far.
    forwarded: tokens that the model was given, without padding, so far.
    """

    model: Any
    longest: int
    rows: int
    autocast: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext
    meter: Any = None
    worth: int | None = None
    truncated: int = 0
    forwarded: int = 0

    def score(
        self,
        requests: Sequence[Request],
        advance: Callable[[int], None] = lambda count: None,
        tell: Callable[[int, Answer], None] = lambda index, answer: None,
    ) -> list[Answer]:
        """The answers in the order of `requests`; `advance` is told how many a batch has answered, `tell` each one."""
        answers: list[Answer] = [(0.0, False)] * len(requests)
        fitting = {"size": self.rows, "device": self.model.device.type, "limit": position_switch(self.model)}
        for skipped, cache, rows in self._groups(self._plan(requests)):
            joined = [join(pile) for _, pile in self._piles(rows, skipped)]
            for batch in batches(joined, skipped=skipped, **fitting):
                for index, answer in self._answers(batch, requests, skipped, cache):
                    answers[index] = answer
                    tell(index, answer)
                advance(sum(len(row.asked) for row in batch))
        return answers

    def _plan(self, requests: Sequence[Request]) -> list[Row]:
        contexts: dict[tuple[int, ...], dict[tuple[int, ...], list[int]]] = {}
        for index, (texts, context, continuation) in enumerate(requests):
            if not context or not continuation:
                raise BenchError(f"nothing to score: context or continuation has no token of its own ({texts!r})")
            if len(continuation) > self.longest:
                raise BenchError(f"a continuation of {len(continuation)} tokens exceeds the model's {self.longest}")
            contexts.setdefault(tuple(context), {}).setdefault(tuple(continuation), []).append(index)
        rows: list[Row] = []
        limit = position_switch(self.model)
        cut: set[tuple[int, ...]] = set()  # of two contexts the same sequence may come
        for context, continuations in contexts.items():
            pairs = [(index, tokens) for tokens, indices in continuations.items() for index in indices]
            whole = {(*context, *tokens[:-1]) for tokens in continuations}
            cut |= {tokens for tokens in whole if len(tokens) > self.longest}
            if limit is not None and len(context) + max(map(len, continuations)) - 1 > limit:
                # rows that stay below the limit and rows beyond it: each as it would be alone
                starts = {tokens[:-1] for tokens in continuations}
                for start in sorted(starts):
                    rows += chains(context, [pair for pair in pairs if pair[1][:-1] == start], self.longest)
                continue
            row = tree(context, pairs)
            if len(row.tokens) <= self.longest and (not row.branches or self._may_branch(len(row.tokens))):
                rows.append(row)
            else:
                rows += chains(context, pairs, self.longest)
        self.truncated += len(cut)
        return rows

    def _may_branch(self, length: int) -> bool:
        """Whether a row of so many tokens may hold branches; the first time why not is logged."""
        fault = self._fault()
        limit = window(self.model)
        if not fault and limit is not None and length > limit:
            fault = f"prompts are longer than its attention window of {limit} tokens"
            say_once(self.model, fault)
        return not fault

    def _fault(self) -> str:
        """Why tree attention is not exact with this model, "" where it is; found out once for each model."""
        if has_virtual_tokens(self.model):
            return say_once(self.model, "its adapter puts virtual tokens in front")
        key = bare(self.model)
        if key not in _faults:
            _faults[key] = self._probe()
            if _faults[key]:
                say_once(self.model, _faults[key])
        return _faults[key]

    def _probe(self) -> str:
        """Two branches in one row against the same in two rows."""
        config = bare(self.model).config.get_text_config()
        if attention(self.model) not in ("sdpa", "eager"):
            return f"attention {attention(self.model)!r} takes no mask of ours"
        context, branch = PROBE
        step = max(1, (config.vocab_size - 100) // (context + 2 * branch + 1))  # away from the special tokens
        ids = [(100 + at * step) % config.vocab_size for at in range(context + 2 * branch + 2)]
        labels = [ids[context : context + branch + 1], ids[context + branch + 1 :]]
        pairs = list(enumerate(labels))
        together, apart = tree(ids[:context], pairs), chains(ids[:context], pairs, self.longest)
        places = dict(together.asked)
        try:
            ours = self._logits([together], [(0, place) for index in (0, 1) for place in places[index]])
        except Exception as error:  # what a model raises on a mask or on position ids that it does not take
            return f"its forward refuses the mask ({type(error).__name__})"
        own = {index: (at, found) for at, row in enumerate(apart) for index, found in row.asked}
        theirs = self._logits(apart, [(own[index][0], place) for index in (0, 1) for place in own[index][1]])
        spread = float(theirs.std())
        error = float((ours - theirs).square().mean().sqrt())
        exact = all(one.dtype in (torch.float32, torch.float64) for one in self.model.parameters())
        allowed = (1e-3 if exact else 5e-2) * spread  # below float32: the difference that a batch's shape makes
        return "" if error <= allowed else "it gives branches of one row other scores than rows of their own"

    def _groups(self, rows: Sequence[Row]) -> Iterator[tuple[int, Any, list[Row]]]:
        """(length, cache, rows) of each prefix worth computing once, then (0, None, rows) of all that reuse none."""
        limit = position_switch(self.model)
        reusing = [row for row in rows if limit is None or len(row.tokens) <= limit]
        worth = enough(self.model.device.type) if self.worth is None else self.worth
        found = [] if has_virtual_tokens(self.model) else shared_prefixes(_contexts(reusing), worth)
        alone = set(map(id, rows))
        for prefix, members in found:
            group = [reusing[at] for at in members]
            apart = len(prefix) + sum(len(row.tokens) - len(prefix) for row in group)
            if sum(tokens for tokens, _ in self._piles(group, 0)) - apart < worth:
                continue  # joined they save as much, without a forward for the prefix
            with self._computing():
                cache = prefix_cache(self.model, prefix)
            if cache is None:
                say_once(self.model, "this model's cache is no plain one", "what prompts share is computed for each")
                break
            self.forwarded += len(prefix)
            alone -= set(map(id, group))
            yield len(prefix), lent(cache), group
        yield 0, None, [row for row in rows if id(row) in alone]

    def _piles(self, rows: Sequence[Row], skipped: int) -> list[tuple[int, list[Row]]]:
        """(tokens when joined, rows): those about one text together where the model takes trees, else each alone."""
        limits = (self.longest, window(self.model), position_switch(self.model))
        found = piles(rows, ALIKE, JOINED, min(limit for limit in limits if limit is not None), skipped)
        return found if len(found) < len(rows) and not self._fault() else [(len(row.tokens), [row]) for row in rows]

    def _answers(
        self, batch: Sequence[Row], requests: Sequence[Request], skipped: int, cache: Any
    ) -> list[tuple[int, Answer]]:
        """(index, answer) of every request of the rows, which all begin with the `skipped` tokens in the cache."""
        self.forwarded += sum(len(row.tokens) - skipped for row in batch)
        if self.meter is not None:  # prompts count whole: what is read once here, others would read or bill each time
            self.meter.count(tokens_in=sum(len(row.tokens) + row.saved for row in batch))
        needed = sorted({(at, place) for at, row in enumerate(batch) for _, places in row.asked for place in places})
        wanted = {place: index for index, place in enumerate(needed)}
        logits = self._logits(batch, needed, skipped, cache)
        parts = [  # (request, where in logits, token)
            (index, wanted[at, place], token)
            for at, row in enumerate(batch)
            for index, places in row.asked
            for place, token in zip(places, requests[index][2], strict=True)
        ]
        where = torch.tensor([part[1] for part in parts], device=logits.device)
        tokens = torch.tensor([part[2] for part in parts], device=logits.device)
        scores = (logits[where, tokens] - logits.logsumexp(-1)[where]).tolist()
        greedy = (logits.argmax(-1)[where] == tokens).tolist()
        totals: dict[int, Answer] = {}
        for (index, _, _), score, best in zip(parts, scores, greedy, strict=True):
            total, whole = totals.get(index, (0.0, True))
            totals[index] = (total + score, whole and best)
        return list(totals.items())

    def _logits(
        self, batch: Sequence[Row], wanted: Sequence[tuple[int, int]], skipped: int = 0, cache: Any = None
    ) -> torch.Tensor:
        """Float32 logits (n x vocabulary) of the token after each of the wanted (row, index in its tokens)."""
        device = self.model.device
        width = max(len(row.tokens) for row in batch) - skipped
        ids = torch.tensor([[*row.tokens[skipped:], *[0] * (width + skipped - len(row.tokens))] for row in batch])
        # right padding without a mask: in a causal model no real token sees it
        options: dict[str, Any] = {"use_cache": cache is not None}
        if cache is not None:
            options["past_key_values"] = cache
        if any(row.branches for row in batch):
            seen, positions = seen_by(batch, width, skipped)
            if attention(self.model) != "sdpa":  # what adds the mask to its scores
                dtype = self.model.dtype
                seen = torch.zeros(seen.shape, dtype=dtype).masked_fill(~seen, torch.finfo(dtype).min)
            options |= {"attention_mask": seen.to(device), "position_ids": positions.to(device)}
        places = torch.tensor([[at for at, _ in wanted], [place - skipped for _, place in wanted]], device=device)
        with self._computing(), head_only_at(self.model, places, width):
            return self.model(input_ids=ids.to(device), **options).logits.float()

    @contextlib.contextmanager
    def _computing(self) -> Any:
        with torch.no_grad(), self.autocast(), fast(self.model):
            yield


def _contexts(rows: Sequence[Row]) -> list[tuple[int, ...]]:
    """Of each row what stands before the first token whose logits are needed, and that token."""
    return [row.tokens[: row.first + 1] for row in rows]
