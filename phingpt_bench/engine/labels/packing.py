"""Questions about one text packed into one row, so that the text is read once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from phingpt_bench.engine.labels.tree import TokenTree
from phingpt_bench.engine.prefix import common_prefix_length

MIN_SHARED = 16  # tokens that contexts must share at their beginning to be packed
MAX_ADDED = 512  # tokens that the others add to the first tree of a pack: the share of attention grows with them


@dataclass(slots=True)
class Pack:
    """Trees that are to be merged into one row.

    tokens: of the merged row. first: of the first tree alone.
    """

    trees: list[TokenTree]
    tokens: int
    first: int

    @classmethod
    def of_one(cls, tree: TokenTree) -> Pack:
        """A pack of a single tree."""
        return cls([tree], len(tree.tokens), len(tree.tokens))


def packed(
    trees: Iterable[TokenTree], *, max_tokens: int, min_shared: int, max_added: int, cached: int = 0
) -> list[Pack]:
    """Greedy packing: trees in lexical order of their contexts; each joins the previous pack if possible.

    It joins if its context shares enough tokens with the previous context, and the pack does not become too long.
    Contexts of one text are adjacent in lexical order, so one pass finds them:

        text A, entity 1   aaaaaaaaaaaa11
        text A, entity 2   ............22    shares 12 tokens with the row above: same pack, 2 tokens more
        text A, entity 3   ............33    the same
        text B, entity 1   bbbbbbbbbbbb11    shares none: next pack

        as rows            aaaaaaaaaaaa112233
                           bbbbbbbbbbbb11

    In the first row the attention mask lets 2 2 see the text and itself, but not 1 1 (labels/attention.py).

    Args:
        trees: in any order.
        max_tokens: the most tokens that a pack may have; a longer tree is a pack by itself.
        min_shared: the least number of tokens that a context shares with the previous one, after the cached ones.
        max_added: the most tokens that a pack may have beyond those of its first tree.
        cached: the number of tokens at the start of all contexts whose keys and values are cached; they do not count as
            shared.
    """
    packs: list[Pack] = []
    before: tuple[int, ...] = ()
    for tree in sorted(trees, key=lambda tree: tree.tokens[: tree.trunk]):
        context = tree.tokens[: tree.trunk]
        shared = common_prefix_length(context, before)
        before = context
        if packs and shared - cached >= min_shared:
            last = packs[-1]
            tokens = last.tokens + len(tree.tokens) - shared
            if tokens <= min(last.first + max_added, max_tokens):
                last.trees.append(tree)
                last.tokens = tokens
                continue
        packs.append(Pack.of_one(tree))
    return packs
