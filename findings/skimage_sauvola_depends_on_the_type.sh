#!/usr/bin/env bash
# scikit-image 0.26.0: threshold_sauvola finds less ink on the same page once it is of floats.
#
# `img_as_float(page)` is the page in 0 to 1, and a threshold is to go with it: those of
# `threshold_niblack` and `threshold_local` do. Sauvola's has a constant R, half of the range of
# grey, 128 of 8 bits in the paper; left alone it is half of the range of the image's type, and that
# of floats is taken to be -1 to 1: R is 1, twice as large as values of 0 to 1 ask for. So the
# threshold lies lower, and ink that the page of 8 bits has goes. r=0.5 gives the same ink again.
# No error and no warning.
# Exit 0 where this is as described, 1 where it changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq scikit-image==0.26.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import numpy as np
import skimage
from skimage.filters import threshold_local, threshold_niblack, threshold_sauvola
from skimage.util import img_as_float

# Paper of 220 with a little grain, and strokes that fade from grey to nearly it.
page = np.random.default_rng(0).normal(220, 3, (200, 300)).round().clip(0, 255).astype(np.uint8)
for at, column in enumerate(range(20, 280, 10)):
    page[20:180, column : column + 4] = 100 + 4 * at
floats = img_as_float(page)
print("scikit-image", skimage.__version__)


def ink(threshold, **settings):
    """The share of ink on the page of 8 bits, and on that of floats."""
    pair = (image < threshold(image, **settings) for image in (page, floats))
    return tuple(float(found.mean()) for found in pair)


for threshold, settings in (
    (threshold_niblack, {"window_size": 25}),
    (threshold_local, {"block_size": 25, "offset": 0}),
):
    found = ink(threshold, **settings)
    print(f"{threshold.__name__}: {found[0]:.4f} of 8 bits, {found[1]:.4f} of floats")
    assert abs(found[0] - found[1]) < 1e-3, "changed"
eight, of_floats = ink(threshold_sauvola, window_size=25)
told = float((floats < threshold_sauvola(floats, window_size=25, r=0.5)).mean())
print(f"threshold_sauvola: {eight:.4f} of 8 bits, {of_floats:.4f} of floats, {told:.4f} by r=0.5")
assert abs(told - eight) < 1e-3, "changed"
assert of_floats < 0.95 * eight, "changed"
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
