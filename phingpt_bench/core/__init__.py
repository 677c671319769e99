"""Floor 0: records, strict configuration, fingerprints, errors, atomic files. Imports nothing of the project."""
