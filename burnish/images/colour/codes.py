"""Colours by code (CICP, ITU-T H.273): in words, and as a profile that says the same.

A code stands where a format has a place for one; a profile says the same in the others, but of
brightness beyond a screen's white (PQ, HLG), which has no profile that programs agree on.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from .profiles import MADE, PROFILE_HEADER, srgb

#: colours that are taken as sRGB's: primaries of BT.709, and unspecified; its transfer, sRGB's and
#: unspecified, which screens show alike
PRIMARIES, TRANSFERS = frozenset({1, 2}), frozenset({1, 2, 6, 13, 14, 15})
#: colours that are not, in words
COLOURS = {4: "NTSC (1953)", 5: "PAL", 6: "NTSC", 9: "BT.2020", 11: "DCI-P3", 12: "Display P3"}
CURVES = {4: "gamma 2.2", 5: "gamma 2.8", 8: "linear", 16: "PQ", 18: "HLG"}
#: transfers that reach beyond a screen's white
BRIGHTER = frozenset({16, 18})
#: white and primaries as CIE xy, by their code
D65, CINEMA, C = (0.3127, 0.329), (0.314, 0.351), (0.31, 0.316)
GAMUTS: dict[int, tuple[tuple[float, ...], tuple[float, ...]]] = {
    1: (D65, (0.64, 0.33, 0.3, 0.6, 0.15, 0.06)),
    4: (C, (0.67, 0.33, 0.21, 0.71, 0.14, 0.08)),
    5: (D65, (0.64, 0.33, 0.29, 0.6, 0.15, 0.06)),
    6: (D65, (0.63, 0.34, 0.31, 0.595, 0.155, 0.07)),
    7: (D65, (0.63, 0.34, 0.31, 0.595, 0.155, 0.07)),
    9: (D65, (0.708, 0.292, 0.17, 0.797, 0.131, 0.046)),
    11: (CINEMA, (0.68, 0.32, 0.265, 0.69, 0.15, 0.06)),
    12: (D65, (0.68, 0.32, 0.265, 0.69, 0.15, 0.06)),
}
#: exponents of transfers that are one
GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
#: places of a curve of grey that is no exponent
STEPS = 1024
#: an exponent like sRGB's, to make its colours with
STANDARD = 2.2
#: tags of a profile that say where its channels lie
COLORANTS = frozenset((b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt", b"chad", b"chrm"))
#: what littlecms calls what it makes, the longer ones first
NAMES = ("sRGB built-in", "gray built-in", "RGB built-in")


def other_colours(cicp: tuple[int, ...] | None) -> tuple[int, int, int, int] | None:
    """The code of colours that are not sRGB's, as decoded samples have it: without a matrix, and of
    full range. None of those that are.
    """
    if cicp is None or (cicp[0] in PRIMARIES and cicp[1] in TRANSFERS):
        return None
    return (cicp[0], cicp[1], 0, 1)


def colours_in_words(cicp: tuple[int, int, int, int]) -> str:
    """A sentence on colours that are not sRGB's."""
    primaries, transfer = cicp[:2]
    space = "" if primaries in PRIMARIES else COLOURS.get(primaries, f"primaries {primaries}")
    curve = "" if transfer in TRANSFERS else CURVES.get(transfer, f"transfer {transfer}")
    named = " ".join(filter(None, (space, curve)))
    return f"its colours are {named} by its CICP code, and are restored as they stand"


def profile_of_code(cicp: tuple[int, int, int, int], *, grey: bool = False) -> bytes | None:
    """A profile that says the same as a code; None where none does: of PQ and HLG, of a matrix, of
    a range that is not the full one, and of codes that are not known.
    """
    primaries, transfer, matrix, full = cicp
    primaries = 1 if primaries in PRIMARIES else primaries
    known = primaries in GAMUTS and (transfer in TRANSFERS or transfer in GAMMAS)
    if matrix or not full or not known:
        return None
    name = " ".join(each[n] for each, n in ((COLOURS, primaries), (CURVES, transfer)) if n in each)
    return profile_made(*GAMUTS[primaries], GAMMAS.get(transfer), grey=grey, name=name)


def profile_made(
    white: Sequence[float],
    primaries: Sequence[float],
    gamma: float | None,
    *,
    grey: bool = False,
    name: str = "",
) -> bytes:
    """A profile of these colours, the same bytes each time.

    white, primaries: CIE xy, of red, green and blue one after another. gamma: the exponent; None is
    the curve of sRGB. grey: whether it is for pictures of one channel. name: what it is called, in
    up to twelve letters of ASCII.
    """
    import numpy as np
    from imagecodecs import cms_profile

    from .srgb import light_of

    if grey:
        ramp = np.linspace(0, 1, STEPS)
        tone = {"transferfunction": light_of(ramp)} if gamma is None else {"gamma": gamma}
        return _called(bytes(cms_profile("gray", whitepoint=[*white, 1], **tone)), name)
    points = [value for at in (0, 2, 4) for value in (*primaries[at : at + 2], 1)]
    made = bytes(
        cms_profile("rgb", whitepoint=[*white, 1], primaries=points, gamma=gamma or STANDARD)
    )
    return _called(made if gamma is not None else _with_places_of(made, srgb()), name)


def _with_places_of(made: bytes, other: bytes) -> bytes:
    """Another profile, whose curves stay, with the colours of its channels from the one made."""
    result = bytearray(other)
    places = _tags(other)
    for tag, (start, size) in _tags(made).items():
        if tag in COLORANTS and tag in places and places[tag][1] == size:
            at = places[tag][0]
            result[at : at + size] = made[start : start + size]
    return bytes(result)


def _tags(icc: bytes) -> dict[bytes, tuple[int, int]]:
    """(place, bytes) of each tag."""
    (count,) = struct.unpack_from(">I", icc, PROFILE_HEADER)
    entries = struct.iter_unpack(">4sII", icc[PROFILE_HEADER + 4 :][: 12 * count])
    return {tag: (start, size) for tag, start, size in entries}


def _called(icc: bytes, name: str) -> bytes:
    """A profile of littlecms's that was made now, under another name and at no time."""
    said = next(each for each in NAMES if each.encode("utf-16-be") in icc)
    called = (name or "by its code").ljust(len(said))[: len(said)]
    icc = icc.replace(said.encode("utf-16-be"), called.encode("utf-16-be"))
    return icc[: MADE.start] + struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + icc[MADE.stop :]
