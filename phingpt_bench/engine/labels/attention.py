"""Tree attention: each token of a packed row sees the tokens above it in its tree, and nothing else.

For the tree of labels/tree.py with two branches, "very" (10) and "rather" (11) after the context 0 ... 9:

             0 ... 9  10  11     position id
    0 to 9   (triangle)          0 to 9
    10       x ... x   x         10
    11       x ... x       x     10
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from phingpt_bench.engine.labels.tree import TokenTree


def tree_attention(batch: Sequence[TokenTree], width: int, cached: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(mask, position ids) of a batch.

    mask: which keys each token sees, as booleans (rows x 1 x width x cached + width). position ids (rows x width): the
    place that a token would have in a row of its own.

    Args:
        batch: one tree a row.
        width: tokens of a row that are forwarded, padding included.
        cached: tokens in front of every row whose keys and values are cached.
    """
    # numpy: an assignment of one row costs a twentieth of torch's, and a batch has thousands of nodes
    mask = np.ones((len(batch), 1, width, cached + width), dtype=bool)
    mask[..., cached:] = np.tri(width, dtype=bool)
    positions = np.tile(np.arange(cached, cached + width), (len(batch), 1))
    for tree, seen, places in zip(batch, mask[:, 0, :, cached:], positions, strict=True):
        places[len(tree.tokens) - cached :] = 0  # padding: some models have no position beyond their longest row
        for node, parent in enumerate((one - cached for one in tree.parents), start=tree.trunk - cached):
            seen[node] = seen[parent]
            seen[node, node] = True
            places[node] = places[parent] + 1
    return torch.from_numpy(mask), torch.from_numpy(positions)
