"""Token trees: a context and all of its continuations as one row of tokens, read by one forward pass.

For the context "News: ... Sentiment:" and the labels " positive", " very good", " very bad":

    token      News    :   ...  Sentiment   :    very
    index        0     1   ...      8       9     10
    follows      -     0   ...      7       8      9

A node is a token that follows those above it. The last token of a label needs no node, since its probability is
read from the logits of the token before it: here three labels of one and two tokens need one node in addition to the
context.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Query(NamedTuple):
    """One continuation that a tree scores.

    request: the index of the request. places: for each token of the continuation, the index in the tree of the token
    before it, whose logits give its probability.
    """

    request: int
    places: tuple[int, ...]


class TokenTree(NamedTuple):
    """Tokens that are forwarded as one row, and the requests that they answer.

    tokens: the trunk (a context, each token following the one before), then the other nodes, parents first.
    parents: for each node after the trunk, the index in `tokens` of the token that it follows.
    queries: what is read from the logits.
    saved: the tokens that separate rows for each context would have had in addition.
    """

    tokens: tuple[int, ...]
    parents: tuple[int, ...]
    queries: tuple[Query, ...]
    saved: int = 0

    @property
    def trunk(self) -> int:
        """The number of tokens before the nodes in `parents`."""
        return len(self.tokens) - len(self.parents)

    @property
    def branches(self) -> bool:
        """Whether some node does not follow the token before it, so that an attention mask is needed."""
        return any(parent != self.trunk + at - 1 for at, parent in enumerate(self.parents))

    @property
    def places(self) -> int:
        """How many places have logits that are needed."""
        return len({place for query in self.queries for place in query.places})

    @property
    def first_needed(self) -> int:
        """The first place whose logits are needed or where the tree branches. A cached prefix ends before it."""
        return min(*(place for query in self.queries for place in query.places), *self.parents, len(self.tokens))


class TreeBuilder:
    """A tree that grows. A node is named by the index of its token; -1 is the place before the first token."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.parents: list[int] = []
        self._nodes: dict[tuple[int, int], int] = {}  # (parent, token) -> node

    def add(self, parent: int, token: int) -> int:
        """The node of `token` after `parent`: the one that exists already, or a new one."""
        key = (parent, token)
        if key not in self._nodes:
            self._nodes[key] = len(self.tokens)
            self.tokens.append(token)
            self.parents.append(parent)
        return self._nodes[key]

    def built(self, trunk: int, queries: Iterable[Query], saved: int = 0) -> TokenTree:
        """The tree, whose first `trunk` tokens were added one after another."""
        return TokenTree(tuple(self.tokens), tuple(self.parents[trunk:]), tuple(queries), saved)


def label_tree(context: Sequence[int], continuations: Iterable[tuple[int, Sequence[int]]]) -> TokenTree:
    """One tree for all continuations of a context, given as (index of the request, tokens)."""
    builder, queries = TreeBuilder(), []
    for at, token in enumerate(context):
        builder.add(at - 1, token)
    for request, continuation in sorted(continuations, key=_longest_first):
        places = [len(context) - 1]
        for token in continuation[:-1]:
            places.append(builder.add(places[-1], token))
        queries.append(Query(request, tuple(places)))
    return builder.built(len(context), queries)


def merged(trees: Sequence[TokenTree]) -> TokenTree:
    """One tree for several, with their shared beginning only once."""
    if len(trees) == 1:
        return trees[0]
    builder, queries = TreeBuilder(), []
    for tree in trees:
        trunk = tree.trunk
        nodes: list[int] = []  # of the tree's tokens, in the merged one
        for at, token in enumerate(tree.tokens):
            parent = at - 1 if at < trunk else tree.parents[at - trunk]
            nodes.append(builder.add(nodes[parent] if parent >= 0 else -1, token))
        queries += [Query(request, tuple(nodes[place] for place in places)) for request, places in tree.queries]
    saved = sum(len(tree.tokens) for tree in trees) - len(builder.tokens)
    return builder.built(trees[0].trunk, queries, saved)


def separate_rows(
    context: Sequence[int], continuations: Iterable[tuple[int, Sequence[int]]], max_length: int
) -> list[TokenTree]:
    """One row for each branch, without any mask; of a row beyond `max_length` tokens the last ones, as in HFLM.

    Two continuations share a row where one continues from the other, unless tokens were cut off on the left.
    """
    rows: list[tuple[tuple[int, ...], list[Query]]] = []
    for request, continuation in sorted(continuations, key=_longest_first):
        whole = (*context, *continuation[:-1])
        end = min(len(whole), max_length)
        fitting = (
            queries
            for tokens, queries in rows
            if tokens == whole[-max_length:] or (len(tokens) < max_length and tokens[: len(whole)] == whole)
        )
        queries = next(fitting, None)
        if queries is None:
            queries = []
            rows.append((whole[-max_length:], queries))
        queries.append(Query(request, tuple(range(end - len(continuation), end))))
    return [TokenTree(tokens, (), tuple(queries)) for tokens, queries in rows]


def _longest_first(pair: tuple[int, Sequence[int]]) -> tuple[int, Sequence[int]]:
    """Sort key: of a label and a longer one that begins with it, the longer one makes the nodes of both."""
    _, continuation = pair
    return -len(continuation), continuation
