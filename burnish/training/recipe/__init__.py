"""Recipes: what a training run depends on, read strictly and checked before anything is built."""
