"""A lexicon with negation as a baseline: rules that a person can check, in English and Spanish.

The words are this project's own. A text's sum is that of its hits:

1. A polar word counts +1 or -1: "strong", "fraud".
2. A direction word (rose, fell) near a subject counts as the direction of what is good: "sales rose" +1, "loss
   narrowed" +1, "costs rose" -1. Without a subject within NEAR words it counts as it is.
3. A negation within REACH words before a hit reverses it: "did not improve" -1.

Above 0 is positive, below 0 negative, and 0 neutral.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

NEAR, REACH = 6, 3  # words
SENTIMENT = ("negative", "neutral", "positive")  # the labels that it knows, in any order


def plain(text: str) -> str:
    """The text in lower case and without accents, which many Spanish texts leave out."""
    parts = unicodedata.normalize("NFD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


def _words(text: str) -> frozenset[str]:
    return frozenset(plain(text).split())


POSITIVE = _words("""
    good better best strong stronger strongest robust solid record successful success succeed succeeded win
    wins won winning award awarded beat beats exceed exceeded exceeds exceeding outperform outperformed
    outperforms upgrade upgraded upgrades benefit benefits benefited profitable profitability favorable
    favourable positive optimistic improve improves improved improving improvement boost boosts boosted
    boosting recovery recovered rebound rebounded gain gains gained bullish buy approval approved breakthrough
    efficient savings attractive confident bueno buena mejor mejores fuerte fuertes solido solida exito
    exitoso exitosa gana gano ganan premio supera supero superan rentable positivo positiva optimista mejora
    mejoro mejoran mejoras impulsa impulso recuperacion recupera recupero aprobado aprobada aprobacion ahorro
    atractivo
""")
NEGATIVE = _words("""
    bad worse worst weak weaker weakest poor fraud bankruptcy bankrupt insolvency default defaulted layoff
    layoffs redundancies dismiss dismissed strike lawsuit sued sues fined penalty warning warned warns
    downgrade downgraded downgrades miss missed misses disappointing disappointed negative pessimistic crisis
    recession slump slumped plunge plunged plummet plummeted crash crashed collapse collapsed bearish sell
    problem problems trouble troubled difficult difficulties delay delayed recall suspended suspend closure
    closing impairment writedown investigation scandal breach deteriorate deteriorated malo mala peor peores
    debil debiles fraude quiebra insolvencia impago despidos despide despedir huelga demanda multa sancion
    advierte advertencia decepcionante negativo negativa pesimista recesion desplome desploma hundimiento
    colapso problema problemas dificultades retraso retrasa suspende suspendido cierre deterioro investigacion
    escandalo
""")
UP = _words("""
    rise rises rose risen rising increase increases increased increasing grow grows grew grown growing growth
    climb climbed climbs jump jumped jumps soar soared soars surge surged surges higher up expand expanded
    expands double doubled advance advanced widen widened widens sube suben subio subieron aumenta aumentan
    aumento aumentaron crece crecen crecio crecieron crecimiento alza eleva elevo dispara disparo avanza
    avanzo duplica duplico amplia
""")
DOWN = _words("""
    fall falls fell fallen falling decrease decreases decreased decreasing decline declines declined declining
    drop drops dropped dropping shrink shrank shrunk lower down reduce reduced reduces cut cuts halve halved
    slip slipped slips slide slid narrow narrowed narrows ease eased baja bajan bajaron disminuye disminuyen
    disminuyo cae caen cayo cayeron caida descenso desciende descendio redujo reducen recorta recorto menores
    retrocede retrocedio estrecha estrecho
""")
GOOD = _words("""
    profit profits sales revenue revenues turnover income earnings ebit ebitda margin margins demand orders
    order dividend dividends shares share stock stocks price prices output production market volume volumes
    backlog cash exports beneficio beneficios ventas ingresos facturacion ganancias margen margenes demanda
    pedidos dividendo dividendos acciones accion precio precios produccion mercado volumen exportaciones
""")
BAD = _words("""
    loss losses cost costs expense expenses debt debts unemployment inflation deficit deficits complaints
    claims defaults perdida perdidas coste costes gasto gastos deuda deudas desempleo paro inflacion
    reclamaciones
""")
NOT = _words("not no never without neither nor cannot hardly nunca sin ni jamas tampoco")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’]t)?")


class Hit(NamedTuple):
    """A word of the text that a rule counted. subject: the word that gave a direction its sense, "" without one."""

    start: int
    end: int
    value: int
    subject: str


def hits(text: str) -> list[Hit]:
    """The hits of a text in order; empty where no rule applies."""
    tokens = list(_TOKEN.finditer(text))
    words = [plain(token.group()) for token in tokens]
    found = []
    for at, (token, word) in enumerate(zip(tokens, words, strict=True)):
        value, subject = (word in POSITIVE) - (word in NEGATIVE), ""
        if direction := (word in UP) - (word in DOWN):
            subject = _subject(words, at)
            value = -direction if subject in BAD else direction
        if value and any(one in NOT or one.endswith("n't") for one in words[max(0, at - REACH) : at]):
            value = -value
        if value:
            found.append(Hit(token.start(), token.end(), value, subject))
    return found


def _subject(words: Sequence[str], at: int) -> str:
    """The nearest word that says whether more of it is good or bad; of two as near the one before."""
    near = [other for other in range(max(0, at - NEAR), min(len(words), at + NEAR + 1)) if words[other] in GOOD | BAD]
    return words[min(near, key=lambda other: (abs(other - at), other > at))] if near else ""


def knows(labels: Sequence[str]) -> bool:
    """Whether the lexicon has an answer among these labels."""
    return sorted(labels) == sorted(SENTIMENT)


def counts(text: str) -> list[float]:
    """[hits for, hits against, the sign of their sum], as features of a learned model."""
    found = [hit.value for hit in hits(text)]
    total = sum(found)
    return [
        float(sum(one > 0 for one in found)),
        float(sum(one < 0 for one in found)),
        float((total > 0) - (total < 0)),
    ]
