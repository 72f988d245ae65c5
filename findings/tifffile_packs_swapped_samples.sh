#!/usr/bin/env bash
# tifffile 2026.3.3 writes wrong pixels into big-endian TIFFs of 10, 12 or 14 packed bits.
#
# `imwrite(..., bitspersample=12, byteorder=">")` packs the low bits of samples whose bytes it has
# already swapped, so that the file holds 0, 256, 512, ... where 0, 1, 2, ... was given, and every
# reader shows noise. No error and no warning; little-endian files and 16 bits are right.
# Exit 0 where this is as described, 1 where it changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq tifffile==2026.3.3 imagecodecs==2026.3.6
cat > "$folder/run.py" <<'PYTHON'
import io

import numpy as np
import tifffile

given = np.arange(64, dtype=np.uint16).reshape(1, 64)


def unpacked(order, bits):
    """The first samples, taken from the file's bits by hand: TIFF packs from the highest bit on."""
    file = io.BytesIO()
    tifffile.imwrite(
        file, given, bitspersample=bits, byteorder=order, photometric="minisblack"
    )
    file.seek(0)
    page = tifffile.TiffFile(file).pages[0]
    start = page.dataoffsets[0]
    stored = file.getvalue()[start : start + page.databytecounts[0]]
    text = "".join(f"{byte:08b}" for byte in stored)
    return [int(text[i * bits : (i + 1) * bits], 2) for i in range(5)]


print("tifffile", tifffile.__version__, "given", given[0, :5].tolist())
for bits in (10, 12, 14):
    little, big = unpacked("<", bits), unpacked(">", bits)
    print(f"{bits} bits: little-endian {little}; big-endian {big}")
    assert little == [0, 1, 2, 3, 4], "changed"
    assert big != [0, 1, 2, 3, 4], "changed"
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
