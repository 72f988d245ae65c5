"""Photographs painted in the manner of any painting, with strokes that are taken from it.

Nothing is learnt. The colours of a picture become those of the painting by one linear map
(`colours.py`). The painting is kept as a palette of square pieces in eight turns (`palette.py`).
Each place of the picture takes the piece that looks like it from afar, in colours and in the
direction of strokes, and pieces that lie side by side in the painting stay together (`chosen.py`).
They are laid over one another, and what their overlaps cancel is given back (`laid.py`).
`any_style.py` makes a filter of it, for paintings that somebody names.

The sources are Hertzmann et al., "Image Analogies" (2001), of which the match from afar is, and
Efros and Freeman, "Image Quilting" (2001), which lays pieces of a texture by a picture.
"""

from .any_style import NAME, after, made, named, words_of

__all__ = ["NAME", "after", "made", "named", "words_of"]
