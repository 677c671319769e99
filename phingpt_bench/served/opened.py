"""Opening a served base: started if needed, checked and probed before the first score."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError, first_line
from phingpt_bench.core.paths import expanded
from phingpt_bench.core.sentences import joined, sentence
from phingpt_bench.models import embedded
from phingpt_bench.served import launch
from phingpt_bench.served.connection import Connection, dialect
from phingpt_bench.served.dialects.base import Dialect, Writing
from phingpt_bench.served.facts import Facts, facts_of
from phingpt_bench.served.ladder import PROMPTS, Found, climb, encode
from phingpt_bench.served.resume import Kept
from phingpt_bench.served.spec import ServedSpec
from phingpt_bench.served.weights import Weights, weights_of

Report = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class Opened:
    """A server of a base and its adapters.

    found: its abilities by served name, the base first. context: tokens of prompt and answer, None if unknown.
    weights: of the base's folder, where that lies on this machine.
    """

    spec: ServedSpec
    link: Connection
    facts: Facts
    weights: Weights | None
    tokenizer: Any = None
    server: launch.Server | None = None
    found: dict[str, Found] = field(default_factory=dict)
    identity: dict[str, object] = field(default_factory=dict)

    @property
    def context(self) -> int | None:
        """The maximum number of tokens of prompt and answer together."""
        return self.spec.max_length or self.facts.context

    def dialect(self, name: str) -> Dialect:
        """The dialect for a served name."""
        return dialect(self.spec, name, self.base)

    @property
    def base(self) -> str:
        """The served name of the base."""
        return self.spec.title if self.spec.started_here else self.spec.model

    def keep(self, folder: Path, file: str, name: str, again: str | None = None) -> None:
        """Store the answers of a served name in a folder, and use existing ones.

        file: start of the file name. again: as in `Kept`.
        """
        plain = f"{file}-{name}".lower()
        file = "".join(letter if letter.isalnum() or letter in ".-" else "-" for letter in plain)
        found = self.found[name]
        self.link.kept = Kept(folder / f"{file}.jsonl", {**self.identity, "model": name}, found.numbers, again)

    def close(self) -> None:
        """End the engine if it was started here."""
        if self.server is not None:
            self.server.stop()
            self.server = None


def open_served(spec: ServedSpec, report: Report = lambda line: None, *, pause: float | None = None) -> Opened:
    """Start or reach the server, and probe what it can do; `report` gets the result line by line.

    BenchError if it cannot be reached, does not serve a name, counts the tokens of a probe differently from
    the tokenizer, or answers equally with and without an adapter. pause: before the first retry, for tests.
    """
    server, weights = None, _weights(spec, spec.model if spec.started_here else None)
    root = spec.root
    if root is None:
        assert weights is not None
        server = launch.start(spec, weights, spec.title)
        root = server.root
        report(
            sentence(
                "{engine} serves {name} after {seconds:.0f} s",
                engine=spec.engine,
                name=spec.title,
                seconds=server.seconds,
            )
        )
    try:
        opened = _reach(spec, root, server, weights, report, pause)
        _probe(opened, report)
    except BaseException:
        if server is not None:
            server.stop()
        raise
    return opened


def _reach(
    spec: ServedSpec, root: str, server: launch.Server | None, weights: Weights | None, report: Report,
    pause: float | None,
) -> Opened:  # fmt: skip
    link = Connection(spec, root, pause=pause)
    link.client.report = report
    answers: list[Facts] = []

    async def look() -> None:
        answers.append(await facts_of(_as_served(spec), link.client))

    link.run([look])
    facts = answers[0]
    if weights is None and facts.root:
        weights = _weights(spec, facts.root)
    opened = Opened(spec=spec, link=link, facts=facts, weights=weights, server=server)
    if not spec.chat:
        opened.tokenizer = _tokenizer(spec, weights)
    return opened


def _as_served(spec: ServedSpec) -> ServedSpec:
    """The spec with the served name of its base: an engine started here serves a folder under its title."""
    return dataclasses.replace(spec, model=spec.title) if spec.started_here else spec


def _weights(spec: ServedSpec, root: str | None) -> Weights | None:
    if root is None:
        return None
    try:
        return weights_of(root)
    except (BenchError, OSError, ValueError):
        if spec.started_here:
            raise
        return None  # a folder of another machine with the same name


def _tokenizer(spec: ServedSpec, weights: Weights | None) -> Any:
    """The tokenizer that is named, otherwise that of the weights on this machine; None if there is none."""
    from transformers import AutoTokenizer

    if spec.tokenizer is not None:
        own = embedded.MODELS.get(spec.tokenizer)
        source = own.source() if own else str(expanded(spec.tokenizer))
        source = source if Path(source).is_dir() else spec.tokenizer
    elif weights is not None:
        source = str(weights.folder or weights.name)
    else:
        return None
    try:
        return AutoTokenizer.from_pretrained(source, revision=spec.revision)
    except (OSError, ValueError) as err:
        if spec.tokenizer is None:
            return None
        raise BenchError(
            "no tokenizer '{tokenizer}' ({reason})",
            hint="tokenizer=FOLDER_OR_ID",
            tokenizer=spec.tokenizer,
            reason=first_line(err),
        ) from None


def _probe(opened: Opened, report: Report) -> None:
    """What base and adapters can do, and what is wrong with them."""
    spec, link = opened.spec, opened.link

    async def base() -> None:
        if opened.tokenizer is not None:
            await _same_count(opened)
        opened.found[opened.base] = await climb(link, opened.dialect(opened.base), opened.tokenizer)
        await _streams(opened)

    async def adapter(name: str) -> None:
        opened.found[name] = await climb(link, opened.dialect(name), opened.tokenizer)

    link.run([base])
    for one in spec.adapters:
        link.run([functools.partial(adapter, one.name)])
    _differ(opened, report)
    facts, found = opened.facts, opened.found[opened.base]
    engine = " ".join(filter(None, [facts.engine, facts.version]))
    report(f"{engine}: {opened.base}" + "".join(f", {one.name}" for one in spec.adapters))
    for line in found.lines():
        report(joined(("  ", line), ""))
    if link.dropped:
        names = ", ".join(sorted(link.dropped))
        report(sentence("  not sent any more, as the model refuses it: {names}", names=names))
    opened.identity = {"engine": facts.engine, "version": facts.version, "host": link.client.host, "root": facts.root}


async def _same_count(opened: Opened) -> None:
    """BenchError if the server counts other tokens in a prompt than the tokenizer: labels would be cut wrongly."""
    reply = await opened.link.write(opened.dialect(opened.base), PROMPTS[0], Writing(most=1))
    ours, theirs = len(encode(opened.tokenizer, PROMPTS[0])), reply.usage.tokens_in
    if theirs is not None and theirs != ours:
        raise BenchError(
            "the server counts {theirs} tokens in a prompt where the tokenizer finds {ours}",
            where=opened.link.client.root,
            hint="give the tokenizer of the served model: tokenizer=FOLDER_OR_ID in --model-args",
            theirs=theirs,
            ours=ours,
        )


async def _streams(opened: Opened) -> None:
    """Stream from now on where the server can, and counts tokens then too."""
    link, way = opened.link, opened.dialect(opened.base)
    if opened.spec.stream == "no":
        return
    prompt: Any = [{"role": "user", "content": PROMPTS[0]}] if way.chat else PROMPTS[0]
    link.streams = link.client.probing = True
    try:
        reply = await link.write(way, prompt, Writing(most=max(16, opened.spec.max_gen_toks or 0)))
        link.streams = reply.first is not None and reply.usage.tokens_out is not None
    except BenchError:  # it does not stream: answers come whole
        link.streams = False
    finally:
        link.client.probing = False


def _differ(opened: Opened, report: Report) -> None:
    """BenchError if an adapter's log-probabilities are the base's to the last bit: it was not applied."""
    base = opened.found[opened.base]
    for one in opened.spec.adapters:
        own = opened.found[one.name]
        if own.numbers and own.numbers == base.numbers:
            raise BenchError(
                "adapter '{name}' answers the probe exactly like the base: the server does not apply it",
                where=opened.link.client.root,
                hint="see how the server was started (--lora-modules), and that the adapter is trained",
                name=one.name,
            )
        if not own.numbers and own.words == base.words:
            report(
                sentence(
                    "  note: {name} wrote the base's answers to the probe; without log-probabilities no more is known",
                    name=one.name,
                )
            )
