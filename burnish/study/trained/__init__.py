"""Trained weights looked at, mixed, calibrated, and exported: what needs PyTorch, besides the
sweeps.
"""
