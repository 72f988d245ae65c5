"""What happens to film: dust, hairs, scratches, blotches, flicker, and damage laid on from masks in
a folder.

One kind a file.

Lengths are in pixels at scale 1, which fits a frame of about 500 lines; `scale` is a number, or
[low, high] to draw from for each picture.
"""
