"""What every room needs: strict configuration, records, files, errors, fingerprints. It imports no other room."""
