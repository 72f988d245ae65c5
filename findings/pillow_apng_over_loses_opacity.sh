#!/usr/bin/env bash
# Pillow 13.0.0 composes the frames of an animated PNG wrongly where they are half transparent.
#
# The standard (PNG, third edition, 11.3.4.2: blend operation "over") asks for alpha compositing:
# a half transparent pixel over an opaque one is opaque. Pillow pastes the frame with its alpha as a
# mask, so that alpha is mixed like a colour: 128 over 255 becomes 191, and what was opaque can be
# looked through; 128 over nothing becomes 64, and its colour half as bright.
# FFmpeg and browsers follow the standard. Exit 0 where this is as described, 1 where it changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq pillow==13.0.0
cat > "$folder/run.py" <<'PYTHON'
import io
import struct
import zlib

import PIL
from PIL import Image

SIDE = 4


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pixels(colour):
    return zlib.compress((b"\0" + bytes(colour) * SIDE) * SIDE)


def control(number, blend):
    return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, SIDE, SIDE, 0, 0, 1, 10, 0, blend))


def second_frame(below, above):
    """The second of two frames, `above` laid over `below`, as Pillow gives it."""
    png = b"\x89PNG\r\n\x1a\n"
    png += chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 6, 0, 0, 0))
    png += chunk(b"acTL", struct.pack(">II", 2, 0))
    png += control(0, 0) + chunk(b"IDAT", pixels(below))
    png += control(1, 1) + chunk(b"fdAT", struct.pack(">I", 2) + pixels(above))
    picture = Image.open(io.BytesIO(png + chunk(b"IEND", b"")))
    picture.seek(1)
    return picture.convert("RGBA").getpixel((0, 0))


print("Pillow", PIL.__version__)
over_opaque = second_frame((255, 0, 0, 255), (0, 0, 255, 128))
over_nothing = second_frame((0, 0, 0, 0), (0, 0, 255, 128))
print("blue at 128 over opaque red:", over_opaque, "; right is about (127, 0, 128, 255)")
print("blue at 128 over nothing:   ", over_nothing, "; right is (0, 0, 255, 128)")
assert over_opaque[3] == 191, "changed"
assert over_nothing == (0, 0, 128, 64), "changed"
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
