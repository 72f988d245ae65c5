"""What produced every figure in the documents.

Each file is run as `python -m benchmarks.NAME`, from the top of a checkout, and says what it needs.
"""
