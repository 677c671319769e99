"""What a piece of work cost, and at which price: the ledgers of a record (cost/ledger.py measures them)."""

from __future__ import annotations

from dataclasses import dataclass

from phingpt_bench.core.declared import Amount, Count
from phingpt_bench.core.machine import Machine

PARAPHRASES = "paraphrases"  # the phase in which paraphrased prompts were asked
COMBINING = "combine"  # the phase in which a run was combined with baselines: validation rows asked, parts fitted
WARM_UP = "warm-up"  # the phase of costs that only the first run of a task in a process has: imports, reading the rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price in a ledger: `count` units of an entry of a price card."""

    card: str | None = None
    """The date of the price card."""

    entry: str
    """The entry of the price card."""

    count: Count
    """Units of the entry, such as cores."""

    usd_per_hour: Amount
    """Price of all units together."""

    source: str | None = None
    """Where the price was read."""

    read_on: str | None = None
    """Date of reading, ISO 8601."""

    assumption: str | None = None
    """What the price assumes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPrice:
    """The price of a hosted model's tokens: USD per million."""

    card: str | None = None
    """The date of the price card."""

    entry: str
    """The entry of the price card."""

    usd_per_million_in: Amount
    """Price of prompt tokens."""

    usd_per_million_out: Amount
    """Price of answer tokens."""

    usd_per_million_cached: Amount | None = None
    """Price of prompt tokens that the host had cached; None: the price of other prompt tokens."""

    source: str | None = None
    """Where the price was read."""

    read_on: str | None = None
    """Date of reading, ISO 8601."""

    assumption: str | None = None
    """What the price assumes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What a piece of work cost. None means not measured, never zero."""

    seconds: dict[str, Amount]
    """Seconds by phase: "load", "train", "evaluate" ..."""

    tokens_in: Count | None = None
    """Tokens of prompts."""

    tokens_out: Count | None = None
    """Tokens of answers."""

    tokens_cached: Count | None = None
    """The part of tokens_in that a server reports as cached."""

    peak_host_bytes: Count | None = None
    """Peak main memory of the process."""

    peak_gpu_bytes: Count | None = None
    """Peak memory of the GPUs."""

    usd: Amount | None = None
    """Cost, computed from `price` or `token_price`."""

    price: Price | None = None
    """The price of a machine."""

    token_price: TokenPrice | None = None
    """The price of a hosted model, instead of a machine's price."""

    machine: Machine | None = None
    """Where the work was done."""

    joules: dict[str, Amount] | None = None
    """Energy by phase, of the parts that `energy_method` names: possibly the GPUs alone."""

    energy_method: str | None = None
    """"nvml-counter", "nvml-sampled", "rapl", joined by "+": cost/energy.py."""

    flops: Amount | None = None
    """Computed from the counted tokens, never measured: cost/flops.py."""
