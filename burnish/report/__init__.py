"""Contact sheets and model cards: results to look at."""
