"""What practitioners run on films, for comparison: ffmpeg's deflicker, DeScratch, and the median of
each frame and its two neighbours, moved to it ("SpotLess").

It runs in an environment of its own, with Python 3.12 or newer:

pip install VapourSynth vapoursynth-mvtools vapoursynth-zsmooth vapoursynth-descratch av numpy
python film_chain.py FROM.npz TO.npz

FROM holds the planes arr_0 to arr_2 of 4:2:0 frames of 8 bits, [frames, H, W]; so does TO.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Planes = Sequence[NDArray[np.uint8]]


def deflickered(planes: Planes) -> Planes:
    """The frames after ffmpeg's deflicker with its defaults: the mean of luma over five frames."""
    import av
    import av.filter

    count, height, width = planes[0].shape
    graph = av.filter.Graph()
    ends = (
        graph.add_buffer(
            width=width,
            height=height,
            format=av.VideoFormat("yuv420p", width, height),
            time_base=Fraction(1, 25),
        ),
        graph.add("deflicker"),
        graph.add("buffersink"),
    )
    graph.link_nodes(*ends).configure()
    results: list[Any] = []

    def pull() -> None:
        while True:
            try:
                results.append(graph.pull())
            except (av.error.BlockingIOError, av.error.EOFError):
                return

    for number in range(count):
        rows = np.concatenate([plane[number].reshape(-1) for plane in planes])
        frame = av.VideoFrame.from_ndarray(rows.reshape(-1, width), format="yuv420p")
        frame.pts = number
        graph.push(frame)
        pull()
    graph.push(None)
    pull()
    assert len(results) == count, f"{len(results)} of {count} frames came back"
    whole = np.stack([frame.to_ndarray(format="yuv420p").reshape(-1) for frame in results])
    sizes = [plane[0].size for plane in planes]
    parts = np.split(whole, np.cumsum(sizes)[:-1], 1)
    return [part.reshape(plane.shape) for part, plane in zip(parts, planes, strict=True)]


def without_scratches_and_spots(planes: Planes) -> Planes:
    """The frames after DeScratch with its defaults, and the motion compensated median of three."""
    import vapoursynth as vs

    core = vs.core
    count, height, width = planes[0].shape
    blank = core.std.BlankClip(width=width, height=height, format=vs.YUV420P8, length=count)

    def fill(n: int, f: Any) -> Any:
        frame = f.copy()
        for index, plane in enumerate(planes):
            np.asarray(frame[index])[:] = plane[n]
        return frame

    clip = core.std.ModifyFrame(blank, blank, fill)
    clip = core.descratch.DeScratch(clip)
    clip = spotless(core, clip)
    frames = [clip.get_frame(number) for number in range(count)]
    return [np.stack([np.array(frame[index]) for frame in frames]) for index in range(3)]


def spotless(core: Any, clip: Any) -> Any:
    """The median of each frame and both neighbours, moved: havsfunc's SpotLess at its defaults."""
    size = 8 if clip.width <= 960 else 16
    super_clip = core.mv.Super(clip, pel=2, sharp=1)
    ways = [
        core.mv.Analyse(
            super_clip, isb=back, blksize=size, overlap=size // 2, search=5, truemotion=True
        )
        for back in (False, True)
    ]
    moved = [core.mv.Compensate(clip, super_clip, way, thsad=10000) for way in ways]
    woven = core.std.Interleave([moved[0], clip, moved[1]])
    return core.std.SelectEvery(core.zsmooth.TemporalMedian(woven, radius=1), 3, [1])


def main() -> None:
    """The command."""
    source, target = sys.argv[1:]
    with np.load(source) as file:
        planes: Planes = [file[f"arr_{number}"] for number in range(3)]
    result = without_scratches_and_spots(deflickered(planes))
    np.savez(target, *result)


if __name__ == "__main__":
    main()
