"""The picture formats that are read and written, a file each."""
