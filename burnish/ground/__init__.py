"""What every room stands on, and which knows none of them: parts by their names, the grammar of
words, channels, sizes, files, the processor.
"""
