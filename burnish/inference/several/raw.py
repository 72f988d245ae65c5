"""RawModel: the mosaic of a camera's raw file without its noise, developed again."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from ...contract import Array, Contract, Dial, Opened, mix
from ...errors import UnsupportedFormat
from ...ground.remarks import OnProgress, Say, silent
from ...images import MAX_MEGAPIXELS, Picture
from ...images.mosaic import Mosaic
from ...images.picture import to_planes
from ...pipeline import NOTHING, Asked, Auto, Finding, Restored, Settled, settle
from ...pipeline.mosaic import Denoise, denoised, noise_of
from ..model import Model

#: the name by which it is asked for
NAME = "raw"
#: how strong the noise is
NOISE = Dial("noise", 0.0, 75.0, 2.0, "sigma of a middle grey's samples, in steps of 255")
#: planes that a mosaic is packed into
PLANES = 4


class RawModel(Model):
    """Takes noise off the mosaic of a camera's raw file, and has LibRaw develop what is left.

    It is called as a Model is, with a picture that has a mosaic. How the noise grows with light is
    told by the file, or found on its samples; how strong it is, the dial may say.
    """

    #: the network that takes white noise off four planes, told its sigma in steps of 255
    denoiser: Model

    def __init__(self, denoiser: Model) -> None:
        self.denoiser = denoiser
        self.path = denoiser.path
        self.files = denoiser.files
        self.opened = None
        self.bytes_per_pixel = denoiser.bytes_per_pixel
        self.contract = Contract(reach=None, level="image", dials=(NOISE,))
        self.whole = False
        self.card = denoiser.card

    def open(
        self,
        *,
        device: str = "auto",
        threads: int | None = None,
        precision: str = "auto",
        backend: str | None = None,
        megapixels: float | None = None,
    ) -> Opened:
        """Loads the model that takes off noise, as `Model.open` does."""
        self.opened = self.denoiser.open(
            device=device,
            threads=threads,
            precision=precision,
            backend=backend,
            megapixels=megapixels,
        )
        return self.opened

    def settle(
        self,
        picture: Picture,
        asked: Asked = NOTHING,
        max_megapixels: float | None = MAX_MEGAPIXELS,
    ) -> Settled:
        """What the picture would be restored with: the noise that is asked for, or its mosaic's.

        UnsupportedFormat of a picture that has no mosaic of a Bayer filter.
        """
        mosaic = mosaic_of(picture)
        if isinstance(asked.dials.get(NOISE.name, Auto.AUTO), Auto):
            noise, origin = noise_of(mosaic)
            asked = replace(asked, dials={NOISE.name: Finding(noise.sigma, origin)})
        return settle(self.contract, asked, picture, max_megapixels)

    def restore_settled(
        self,
        picture: Picture,
        settled: Settled,
        *,
        tile: int | None = None,
        progress: OnProgress | None = None,
        say: Say = silent,
    ) -> Restored:
        """Restores a picture for which everything is settled; all is as in `Model`.

        A strength that is one number leaves noise in the mosaic; a map of it mixes what is
        developed.
        """
        mosaic = mosaic_of(picture)
        sigma = float(np.mean(settled.dials[NOISE.name]))
        share = np.asarray(settled.strength, np.float32)
        if not share.any() or sigma == 0:
            return Restored(picture, settled, 0.0)
        begun = time.perf_counter()
        light = mosaic.light()
        noise = noise_of(mosaic)[0].scaled(sigma)
        clean = denoised(light, noise, mosaic.pattern, self.planes_by(tile, progress, say))
        seconds = time.perf_counter() - begun
        amount = 1.0 if share.ndim else float(share)
        restored = mosaic.with_light(mix(light, clean, amount))
        pixels = to_planes(restored.develop(restored.samples))[:, :3]
        if share.ndim:
            mixed = mix(picture.pixels, pixels, share[None, None])
            return Restored(picture.with_pixels(mixed), settled, seconds)
        return Restored(replace(picture, planes=pixels, mosaic=restored), settled, seconds)

    def planes_by(
        self, tile: int | None = None, progress: OnProgress | None = None, say: Say = silent
    ) -> Denoise:
        """What takes white noise off planes, which have half the picture's sides; as `restore`."""
        most = self.denoiser.contract.dials[0].high
        side = None if tile is None else -(-tile // 2)
        by = self.denoiser.predictor("float32", tile=side, progress=progress, say=say)

        def off(planes: Array, sigma: float) -> Array:
            level = np.full((1, 1, 1, 1), min(sigma, most), np.float32)
            clean: Array = by(planes[None], level, 1.0)[0]
            return clean

        return off


def takes_mosaics(contract: Contract) -> bool:
    """Whether a network takes the four planes of a mosaic, told how strong their noise is."""
    planes = contract.channels_in == contract.channels_out == PLANES
    return planes and [dial.name for dial in contract.dials] == [NOISE.name]


def mosaic_of(picture: Picture) -> Mosaic:
    """The mosaic that a picture was developed from. UnsupportedFormat where there is none, or none
    of a Bayer filter.
    """
    if picture.mosaic is None:
        raise UnsupportedFormat(
            f"-m {NAME} takes noise off a camera's raw file, and this is none whose samples can be "
            "had; photo takes it off a picture"
        )
    if not picture.mosaic.bayer:
        side = len(picture.mosaic.pattern)
        raise UnsupportedFormat(
            f"-m {NAME} takes a raw file behind a Bayer filter, of two by two colours, and this "
            f"one's has {side} by {side} (X-Trans); photo takes noise off the developed picture"
        )
    return picture.mosaic
