"""Run records on disk, and the analysis of two or more of them: seeds, tests, comparisons. Nothing is drawn here."""
