"""Everything that draws text: boards, comparisons, published results, tasks, rescored answers, plans."""
