"""What to do before a long run: a dry run, overfitting on purpose, a sweep of the rate."""
