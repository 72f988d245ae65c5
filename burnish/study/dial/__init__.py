"""How a dial behaves: a strip of pictures along it, its curves, two dials at once, and the settings
that examples ask for.
"""
