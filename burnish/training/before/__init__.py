"""Preparation for a long run: a dry run, overfitting on purpose, a sweep of the rate."""
