"""A run from its first step to its last: the loop, what is kept, how it goes on."""
