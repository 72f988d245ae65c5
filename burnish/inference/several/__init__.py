"""Models that are made of others: one that chooses, one after another, and one for raw files."""
