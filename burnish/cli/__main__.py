"""`python -m burnish.cli`, as torchrun and accelerate start it."""

from . import main

if __name__ == "__main__":
    main()
