"""A user's own files of texts and annotations, read as they are and cleaned by stated rules."""
