"""Data sets on disk: which files are pairs, what is wrong with them, one file to travel."""
