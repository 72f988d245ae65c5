"""What happens to paper: stains, rings, folds, shadows and light, the other side of the page,
printed lines, smeared pencil.

One kind a file.

Lengths are in pixels at scale 1, which fits text of about 24 pixels a line; `scale` is a number, or
[low, high] to draw from for each picture.
"""
