"""What a combination has seen: the rows of its run and of its fitted parts, each once."""

from __future__ import annotations

from phingpt_bench.core.exposure import Compared, Declared, Exposure, exposure, together

IDS = [f"r{at}" for at in range(9)]


def seen(kinds: dict[str, str], rows: int, base: Declared | None = None) -> Exposure:
    return exposure(kinds, IDS, Compared(by="texts", training_rows=rows, test_rows=9), base=base)


def test_a_row_that_both_have_seen_counts_once() -> None:
    one = seen({"r1": "exact", "r5": "near"}, 100, base=Declared(sets=["fpb:train"]))
    other = seen({"r5": "near", "r2": "normalised", "r8": "near"}, 20)
    found = together(one, other, IDS)
    assert found.ids == ["r1", "r2", "r5", "r8"] and found.seen == 4
    assert found.counts == {"exact": 1, "normalised": 1, "near": 2, "contained": 0, "translated": 0}
    assert found.base == one.base and found.compared == Compared(by="texts", training_rows=120, test_rows=9)


def test_kinds_that_differ_do_not_change_the_sum() -> None:
    found = together(seen({"r1": "exact", "r2": "near"}, 1), seen({"r1": "near", "r2": "exact"}, 1), IDS)
    assert found.seen == len(found.ids) == 2
    found = together(seen({"r1": "exact"}, 1), seen({"r1": "contained"}, 1), IDS)
    assert found.seen == len(found.ids) == 1


def test_what_is_not_known_stays_unknown() -> None:
    other = seen({"r2": "near"}, 20)
    assert together(None, other, IDS) == other and other.base is None
    by_id = Exposure(exact=1, ids=["r0"], compared=Compared(by="ids", why="no data"))
    found = together(by_id, other, IDS)
    assert found.partly and found.counts == {"exact": 1, "near": 1} and found.compared is not None
    assert found.compared.by == "ids"
