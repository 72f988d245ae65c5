#!/usr/bin/env bash
# rawpy 0.28.0 (LibRaw 0.22.2) opens a DNG with JPEG XL inside and tells its size, but cannot
# develop it.
#
# DNG 1.7 (2023) packs samples as JPEG XL (compression 52546). The wheel's LibRaw does not unpack
# these, which is seen only when the samples are asked for; the words then are those for a file that
# is no raw file at all. So a program that opens every file to list what it can develop promises
# what it cannot keep.
# Exit 0 where this is as described, 1 where it changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq rawpy==0.28.0 tifffile==2026.3.3 imagecodecs==2026.3.6
cat > "$folder/run.py" <<'PYTHON'
import io

import numpy as np
import rawpy
import tifffile

given = np.linspace(2000, 60000, 64).astype(np.uint16)[None].repeat(48, 0)
matrix = (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)
TAGS = [
    (271, 2, 0, "Maker", True),
    (33421, 3, 2, (2, 2), True),  # the colour filter, of two by two: RGGB
    (33422, 1, 4, bytes([0, 1, 1, 2]), True),
    (50706, 1, 4, bytes([1, 7, 0, 0]), True),  # DNG 1.7
    (50708, 2, 0, "Maker Model", True),
    (50721, 10, 9, matrix, True),
    (50728, 5, 3, (1, 1, 1, 1, 1, 1), True),
    (50778, 3, 1, 21, True),
]


def dng(**options):
    file = io.BytesIO()
    tifffile.imwrite(
        file, given, photometric=32803, metadata=None, extratags=TAGS, software=False, **options
    )
    return file.getvalue()


def developed(data):
    """What LibRaw says of a file when it is opened, and when it is developed."""
    with rawpy.imread(io.BytesIO(data)) as raw:
        size = (raw.sizes.width, raw.sizes.height)
        try:
            return size, raw.postprocess(output_bps=16).shape
        except rawpy.LibRawError as error:
            return size, error.args[0].decode()


print("rawpy", rawpy.__version__, "LibRaw", rawpy.libraw_version)
plain, packed = dng(), dng(compression="jpegxl_dng")
assert (tifffile.imread(io.BytesIO(packed)) == given).all()  # tifffile reads it
print("not compressed:", developed(plain))
print("JPEG XL:       ", developed(packed))
assert developed(plain) == ((64, 48), (48, 64, 3)), "changed"
assert developed(packed) == ((64, 48), "Unsupported file format or not RAW file"), "changed"
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
