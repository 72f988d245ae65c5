"""Films on the command line."""
