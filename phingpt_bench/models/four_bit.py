"""Whether bitsandbytes multiplies rightly by 4-bit weights on this very device.

It chooses its kernel by the number of rows: one for a single row, others for a few, and from some hundreds on it
de-quantises and calls the library for matrices. On a GPU for which a build was never tried one of them may be wrong
while the others and de-quantisation itself are right (bitsandbytes issue 2087, on a Radeon RX 7900): scores of long
prompts are then right, and written answers, a token at a time, are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phingpt_bench.core.errors import BenchError

ROWS = (1, 8, 64, 600)  # on either side of where the kernels switch: M = 1, up to 8, up to some hundreds, beyond
# the largest relative error: bfloat16 gave 0.0034 on a CPU. Wrong kernels give products that have nothing to do with
# the right ones: about 1.4
TOLERANCE = 0.03
SIDE = 1024  # of the matrix that is tried, at most


def product_errors(device: str, dtype: Any, shape: tuple[int, int] = (SIDE, SIDE)) -> dict[int, float]:
    """By number of rows, the relative error of NF4 products on a device against those with the de-quantised weights.

    shape: (out, in) of the layer; cut to SIDE. Random weights, of which no layer of a model is: a forward may repack.
    """
    import torch
    from bitsandbytes.functional import dequantize_4bit
    from bitsandbytes.nn.modules import Linear4bit

    outs, ins = (min(side, SIDE) for side in shape)
    generator = torch.Generator().manual_seed(0)
    layer: Any = Linear4bit(ins, outs, bias=False, compute_dtype=dtype, quant_type="nf4", compress_statistics=True)
    layer.weight.data = torch.randn(outs, ins, generator=generator).to(dtype)
    layer = layer.to(device)  # quantises
    weight = dequantize_4bit(layer.weight.data, layer.weight.quant_state).float()
    errors = {}
    with torch.no_grad():
        for rows in ROWS:
            inputs = torch.randn(rows, ins, generator=generator).to(device, dtype)
            expected = inputs.float() @ weight.T
            error = float((layer.eval()(inputs).float() - expected).norm() / expected.norm())
            errors[rows] = error if error == error else float("inf")  # not-a-number is no small error
    return errors


def wrong_rows(errors: dict[int, float]) -> list[int]:
    """The numbers of rows whose product is wrong."""
    return [rows for rows, error in errors.items() if error > TOLERANCE]


def check_products(device: str, dtype: Any, shapes: Sequence[tuple[int, int]]) -> None:
    """BenchError if the device multiplies wrongly by weights of 4 bits, in layers of these shapes (out, in)."""
    for outs, ins in sorted({(min(outs, SIDE), min(ins, SIDE)) for outs, ins in shapes}):
        errors = product_errors(device, dtype, (outs, ins))
        if wrong := wrong_rows(errors):
            raise BenchError(
                "bitsandbytes multiplies wrongly by 4-bit weights on '{device}': {rows} rows, relative error "
                "{error:.2g}",
                hint="unpack them once (dequantise: always, four times the memory), or install another version of "
                "bitsandbytes",
                device=device,
                rows=", ".join(map(str, wrong)),
                error=max(errors.values()),
            )
