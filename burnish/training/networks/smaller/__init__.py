"""A smaller network out of a larger one: which channels go together, how they are cut, and how
normalisations are drawn into what stands before them.
"""
