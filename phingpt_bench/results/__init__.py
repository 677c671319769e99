"""Run records on disk, and the analysis of two or more of them. Nothing is drawn here."""
