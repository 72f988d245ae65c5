"""How fast models run on this machine: measured one by one, beside what the machine can do."""
