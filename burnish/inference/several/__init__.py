"""Models that are made of several: one that chooses among them, and one after another."""
