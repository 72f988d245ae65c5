#!/usr/bin/env bash
# imagecodecs 2026.3.6 (libspng 0.7.4): spng_decode gives no transparency that stands in tRNS.
#
# A PNG of grey, RGB or a palette says in its chunk tRNS what cannot be seen. `png_decode` of the
# same package gives it as alpha, and Pillow does; `spng_decode`, which otherwise can be put in its
# place, gives the same colours without alpha, so that what was transparent is seen. No error and no
# warning; its help names the formats that it does not read (16 bits, grey with alpha), not this.
# Exit 0 where this is as described, 1 where it changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq imagecodecs==2026.3.6
cat > "$folder/run.py" <<'PYTHON'
import struct
import zlib

import imagecodecs


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(colour_type, row, transparent, palette=b""):
    """Two pixels of 8 bits side by side."""
    head = struct.pack(">IIBBBBB", 2, 1, 8, colour_type, 0, 0, 0)
    chunks = [chunk(b"IHDR", head)]
    chunks += [chunk(b"PLTE", palette)] if palette else []
    chunks += [chunk(b"tRNS", transparent), chunk(b"IDAT", zlib.compress(b"\0" + row))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


# Each has one pixel that cannot be seen, and one that can.
FILES = {
    "grey": png(0, bytes([7, 9]), struct.pack(">H", 7)),
    "RGB": png(2, bytes([7, 8, 9, 1, 2, 3]), struct.pack(">3H", 7, 8, 9)),
    "palette": png(3, bytes([0, 1]), bytes([0]), bytes([7, 8, 9, 1, 2, 3])),
}
print("imagecodecs", imagecodecs.__version__, imagecodecs.spng_version())
for name, data in FILES.items():
    by_libpng, by_libspng = imagecodecs.png_decode(data), imagecodecs.spng_decode(data)
    print(f"{name}: png_decode {by_libpng.tolist()}; spng_decode {by_libspng.tolist()}")
    assert by_libpng[0, :, -1].tolist() == [0, 255], "changed"
    assert by_libspng.squeeze().tolist() == by_libpng[..., :-1].squeeze().tolist(), "changed"
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
