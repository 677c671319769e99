"""Served bases of a suite: what is known about them before they run, and which form of each task they get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.protocol import CHOSEN
from phingpt_bench.core.records import Model
from phingpt_bench.core.sentences import sentence
from phingpt_bench.cost.prices import ApiPrice, load_prices
from phingpt_bench.evaluate.tasks import Tasks
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.models import adapter
from phingpt_bench.served import launch
from phingpt_bench.served.bill import price_of
from phingpt_bench.served.facts import Facts
from phingpt_bench.served.opened import Opened, open_served
from phingpt_bench.served.spec import ServedAdapter, ServedSpec
from phingpt_bench.served.thinking import check_thinking, check_thinks
from phingpt_bench.served.weights import Weights, weights_of

GEN = "_gen"  # the ending of a task's written form


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedFacts:
    """The facts of a served base for a plan.

    identity: as in its records. adapters: the identity with each adapter, by served name.
    forms: for each task of the suite, the task that is run instead.
    variants: the suite's variants, as this engine can run them.
    opened: the server, if it had to be probed. notes: remarks for the plan.
    price: of its tokens, as far as the price card knows the name that is asked for.
    """

    identity: Model
    adapters: Mapping[str, Model]
    forms: Mapping[str, str]
    variants: tuple[Variant, ...]
    opened: Opened | None = None
    notes: tuple[str, ...] = field(default_factory=tuple)
    price: ApiPrice | None = None


def served_facts(
    spec: ServedSpec, asked: Sequence[str], variants: Sequence[Variant], known: Tasks, *, fetch: bool
) -> ServedFacts:
    """The facts of a served base. A running server is probed here, since its abilities decide which tasks it gets.

    fetch: whether it may be probed; otherwise labels count as comparable if they can be in principle. BenchError if the
    probe fails, for a task without the written form that is needed, and for a price that the card does not have.
    """
    opened: Opened | None = None
    thinking = any(variant.thinking is not None for variant in variants)
    if thinking:
        check_thinks(spec)
    card = load_prices()
    price = price_of(spec, card)  # a wrong name should be known before anything is asked and paid
    lines: list[str] = []
    if fetch and (thinking or not spec.chat) and not spec.started_here:
        opened = open_served(spec, lines.append)
        if thinking:
            check_thinking(opened)
    exact = not spec.chat and (opened is None or opened.found[opened.base].exact)
    compared = spec.labels != "written" and (exact or spec.labels == "bounded") and not spec.chat
    forms = {name: name if compared else written_form(name, known) for name in asked}
    turned = [f"{name} -> {form}" for name, form in forms.items() if form != name]
    if turned:
        why = sentence("chat models write") if spec.chat else sentence("this engine cannot compare labels exactly")
        why = sentence("asked for") if spec.labels == "written" else why
        lines.append(
            sentence("{name}: labels are written ({why}): {tasks}", name=spec.title, why=why, tasks=", ".join(turned))
        )
    own = tuple(variants)
    if spec.chat and any(not variant.chat_template for variant in variants):
        own = tuple(dict.fromkeys(replace(variant, chat_template=True) for variant in variants))
        lines.append(sentence("{name}: a chat endpoint always uses its chat template", name=spec.title))
    if price is not None:
        lines.append(
            sentence(
                "{name}: billed by tokens, ${read:g} a million read and ${written:g} written ({entry}, card of {date})",
                name=spec.title,
                read=price.usd_per_million_in,
                written=price.usd_per_million_out,
                entry=price.id,
                date=card.date,
            )
        )
    sold = [one.id for one in card.api if spec.model in one.ids]
    if sold and not spec.started_here and priced_by_time(spec):
        lines.append(
            sentence(
                "{name}: an address of this machine, so it costs the time here; price={entry} bills its tokens",
                name=spec.title,
                entry=sold[0],
            )
        )
    identity = identity_of(spec, opened, fetch=fetch)
    return ServedFacts(
        identity=identity,
        adapters={one.name: tuned(identity, one) for one in spec.adapters},
        forms=forms, variants=own, opened=opened, notes=tuple(lines), price=price,
    )  # fmt: skip


def priced_by_time(spec: ServedSpec) -> bool:
    """Whether the price is that of this machine's time, as for an engine on it, where it is known what it works on."""
    return spec.price is None and spec.here and launch.device() is not None


def written_form(name: str, known: Tasks) -> str:
    """The form of a task in which the model writes the answer; BenchError for a task of labels without one."""
    if known[name].extraction != CHOSEN:
        return name
    form = name + GEN
    try:
        known[form]
    except BenchError:
        raise BenchError(
            "task '{name}' compares labels, which this model cannot do, and there is no task '{form}'",
            hint="write it (docs/add-a-task.md), or use a model with log-probabilities",
            name=name,
            form=form,
        ) from None
    return form


def identity_of(spec: ServedSpec, opened: Opened | None, *, fetch: bool) -> Model:
    """The model of a served base, as far as known; the version is only known once the engine has started."""
    facts = None if opened is None else opened.facts
    weights = None if opened is None else opened.weights
    if weights is None and spec.started_here:
        weights = weights_of(spec.model, fetch=fetch)
    # a hosted model gets its host's name, since several hosts may offer it; addresses of other servers are not stored
    plain = f"{(spec.root or '').split('://')[-1]}/{spec.model}" if spec.hosted else spec.model
    dtype = launch.dtype_of(spec) if spec.started_here else spec.dtype or (facts.dtype if facts else None)
    return Model(
        name=spec.title,
        kind="base",
        base=weights.name if weights is not None else plain,
        base_revision=None if weights is None else weights.digest,
        quantisation=spec.quantisation or _first(weights, facts, "quantisation"),
        compute_dtype=dtype,
        engine=facts.engine if facts else spec.engine,
        engine_version=facts.version if facts else None,
        parameters=_first(weights, facts, "parameters"),
    )


def _first(weights: Weights | None, facts: Facts | None, name: str) -> Any:
    """The value in the weights' folder, otherwise the server's."""
    return getattr(weights, name, None) or getattr(facts, name, None)


def tuned(identity: Model, one: ServedAdapter) -> Model:
    """The base with an adapter: by its card if its folder is available, otherwise by its served name."""
    plain = replace(identity, kind="tuned", adapter=one.name)
    if one.path is None:
        return replace(plain, trained_elsewhere=True)
    card = adapter.card_of(one.path)
    plain = replace(plain, adapter_digest=adapter.adapter_digest(one.path, card), trained_elsewhere=card is None)
    if card is None:
        return plain
    return replace(
        plain, recipe_digest=adapter.recipe_digest(card), training_seed=card.seed, training_limit=card.limit,
        adapter_parameters=card.parameters,
    )  # fmt: skip


def card_of(one: ServedAdapter) -> adapter.AdapterCard | None:
    """The card of an adapter, if its folder is available and has one."""
    return None if one.path is None else adapter.card_of(one.path)


def server_digest(spec: ServedSpec) -> str | None:
    """A digest of a server's address, to tell two of them apart; None of an engine that is started here."""
    return None if spec.started_here or spec.root is None else digest(spec.root)


def asked_digest(spec: ServedSpec) -> str:
    """A digest of what determines a served model's answers besides its weights and the task."""
    return digest([spec.engine, spec.labels, spec.max_gen_toks, spec.think_end_token, spec.max_length, spec.tokenizer])
