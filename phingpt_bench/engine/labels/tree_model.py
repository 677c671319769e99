"""A causal model that reads token trees: its logits at chosen places, and whether it can be trusted with branches."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from phingpt_bench.engine.head import head_only_at
from phingpt_bench.engine.kernels import fastest_kernels
from phingpt_bench.engine.labels.attention import tree_attention
from phingpt_bench.engine.labels.tree import TokenTree, label_tree, separate_rows
from phingpt_bench.engine.model_facts import attention, attention_window, log_once, needs_whole_prompts, without_peft
from phingpt_bench.engine.prefix_cache import cache_view, prefix_cache

# the check of tree attention: tokens of its context, and of each of its two branches
CHECK_CONTEXT, CHECK_BRANCH = 5, 2

_faults: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()  # model -> why no trees, "" if allowed


@dataclass(frozen=True, slots=True)
class CachedPrefix:
    """What every row of a group begins with: its tokens, and a cache of their keys and values for any batch."""

    tokens: tuple[int, ...] = ()
    cache: Any = None

    def __len__(self) -> int:
        return len(self.tokens)


NO_PREFIX = CachedPrefix()


@dataclass(frozen=True, slots=True)
class TreeModel:
    """model: with its active adapter. autocast: makes the context for each forward."""

    model: Any
    max_length: int
    autocast: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext

    def logits(
        self, batch: Sequence[TokenTree], places: Sequence[tuple[int, int]], prefix: CachedPrefix = NO_PREFIX
    ) -> torch.Tensor:
        """Float32 logits (n x vocabulary) of the token after each of the n `places`: (row, index in its tokens)."""
        device, cached = self.model.device, len(prefix)
        width = max(len(tree.tokens) for tree in batch) - cached
        ids = torch.tensor([[*tree.tokens[cached:], *[0] * (width + cached - len(tree.tokens))] for tree in batch])
        # right padding without a mask: in a causal model no real token sees it
        options: dict[str, object] = {"use_cache": prefix.cache is not None}
        if prefix.cache is not None:
            options["past_key_values"] = prefix.cache
        if any(tree.branches for tree in batch):
            mask, positions = tree_attention(batch, width, cached)
            options |= {"attention_mask": self._as_taken(mask).to(device), "position_ids": positions.to(device)}
        needed = torch.tensor([[row for row, _ in places], [place - cached for _, place in places]], device=device)
        with self._computing(), head_only_at(self.model, needed, width):
            logits: torch.Tensor = self.model(input_ids=ids.to(device), **options).logits
            return logits.float()

    def cached(self, tokens: tuple[int, ...]) -> CachedPrefix | None:
        """The prefix `tokens`, computed; None, with the reason in the log, where its cache cannot be reused exactly."""
        with self._computing():
            cache = prefix_cache(self.model, tokens)
        if cache is None:
            reason = "this model's cache is not one of all keys and values"
            log_once(self.model, reason, "what prompts share is computed for each of them")
            return None
        return CachedPrefix(tokens, cache_view(cache))

    def may_branch(self, length: int) -> bool:
        """Whether a row of this length may have branches; the first time that it may not, the reason is logged."""
        fault = self.tree_fault()
        window = attention_window(self.model)
        if not fault and window is not None and length > window:
            fault = f"prompts are longer than its attention window of {window} tokens"
            log_once(self.model, fault)
        return not fault

    def tree_fault(self) -> str:
        """Why tree attention is not exact with this model, "" where it is; tried out once for each model."""
        if reason := needs_whole_prompts(self.model):
            return log_once(self.model, reason)
        key = without_peft(self.model)
        if key not in _faults:
            _faults[key] = self._check_trees()
            if _faults[key]:
                log_once(self.model, _faults[key])
        return _faults[key]

    def _check_trees(self) -> str:
        """What is wrong with the logits of two branches in one row, compared with two rows; "" where nothing is."""
        if attention(self.model) not in ("sdpa", "eager"):
            return f"attention {attention(self.model)!r} does not take our mask"
        context, labels = self._check_tokens()
        pairs = list(enumerate(labels))
        together, apart = label_tree(context, pairs), separate_rows(context, pairs, self.max_length)
        places = {query.request: query.places for query in together.queries}
        try:
            ours = self.logits([together], [(0, place) for request in (0, 1) for place in places[request]])
        except Exception as error:  # any error on a mask or on position ids that the model does not accept
            return f"its forward refuses the mask ({type(error).__name__})"
        own = {query.request: (row, query.places) for row, tree in enumerate(apart) for query in tree.queries}
        theirs = self.logits(apart, [(own[request][0], place) for request in (0, 1) for place in own[request][1]])
        # below float32: the difference that a batch's shape makes
        full_precision = all(one.dtype in (torch.float32, torch.float64) for one in self.model.parameters())
        allowed = (1e-3 if full_precision else 5e-2) * float(theirs.std())
        difference = float((ours - theirs).square().mean().sqrt())
        return "" if difference <= allowed else "it gives branches of one row other scores than rows of their own"

    def _check_tokens(self) -> tuple[list[int], list[list[int]]]:
        """(context, two labels): ids spread over the vocabulary, away from the special tokens."""
        size = without_peft(self.model).config.get_text_config().vocab_size
        step = max(1, (size - 100) // (CHECK_CONTEXT + 2 * CHECK_BRANCH + 1))
        ids = [(100 + at * step) % size for at in range(CHECK_CONTEXT + 2 * CHECK_BRANCH + 2)]
        end = CHECK_CONTEXT + CHECK_BRANCH + 1
        return ids[:CHECK_CONTEXT], [ids[CHECK_CONTEXT:end], ids[end:]]

    def _as_taken(self, mask: torch.Tensor) -> torch.Tensor:
        """The boolean mask in the form of this model's attention: as it is for sdpa, as addends for eager."""
        if attention(self.model) == "sdpa":
            return mask
        dtype = self.model.dtype
        return torch.zeros(mask.shape, dtype=dtype).masked_fill(~mask, torch.finfo(dtype).min)

    @contextlib.contextmanager
    def _computing(self) -> Iterator[None]:
        with torch.no_grad(), self.autocast(), fastest_kernels(self.model):
            yield
