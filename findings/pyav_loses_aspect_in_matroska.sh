#!/usr/bin/env bash
# PyAV 18.1.0 writes Matroska files without the shape of their pixels.
#
# `codec_context.sample_aspect_ratio = 16/15` reaches a MOV or MP4, whose writer takes it from the
# codec's parameters. FFmpeg's writer of Matroska takes it from the stream's own field, which PyAV
# neither fills nor lets anybody set; it writes DisplayUnit 4 ("unknown") and no size. No error and no
# warning: PAL material with 16:15 pixels is shown too narrow.
# Exit 0 where this is as described, 1 where it changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq av==18.1.0
cat > "$folder/run.py" <<'PYTHON'
import sys
from fractions import Fraction

import av

folder = sys.argv[1]


def written(name, codec):
    """The shape of pixels that a film of one frame comes back with."""
    path = f"{folder}/{name}"
    with av.open(path, "w") as out:
        video = out.add_stream(codec, rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.sample_aspect_ratio = Fraction(16, 15)
        out.mux(video.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(video.encode(None))
    with av.open(path) as film:
        return film.streams.video[0].sample_aspect_ratio


print("PyAV", av.__version__, "FFmpeg", av.ffmpeg_version_info, "given 16/15")
mov, matroska = written("a.mov", "mpeg4"), written("a.mkv", "ffv1")
print("MOV:", mov, "Matroska:", matroska)
assert mov == Fraction(16, 15), "changed"
assert not matroska, "changed"
PYTHON
"$folder/venv/bin/python" "$folder/run.py" "$folder"
