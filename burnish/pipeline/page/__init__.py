"""Pages of writing and print: what is on them is told apart, and cleaned as far as it is wanted.

`areas` finds pictures, markings and light writing on dark, `papers` find the light of its paper,
`paper_in` tells ink from paper by a network, and `inked` gives ink its colours.
"""

from __future__ import annotations

from .areas import Areas, areas
from .cleaning import clean
from .ink import Tells

__all__ = ["Areas", "Tells", "areas", "clean"]
