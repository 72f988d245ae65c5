"""What happens to film, one kind a file: dust, hairs, scratches, blotches, flicker, real masks.

Lengths are in pixels at scale 1, which fits a frame of about 500 lines; `scale` is a number, or
[low, high] to draw from for each picture.
"""
