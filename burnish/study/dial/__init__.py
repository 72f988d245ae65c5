"""How a dial behaves: strips of pictures, curves, two dials at once, and settings by examples."""
