"""The seller of a server's tokens, and its entry in the price card."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.cost.prices import ApiPrice, PriceCard
from phingpt_bench.served.spec import ServedSpec

# the sellers in the price card, by the end of their servers' names
SELLERS = {
    "api.openai.com": "OpenAI",
    "api.anthropic.com": "Anthropic",
    "api.deepseek.com": "DeepSeek",
    "api.together.xyz": "Together AI",
    "api.together.ai": "Together AI",
    "api.deepinfra.com": "DeepInfra",
    "generativelanguage.googleapis.com": "Google",
    "api.cohere.com": "Cohere",
}


def seller(spec: ServedSpec) -> str | None:
    """The seller of a server's tokens; None for your own server or an unknown seller."""
    host = urlsplit(spec.root or "").hostname or ""
    return next((name for end, name in SELLERS.items() if host == end or host.endswith(f".{end}")), None)


def price_of(spec: ServedSpec, card: PriceCard, models: Iterable[str] = ()) -> ApiPrice | None:
    """The entry that a spec names, else that of its seller for the model; None if the card has none: never a guess.

    models: what the server calls the model that answered, tried after the name that was asked for. BenchError for an
    entry that the card does not have.
    """
    if spec.price is not None:
        found = next((price for price in card.api if price.id == spec.price), None)
        if found is None:
            raise unknown(
                sentence("price of an API"),
                spec.price,
                [price.id for price in card.api],
                where=sentence("price in --model-args"),
            )
        return found
    own = [price for price in card.api if price.host == seller(spec)]
    for name in (spec.model, *models):
        fitting = [price for price in own if name in price.ids]
        if len(fitting) > 1:
            raise BenchError(
                "the price card has {n} prices for {name}", hint="name one: price=ID", n=len(fitting), name=name
            )
        if fitting:
            return fitting[0]
    return None
