"""Whether every way through a model gives what training's forward gives.

What goes in is what the training loader would feed it. The ways are backends, precisions, batches,
sizes, tiles, and files of every kind.
"""

from __future__ import annotations
