"""How close a restored picture is to the clean one.

Every metric carries its definition, and no figure is printed without it. Pictures are float arrays
[C, H, W] or [1, C, H, W] in 0..1, C 1 (grey), 3 (RGB) or 4 (raw planes: red, green, green, blue).
docs/metrics.md has them all.
"""

from __future__ import annotations

from .blocks import psnr_b
from .distance import psnr, rmse
from .documents import drd, f_measure, pseudo_f_measure
from .luma import psnr_y, ssim_y
from .metric import Metric
from .mosaic import contest, psnr_mosaic, ssim_columns
from .pictures import TooSmall
from .similarity import WINDOW, ms_ssim, ssim

__all__ = [
    "DEFAULT",
    "LIKENESS",
    "METRICS",
    "WINDOW",
    "Metric",
    "TooSmall",
    "facts",
    "psnr",
    "ssim",
]

#: what there is, by name
METRICS = {
    "psnr": Metric("psnr", "PSNR[{planes}, 8-bit, crop {crop}]", psnr, 2),
    "ssim": Metric(
        "ssim", "SSIM[{planes}, 8-bit, 11x11 Gaussian 1.5, valid, crop {crop}]", ssim, 4
    ),
    "ms-ssim": Metric(
        "ms-ssim",
        "MS-SSIM[{planes}, 8-bit, 5 scales, 11x11 Gaussian 1.5, valid, crop {crop}]",
        ms_ssim,
        4,
    ),
    "rmse": Metric(
        "rmse", "RMSE[{planes}, 0..1, clipped, not rounded, crop {crop}]", rmse, 5, "lower"
    ),
    "psnr-y": Metric(
        "psnr-y", "PSNR[Y of BT.601 (16..235) or grey, 8-bit, crop {crop}]", psnr_y, 2
    ),
    "ssim-y": Metric(
        "ssim-y",
        "SSIM[Y of BT.601 (16..235) or grey, 8-bit, 11x11 Gaussian 1.5, valid, crop {crop}]",
        ssim_y,
        4,
    ),
    "psnr-b": Metric(
        "psnr-b", "PSNR-B[Y of BT.601 or grey, 8-bit, blocks of 8x8, crop {crop}]", psnr_b, 2
    ),
    "psnr-mosaic": Metric("psnr-mosaic", "PSNR[{frame}, crop {crop}]", psnr_mosaic, 3),
    "ssim-columns": Metric(
        "ssim-columns",
        "SSIM-columns[{frame}, 7 uniform along each column, valid, crop {crop}]",
        ssim_columns,
        5,
    ),
    "contest": Metric(
        "contest",
        "contest score[{frame}, PSNR above 30 dB and SSIM-columns above 0.8, crop {crop}]",
        contest,
        3,
    ),
    "f-measure": Metric(
        "f-measure", "F-measure[%, ink below 0.5 of grey, crop {crop}]", f_measure, 2
    ),
    "pseudo-f-measure": Metric(
        "pseudo-f-measure",
        "pseudo F-measure[%, ink below 0.5 of grey, recall on the skeleton, crop {crop}]",
        pseudo_f_measure,
        2,
    ),
    "drd": Metric(
        "drd",
        "DRD[ink below 0.5 of grey, 5x5, over mixed 8x8 blocks, crop {crop}]",
        drd,
        3,
        "lower",
    ),
}
#: what is measured where nobody asks for more
DEFAULT = ("psnr", "ssim")
#: the one that is made by `burnish.training.losses.likeness`, since it wants a network
LIKENESS = "likeness"


def facts(name: str) -> tuple[int, bool]:
    """The digits that a metric of that name is printed with, and whether higher is better."""
    return (
        (4, False) if name == LIKENESS else (METRICS[name].digits, METRICS[name].better == "higher")
    )
