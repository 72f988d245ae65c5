"""Colour profiles: what they are called, whether they fit, the way through them, and how they
spread tones.
"""
