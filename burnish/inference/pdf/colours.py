"""The colour spaces of PDFs (ISO 32000-1, 8.6), as far as pictures in them are restored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import UnsupportedChannels
from .library import is_list, is_stream, names, unpacked

#: what spaces are called that have so many channels
CALLED = {1: "grey", 3: "colour", 4: "CMYK"}
#: spaces by their names -> channels
PLAIN = {
    "/DeviceGray": 1,
    "/G": 1,
    "/CalGray": 1,
    "/DeviceRGB": 3,
    "/RGB": 3,
    "/CalRGB": 3,
    "/DeviceCMYK": 4,
    "/CMYK": 4,
}
#: spaces of inks that have names, whose looks only the PDF's own functions say
INKS = ("/Separation", "/DeviceN")
#: of a and b, where a space does not say
LAB_RANGE = (-100, 100, -100, 100)
#: entries that a palette may have
MOST_ENTRIES = 256


@dataclass(frozen=True, eq=False)
class Space:
    """The colour space of a picture."""

    #: channels of colour, behind the palette: 1, 3 or 4
    channels: int
    #: the space as the PDF has it; of a palette, that of its entries
    entry: Any
    #: its ICC profile
    icc: bytes | None = None
    #: the colours of a palette [entries, channels], 0 to 255; None where it has none
    palette: NDArray[np.uint8] | None = None
    #: of Lab, what the lowest and the highest code of a and of b stand for; None for others
    lab: tuple[tuple[float, float], tuple[float, float]] | None = None

    @property
    def name(self) -> str:
        """What it is called in sentences."""
        if self.lab is not None:
            return "Lab"
        return "palette" if self.palette is not None else CALLED[self.channels]

    @property
    def stored(self) -> int:
        """Channels as they are stored: those of a palette are one."""
        return 1 if self.palette is not None else self.channels


def space_of(entry: Any) -> Space:
    """The space that an entry /ColorSpace says. UnsupportedChannels where it is not read."""
    name = str(entry[0]) if is_list(entry) else str(entry)
    if name in PLAIN:
        return Space(PLAIN[name], entry)
    if name == "/ICCBased" and is_stream(entry[1]):
        channels = int(entry[1].get("/N", 0))
        if channels in CALLED:
            return Space(channels, entry, icc=unpacked(entry[1]))
    if name == "/Lab":
        low_a, high_a, low_b, high_b = map(float, entry[1].get("/Range", LAB_RANGE))
        return Space(3, entry, lab=((low_a, high_a), (low_b, high_b)))
    if name in ("/Indexed", "/I") and (base := space_of(entry[1])).lab is None:
        table = unpacked(entry[3]) if is_stream(entry[3]) else bytes(entry[3])
        return replace(base, palette=_palette(table, int(entry[2]), base.channels))
    raise UnsupportedChannels(_not_read(name, entry))


def _not_read(name: str, entry: Any) -> str:
    """Why the colours of a space are not read, and what to do."""
    if name in INKS:
        inks = len(names(entry[1]))
        return (
            f"its colours are {inks} ink{'s' if inks > 1 else ''} ({name[1:]}), where grey, RGB "
            "and CMYK are read; convert a copy to RGB"
        )
    if name == "/ICCBased":
        return "its colours have a profile that is not of 1, 3 or 4 channels"
    return f"its colours are of a kind that is not read ({name[1:]})"


def _palette(table: bytes, last: int, channels: int) -> NDArray[np.uint8]:
    """The table [entries, channels]; entries that it lacks are black."""
    entries = min(max(last, 0) + 1, MOST_ENTRIES)
    table = table[: entries * channels].ljust(entries * channels, b"\0")
    return np.frombuffer(table, np.uint8).reshape(entries, channels)


def output_profile(pdf: Any, channels: int) -> bytes | None:
    """The profile of the device that a PDF is meant for, where it has so many channels."""
    for intent in pdf.Root.get("/OutputIntents", []):
        profile = intent.get("/DestOutputProfile")
        if profile is not None and int(profile.get("/N", 0)) == channels:
            return unpacked(profile)
    return None
