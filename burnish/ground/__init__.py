"""What every room stands on, and which knows none of them.

Here are parts by their names, the grammar of words, channels, sizes, files, and the processor.
"""
