"""One optimizer step: what it is made with, what it does, on which machine, how fast."""
