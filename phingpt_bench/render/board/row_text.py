"""The texts of a row of the board, the same in every format, in the language in force."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from phingpt_bench.board.prompts import PromptSpread
from phingpt_bench.board.row import Row
from phingpt_bench.core.notes import Note
from phingpt_bench.core.records import NO_MODELS
from phingpt_bench.render.measures import NO_STAR
from phingpt_bench.text import numbers
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, say_n, spoken
from phingpt_bench.text.numbers import p_text, percent, score_text, signed, unknown_text

# sentences that reach `spoken` through a value: kinds of rows, reasons for no test
TRANSLATED = (
    "tuned", "base", "floor", "check", "other rows", "other labels", "other gold", "other prompts",
    "other device", "other kernels", "other batch size", "no such score", "no score", "one document",
)  # fmt: skip

MOSTLY = 0.5  # the share of unreadable answers above which a score says more of the form than of the task


def rank_text(row: Row) -> str:
    """1, or 1= where others share the rank; - where the row is not ranked."""
    return "-" if row.rank is None else f"{row.rank}=" if row.tied else str(row.rank)


def difference_text(row: Row) -> tuple[str, str]:
    """The difference to the base (with * where significant) and its p, or words in their place."""
    if row.is_base:
        return say("base"), ""
    difference = row.against_base
    if difference is None:
        return ("-", "") if row.kind in NO_MODELS else (say("no base"), "")
    if difference.reason is not None:
        return say("no test"), spoken(difference.reason)
    star = "*" if row.starred else ""
    p = difference.p if difference.p_holm is None else difference.p_holm
    return signed(difference.value, star), p_text(p, difference.at_most)


def trained(row: Row) -> bool:
    """Whether a row has a training to show: a base was not trained here."""
    return row.training is not None or row.kind not in ("base", "check")


def flip_texts(row: Row) -> tuple[str, str]:
    """The share of polarity flips, and the expected calibration error where labels were compared by likelihood."""
    flips, ece = row.scores.get("flip_rate"), row.scores.get("ece")
    return unknown_text() if flips is None else percent(flips), "" if ece is None else f"{ece:.2f}"


def setting(row: Row, without: str | None = None) -> str:
    """Variant, quantisation, engine and details: "0-shot, nf4+dq, seed 7"; no variant for floors: they take no prompt.

    without: a quantisation that is shown elsewhere.
    """
    quantisation = None if row.quantisation == without else row.quantisation
    parts = () if row.kind == "floor" else (row.variant, quantisation, row.served_by)
    return ", ".join(clean(spoken(x)) for x in (*parts, *row.details) if x)


def parameters_text(row: Row) -> str:
    """Parameters of the base: "135M", "7.2B"; - for floors, N/A if the record does not say."""
    if row.parameters is None:
        return "-" if row.kind in NO_MODELS else unknown_text()
    return numbers.parameters_text(row.parameters)


def row_notes(row: Row, columns: Collection[str] = ()) -> list[Note]:
    """The notes under a row's name, with unreadable answers and test rows seen if no column shows them.

    What a mark already says is left out, such as that a row does not beat the floor.
    """
    notes = [replace(note, text=clean(spoken(note.text))) for note in row.notes if not note.marked]
    if row.against_base is not None and row.against_base.only_majority:
        notes.append(Note(spoken(NO_STAR)))
    if row.invalid_share and (row.answering.pieces is not None or "unreadable" not in columns):
        notes.append(Note(unreadable_text(row), "warning" if row.invalid_share > MOSTLY else "info"))
    notes += [] if row.prompts is None else [Note(prompts_text(row.prompts), "info")]
    return notes + (unseen_notes(row) if "exposure" in columns or row.exposed else exposure_notes(row))


def unreadable_text(row: Row) -> str:
    """How many answers could not be read; of entities how many hold a piece, how many nothing else, and the pieces."""
    found, share = row.answering, percent(row.invalid_share or 0.0)
    if found.pieces is None:
        return say("{share} unreadable answers", share=share)
    return say(
        "unreadable pieces: {k:,}, in {share} of the answers, and nothing else in {empty}",
        share=share, k=round(found.pieces), empty=percent(found.nothing_read or 0.0),
    )  # fmt: skip


def prompts_text(spread: PromptSpread) -> str:
    """The range of the scores under other prompts, the rows that change, and under how many a tuned row is better."""
    values = {
        "low": score_text(spread.low), "high": score_text(spread.high), "n": spread.n, "share": percent(spread.changed),
    }  # fmt: skip
    text = say("prompts {low}-{high} ({n}), {share} of the rows change their answer", **values)
    if spread.better is None:
        return text
    return f"{text}, {say('better than its base under {k} of {n}', k=spread.better, n=spread.compared)}"


def exposure_notes(row: Row) -> list[Note]:
    """The note on test rows that were seen in training, if neither a column nor a warning shows them."""
    if row.kind == "base" and row.base_unknown:
        return [Note(say("training data unknown"), "info")]
    seen = exposure_count(row)
    if seen is None or not (seen or row.base_unknown):
        return []
    share = percent(seen / row.n)
    if not seen:
        text = say("saw no test row")
    elif row.unseen is None:
        text = say("saw {share} of the test rows", share=share)
    else:
        score = score_text(row.unseen.score)
        text = say("saw {share} of the test rows, {score} on the others", share=share, score=score)
    more = [say("partly checked")] if row.partly_checked else []
    more += [say("its base: unknown")] if row.base_unknown else []
    return [Note(text + (f" ({', '.join(more)})" if more else ""), "warning" if seen else "info")]


def unseen_notes(row: Row) -> list[Note]:
    """The score on the rows of which no copy was in training."""
    if row.unseen is None:
        return []
    return [
        Note(
            say_n(
                "{score} on the {n:,} unseen row",
                "{score} on the {n:,} unseen rows",
                row.unseen.n,
                score=score_text(row.unseen.score),
            ),
            "info",
        )
    ]


def note_text(note: Note) -> str:
    """A note; a warning is called one, since no meaning depends on colour, and `!` has another meaning."""
    return say("warning: {text}", text=note.text) if note.level == "warning" else note.text


def exposure_count(row: Row) -> int | None:
    """Test rows of which a copy was found in training, of any kind; None if not checked."""
    return None if row.exposure is None else sum(row.exposure.values())


def exposure_short(row: Row) -> str:
    """The share of test rows seen in training: "?" if only partly checked, "+?" if the base is unknown."""
    seen = exposure_count(row)
    if row.kind == "base" and row.base_unknown:
        return say("unknown")
    if seen is None:
        return say("unknown") if row.kind == "tuned" else "-"
    return percent(seen / row.n) + ("?" if row.partly_checked else "") + ("+?" if row.base_unknown else "")


def display_name(row: Row) -> str:
    """The model, and its adapter; "(no name)" for a name of blanks or control characters alone."""
    return (clean(row.name) or say("(no name)")) + (f" + {clean(row.adapter)}" if row.adapter else "")


def full_name(row: Row, without: str | None = None) -> str:
    """The name of a row in every section, with everything that distinguishes it from others. without: as `setting`."""
    return display_name(row) + after_name(row, without)


def after_name(row: Row, without: str | None = None) -> str:
    """What distinguishes variants of a model in a table without a column for it: ", 0-shot, nf4+dq" or " (floor)"."""
    rest = f", {said}" if (said := setting(row, without)) else ""
    return f" ({spoken(row.kind)}){rest}" if row.kind in NO_MODELS else rest


def floor_mark(row: Row) -> str:
    """The mark x where its training saw the test rows, else ! where it is not significantly better than the floor."""
    return "x" if row.exposed else "!" if row.beats_floor is False else ""


def front_mark(row: Row) -> str:
    """P where the row is on the Pareto front of cost and score."""
    return " P" if row.frontier else ""


def marked_score(row: Row | None, room: int = 0) -> str:
    """The score with * where it differs from the base's, then `floor_mark`; empty for no row.

    room: characters for marks, filled with blanks, so that the digits of several scores are aligned.
    """
    if row is None:
        return ""
    star = "*" if row.starred else ""
    return score_text(row.score) + f"{star}{floor_mark(row)}".ljust(room)
