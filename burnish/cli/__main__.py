"""`python -m burnish.cli`, as torchrun and accelerate start it."""

from . import script

if __name__ == "__main__":
    script()
