"""A file of ncnn's for pictures of any size: it pads by mirroring, and crops, as model files do.

(See `training/networks/any_size.py` for the reason.) ncnn's own padding mirrors about the edge
pixel, and never by more than a picture has. So the last rows are turned round and laid behind the
picture, doubled as often as a small one needs, and what is too much is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator

from .write import Layer

#: where height and width stand in [C, H, W], and how expressions of sizes call them
SIDES = {1: "h", 2: "w"}


def mirrored(name: str, multiple: int, result: str) -> Iterator[Layer]:
    """The layers that pad a picture to multiples at the right and below."""
    if multiple == 1:
        yield Layer("Noop", (name,), (result,))
        return
    for axis, side in SIDES.items():
        last = axis == max(SIDES)
        longer = result if last else f"{result}.{side}"
        yield from _longer(name, axis, side, multiple, longer)
        name = longer


def _longer(name: str, axis: int, side: str, multiple: int, result: str) -> Iterator[Layer]:
    """The layers that pad one side of a picture."""
    at = f"{result}.{side}"
    start = f"-(0{side},min(0{side},{multiple}))"
    yield Layer("Crop", (name,), (f"{at}.last",), {19: start, 20: f"0{side}", 21: str(axis)})
    yield Layer("Flip", (f"{at}.last",), (f"{at}.back.1",), {0: (axis,)})
    times = 1
    # Of a picture of one row, there may be as many to add as the multiple says, less one.
    while times < multiple - 1:
        back, again, twice = f"{at}.back.{times}", f"{at}.again.{times}", f"{at}.back.{2 * times}"
        yield Layer("Flip", (back,), (again,), {0: (axis,)})
        yield Layer("Concat", (back, again), (twice,), {0: axis})
        times *= 2
    yield Layer("Concat", (name, f"{at}.back.{times}"), (f"{at}.long",), {0: axis})
    end = f"*({multiple},//(+(1{side},{multiple - 1}),{multiple}))"
    yield Layer("Crop", (f"{at}.long", name), (result,), {19: "0", 20: end, 21: str(axis)})


def cropped(name: str, picture: str, scale: int, result: str) -> Layer:
    """The layer that cuts a result to so many times the size of a picture."""
    ends = f"*(1h,{scale}),*(1w,{scale})"
    return Layer("Crop", (name, picture), (result,), {19: "0,0", 20: ends, 21: "1,2"})
