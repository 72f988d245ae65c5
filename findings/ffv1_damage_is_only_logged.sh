#!/usr/bin/env bash
# FFmpeg 8.1.2 (in PyAV 18.1.0) gives a damaged FFV1 frame as if nothing were wrong with it.
#
# FFV1 has a checksum for every slice, for archives. Where one does not fit, the decoder puts the slice
# of the frame before in its place and logs "slice CRC mismatch". It returns no error, whatever
# err_detect says (crccheck, explode), marks no decode_error_flags and no AV_FRAME_FLAG_CORRUPT: a
# program that does not read the log keeps wrong pixels.
# Exit 0 where this is as described, 1 where it changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq av==18.1.0 numpy
cat > "$folder/run.py" <<'PYTHON'
import sys

import av
import numpy as np

path = f"{sys.argv[1]}/a.mkv"
rng = np.random.default_rng(0)
with av.open(path, "w") as out:
    options = {"level": "3", "slicecrc": "1", "g": "1"}
    video = out.add_stream("ffv1", rate=25, options=options)
    video.width, video.height, video.pix_fmt = 64, 48, "gray"
    for number in range(4):
        frame = av.VideoFrame.from_ndarray(rng.integers(0, 256, (48, 64), np.uint8), "gray")
        frame.pts = number
        out.mux(video.encode(frame))
    out.mux(video.encode(None))


def decoded(options):
    """The frames of the film, whether each is said to be damaged, and what was logged of errors."""
    found = []
    with av.open(path) as film, av.logging.Capture(local=False) as log:
        context = film.streams.video[0].codec_context
        context.options = options
        for packet in film.demux(video=0):
            for frame in packet.decode():
                found.append((frame.to_ndarray(), frame.is_corrupt))
    return found, [line[2].strip() for line in log]


av.logging.set_level(av.logging.ERROR)
whole, _ = decoded({})
with av.open(path) as film:
    third = [packet for packet in film.demux(video=0) if packet.size][2]
content = bytearray(open(path, "rb").read())
for at in range(third.pos + third.size * 3 // 4, third.pos + third.size * 3 // 4 + 20):
    content[at] ^= 0x5A
open(path, "wb").write(content)

print("PyAV", av.__version__, "FFmpeg", av.ffmpeg_version_info)
for options in ({}, {"err_detect": "crccheck"}, {"err_detect": "crccheck+explode"}):
    found, log = decoded(options)
    wrong = [n for n in range(4) if not np.array_equal(found[n][0], whole[n][0])]
    marked = [n for n in range(4) if found[n][1]]
    print(options, "frames", len(found), "wrong", wrong, "marked", marked, "log", log[:1])
    assert len(found) == 4 and wrong == [2] and not marked, "changed"
    assert any("CRC mismatch" in line for line in log), "changed"
PYTHON
"$folder/venv/bin/python" "$folder/run.py" "$folder"
