"""What is wrong with one picture: by its header, and by its pixels."""

from __future__ import annotations

from collections.abc import Iterator

from .findings import Found
from .header import CheckedHeader
from .look import Look

#: deviation of the brightness below which a picture is blank, in 8-bit steps
BLANK = 2.0
#: JPEG quality from which on traces hardly show
QUALITY = 75
#: sigma that is too much in a clean picture: 655 clean photographs had 1.5 at most, and with noise
#: of 6 they have 4
NOISE = 3.5
#: least detail of a clean picture: those photographs had 0.007 at least
DETAIL = 0.005
#: share of a side that black bars may take
BARS = 0.02


def faults_of_header(header: CheckedHeader, *, smallest: int) -> Iterator[Found]:
    """Yields what is wrong with a picture by its header.

    smallest: the least side that a crop needs, in this file's pixels.
    """
    file = (str(header.path),)
    if header.error:
        yield Found(header.error[0], file, header.error[1])
        return
    if min(header.size) < smallest:
        yield Found(
            "too-small", file, f"{header.width}x{header.height}, and the crop is {smallest}"
        )
    if header.misnamed:
        yield Found("misnamed", file, header.misnamed)
    if header.profile:
        yield Found("profile", file, header.profile)


def faults_of_look(header: CheckedHeader, look: Look, *, clean: bool) -> Iterator[Found]:
    """Yields what is wrong with a picture by its pixels.

    clean: whether the picture is what training is to reach.
    """
    file = (str(header.path),)
    if look.transparent:
        yield Found("alpha", file)
    if look.deviation < BLANK:
        yield Found("blank", file, f"brightness {look.mean:.0f}, deviation {look.deviation:.1f}")
        return
    if look.eight:
        yield Found("fake-16-bit", file)
    if look.grey and header.channels == 3:
        yield Found("grey-as-colour", file)
    if clean:
        yield from _not_clean(header, look, file)


def _not_clean(header: CheckedHeader, look: Look, file: tuple[str, ...]) -> Iterator[Found]:
    if header.quality is not None and header.quality < QUALITY:
        yield Found("low-quality", file, f"JPEG quality {header.quality}")
    if look.document:  # black on white has no noise that could be estimated, and margins of its own
        return
    if look.noisy > NOISE:
        yield Found("noisy-clean", file, f"sigma {look.noisy:.0f} or more in 8-bit steps")
    if look.detail is not None and look.detail < DETAIL:
        yield Found("soft", file)
    if look.bars > BARS:
        yield Found("bars", file, f"{look.bars:.0%} of a side")
