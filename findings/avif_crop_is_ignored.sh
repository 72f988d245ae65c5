#!/usr/bin/env bash
# Pillow 13.0.0 and imagecodecs 2026.3.6 show what an AVIF says is cut off.
#
# A file may hold more than its picture: the clean aperture (`clap`, of ISO/IEC 23008-12, HEIF) says
# which part is to be shown, and is marked as essential, so that a reader has to apply it or refuse
# the file. libavif hands it to its caller (`avifCleanApertureBox`), and neither caller applies it:
# rows and columns that somebody cut off are seen. No error and no warning.
# Exit 0 where this is as described, 1 where it changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq pillow==13.0.0 imagecodecs==2026.3.6
cat > "$folder/run.py" <<'PYTHON'
import io
import struct

import imagecodecs
import PIL
from PIL import Image


def boxes(data, start, end):
    """The name, beginning and end of each box between two places."""
    while start < end:
        (size,) = struct.unpack_from(">I", data, start)
        yield data[start + 4 : start + 8], start, start + size
        start += size


def inside(data, names):
    """Where the boxes of those names lie, each in the one before."""
    start, end, found = 0, len(data), []
    for name in names:
        start, end = next((s, e) for kind, s, e in boxes(data, start, end) if kind == name)
        found.append((start, end))
        start += 12 if name == b"meta" else 8
    return found


def grow(data, names, at, more):
    """Bytes put in at a place, and each box around it said to be longer."""
    for start, _ in inside(data, names):
        (size,) = struct.unpack_from(">I", data, start)
        struct.pack_into(">I", data, start, size + len(more))
    data[at:at] = more


def cropped(data, width, height):
    """An AVIF of one item with a clean aperture of that size around its middle."""
    data = bytearray(data)
    (before, _) = inside(data, [b"mdat"])[0]
    path = [b"meta", b"iprp", b"ipco"]
    start, end = inside(data, path)[-1]
    number = len(list(boxes(data, start + 8, end))) + 1
    crop = struct.pack(">I4s8i", 40, b"clap", width, 1, height, 1, 0, 1, 0, 1)
    grow(data, path, end, crop)
    path = [b"meta", b"iprp", b"ipma"]
    start, end = inside(data, path)[-1]
    assert data[start + 8 : start + 16] == bytes(7) + b"\1", "one item"
    data[start + 18] += 1
    grow(data, path, end, bytes([0x80 | number]))  # 0x80: it is essential
    place, stop = inside(data, [b"meta", b"iloc"])[-1]
    moved = inside(data, [b"mdat"])[0][0] - before
    at = data.index(struct.pack(">I", before + 8), place, stop)
    struct.pack_into(">I", data, at, before + 8 + moved)
    return bytes(data)


file = io.BytesIO()
Image.radial_gradient("L").convert("RGB").resize((40, 24)).save(file, "AVIF")
data = cropped(file.getvalue(), 20, 10)
by_pillow = Image.open(io.BytesIO(data))
by_pillow.load()
by_imagecodecs = imagecodecs.avif_decode(data).shape[1::-1]
print("an AVIF that says: 20x10 of 40x24 are to be shown")
print("Pillow", PIL.__version__, by_pillow.size, sorted(by_pillow.info))
print("imagecodecs", imagecodecs.__version__, by_imagecodecs)
assert by_pillow.size == (40, 24), "changed"
assert by_imagecodecs == (40, 24), "changed"
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
