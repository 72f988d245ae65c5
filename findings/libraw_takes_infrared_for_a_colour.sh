#!/usr/bin/env bash
# rawpy 0.28.0 (LibRaw 0.22.2) develops a linear DNG of four samples, red, green, blue and infrared
# as film scanners save them, as if infrared were a colour of the sensor: all colours change.
#
# A linear DNG (LinearRaw, photometric 34892) has one sample a colour plane. With three of them a
# grey picture is developed as grey. With the same three and infrared behind them LibRaw opens it
# as a sensor of four colours and mixes infrared into each, without an error or a warning; the
# matrix and the neutral, which tell of three colours, do not keep it from that.
# Exit 0 where this is as described, 1 where it changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq rawpy==0.28.0 tifffile==2026.3.3
cat > "$folder/run.py" <<'PYTHON'
import io

import numpy as np
import rawpy
import tifffile

matrix = (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)
TAGS = [
    (271, 2, 0, "Maker", True),
    (50706, 1, 4, bytes([1, 4, 0, 0]), True),  # DNG 1.4
    (50708, 2, 0, "Maker Scanner", True),
    (50721, 10, 9, matrix, True),
    (50728, 5, 3, (1, 1, 1, 1, 1, 1), True),
    (50778, 3, 1, 21, True),
]
grey = np.full((48, 64, 3), 20000, np.uint16)
infrared = np.full((48, 64, 1), 60000, np.uint16)


def developed(samples):
    """The colours of the filter as LibRaw names them, and the mean of each channel."""
    file = io.BytesIO()
    options = {"extrasamples": ["unspecified"]} if samples.shape[2] == 4 else {}
    tifffile.imwrite(
        file, samples, photometric=34892, metadata=None, extratags=TAGS, software=False, **options
    )
    with rawpy.imread(io.BytesIO(file.getvalue())) as raw:
        picture = raw.postprocess(
            output_bps=16, gamma=(1, 1), no_auto_bright=True, use_camera_wb=True,
            output_color=rawpy.ColorSpace.raw,
        )
        return raw.color_desc.decode(), picture.reshape(-1, picture.shape[2]).mean(0).round()


print("rawpy", rawpy.__version__, "LibRaw", rawpy.libraw_version)
three = developed(grey)
four = developed(np.concatenate([grey, infrared], 2))
print("three samples:          ", three)
print("the same, and infrared: ", four)
assert np.ptp(three[1]) <= 0.02 * three[1].max(), "changed: three samples are not grey"
assert three[0] == "RGBG", "changed"
assert four[0] == "GMCY", "changed"
assert np.abs(four[1][:3] - 20000).min() > 1000, "changed: infrared is not mixed in"
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
