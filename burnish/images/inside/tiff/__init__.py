"""TIFF in pieces: how a file is opened, which of its pages are pictures, what their samples mean,
and how they are read and written. `formats/tiff.py` puts them together.
"""
