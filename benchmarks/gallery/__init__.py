"""The gallery: every shipped model on pictures that can be looked at, and where it fails."""
