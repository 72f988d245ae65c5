"""What happens to paper, one kind a file: stains, folds, missing light, printed lines and more.

Lengths are in pixels at scale 1, which fits text of about 24 pixels a line; `scale` is a number, or
[low, high] to draw from for each picture.
"""
