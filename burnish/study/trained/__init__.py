"""Trained weights looked at, mixed, calibrated and exported.

That is what needs PyTorch, besides the sweeps.
"""
