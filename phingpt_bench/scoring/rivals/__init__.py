"""How other benchmarks score the same raw answers: their rules in our code, from documented behaviour.

    scorer = SCORERS["flare"]
    total = scorer.rows(answers, docs, labels).sum(0)
    scorer.functions[scorer.primary](total)

They are for comparison with published numbers only. docs/compatibility.md says what each gets wrong, in numbers.
"""

from __future__ import annotations

from phingpt_bench.scoring.rivals import fingpt, finlora, flame, flame_ner, flare, flare_ner, helm
from phingpt_bench.scoring.rivals.base import Rival

SCORERS: dict[str, Rival] = {
    scorer.name: scorer
    for scorer in (
        fingpt.FINGPT,
        flare.FLARE,
        flare.FLARE_HEADLINE,
        helm.HELM,
        flame.FLAME,
        flame.FLAME_FOMC,
        finlora.FINLORA,
        finlora.FINLORA_TYPE,
        fingpt.FINGPT_NER,
        flare_ner.FLARE_NER,
        flare_ner.FLARE_LINES,
        flame_ner.FLAME_NER,
    )
}
