#!/usr/bin/env bash
# libx264 (core 165, in PyAV 18.1.0) writes other bytes for the same frames, on one thread.
#
# What it writes depends on what lay in the memory that it was given: with glibc told to fill that
# with one byte or another, the same 60 frames come out 1 to 2 % larger or smaller. `mbtree=0` ends
# it, and so does `asm=AVX2`: it is in the code of "mbtree" for processors with AVX-512. The default
# of every preset from "veryfast" on has mbtree. No error and no warning; whoever compares a film
# that was coded twice, or goes on where a run was killed, finds frames that differ now and then.
# Exit 0 where this is as described, or on a processor without AVX-512; 1 where it changed.
set -euo pipefail
if ! grep -qw avx512bw /proc/cpuinfo; then
    echo "this processor has no AVX-512: nothing to see here"
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq av==18.1.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import hashlib
import sys
from fractions import Fraction

import av
import numpy as np

rng = np.random.default_rng(0)
coder = av.CodecContext.create("libx264", "w")
coder.width, coder.height, coder.pix_fmt = 352, 288, "yuv420p"
coder.time_base, coder.framerate = Fraction(1, 25), Fraction(25)
coder.options = {"preset": "medium", "crf": "16", "threads": "1", "x264-params": sys.argv[1]}
coder.open()
large = rng.integers(0, 150, (70, 80)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
packets = []
for number in range(60):
    shown = np.full((432, 352), 128, np.uint8)
    shown[:288] = large[number : number + 288, 2 * number : 2 * number + 352]
    shown[:288] += rng.integers(0, 12, (288, 352)).astype(np.uint8)
    frame = av.VideoFrame.from_ndarray(shown, "yuv420p")
    frame.pts = number
    packets += [bytes(packet) for packet in coder.encode(frame)]
packets += [bytes(packet) for packet in coder.encode(None)]
body = b"".join(packets)
print(hashlib.sha256(body).hexdigest()[:12], len(body), "bytes")
PYTHON
results() { # the results for some words to x264, one line for each that differs
    for byte in 0 1 85 254; do
        GLIBC_TUNABLES=glibc.malloc.perturb=$byte "$folder/venv/bin/python" "$folder/run.py" "$1"
    done | sort -u
}
echo "as it is:"
results mbtree=1 | tee "$folder/as"
echo "without mbtree:"
results mbtree=0 | tee "$folder/without"
echo "with the code for AVX2:"
results mbtree=1:asm=AVX2 | tee "$folder/avx2"
test "$(wc -l < "$folder/as")" -gt 1
test "$(wc -l < "$folder/without")" -eq 1
test "$(wc -l < "$folder/avx2")" -eq 1
