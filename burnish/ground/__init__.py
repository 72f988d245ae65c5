"""What every room stands on and which knows none of them: files, channels, sizes, the processor."""
