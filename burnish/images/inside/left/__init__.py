"""What is left of damaged files, format by format: each brings what `Format.salvage` gives."""
