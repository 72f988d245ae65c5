"""What is inside a JPEG, piece by piece; `formats/jpeg.py` puts it together."""
