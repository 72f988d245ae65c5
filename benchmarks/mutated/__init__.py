"""Mutated files through the gate that decodes, by their numbers:

python -m benchmarks.mutated --count 1000 --seed 0 [--formats JPEG TIFF] [--state FILE] [--write]

Each file is made by its format and number alone (`mutate`), from those that the tests make
(`originals`), and goes through the gate (`gate`) in a process of its own kind that may die
(`guard`). Only an error of ours, of one sentence, may come of it, or pictures that are whole, in 5
seconds of a processor and 1 GB. What is accepted is shown to a decoder that Burnish does not use
for the format (`second`).
"""
