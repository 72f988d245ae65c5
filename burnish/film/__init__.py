"""Films: frames that follow one another, as a film file or numbered pictures hold them."""
