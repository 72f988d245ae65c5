#!/usr/bin/env bash
# imagecodecs 2026.3.6: png_decode of any interlaced PNG makes libpng write to the terminal.
#
# libpng asks whoever reads a whole picture to turn its handling of interlace on
# (png_set_interlace_handling) beforehand. It reads the picture all the same, and the pixels are
# right; but each call puts a warning on the process's standard error from C, past Python's
# `sys.stderr` and `warnings`, so that no program can tell it from its own words, or turn it off.
# Exit 0 where this is as described, 1 where it changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq imagecodecs==2026.3.6
cat > "$folder/run.py" <<'PYTHON'
import os
import struct
import tempfile
import zlib

import imagecodecs
import numpy as np

#: first column and row of a pass, and its steps (PNG, third edition, 8.2)
PASSES = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(samples, interlaced):
    """A PNG of grey, 8 bits."""
    height, width = samples.shape
    rows = b""
    for left, top, across, down in PASSES if interlaced else ((0, 0, 1, 1),):
        rows += b"".join(b"\0" + row.tobytes() for row in samples[top::down, left::across])
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, interlaced)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def heard(data):
    """The pixels, and what the process says on its standard error meanwhile."""
    with tempfile.TemporaryFile() as terminal:
        former = os.dup(2)
        os.dup2(terminal.fileno(), 2)
        samples = imagecodecs.png_decode(data)
        os.dup2(former, 2)
        terminal.seek(0)
        return samples, terminal.read().decode().strip()


given = np.arange(64, dtype=np.uint8).reshape(8, 8)
print("imagecodecs", imagecodecs.__version__, imagecodecs.png_version())
for interlaced in (False, True):
    samples, words = heard(png(given, interlaced))
    print("interlaced:" if interlaced else "plain:     ", repr(words))
    assert np.array_equal(samples, given), "changed"
    assert ("Interlace handling should be turned on" in words) == interlaced, "changed"
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
