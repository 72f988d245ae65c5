"""A model file as ncnn's own pair of files, without PyTorch: layers in a text, and their weights.

ncnn knows nothing of batches: a picture is [C, H, W], and channels are axis 0.
"""

from __future__ import annotations
