"""Networks: what they are made of, how they are kept, run and exported."""
