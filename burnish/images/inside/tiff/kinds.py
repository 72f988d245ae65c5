"""What the samples of a page mean: which colours, in how many bits, and what stands beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....errors import UnsupportedChannels, UnsupportedFormat
from ...damage import corrupt
from ...picture import Depth
from . import tags

if TYPE_CHECKING:
    from tifffile import TiffPage

#: photometric -> samples of colour as they are stored, their name, and the bits they may have;
#: grey, colour and palettes may have any number up to the last
COLOURS: dict[int, tuple[int, str, tuple[int, ...]]] = {
    tags.WHITE_IS_ZERO: (1, "grey", tuple(range(1, 17))),
    tags.GREY: (1, "grey", tuple(range(1, 17))),
    tags.MASK: (1, "grey", tuple(range(1, 17))),
    tags.RGB: (3, "colour", tuple(range(1, 17))),
    tags.PALETTE: (1, "palette", tuple(range(1, 9))),
    tags.CMYK: (4, "CMYK", (8, 16)),
    # of 12 bits inside a JPEG alone
    tags.YCBCR: (3, "YCbCr", (8, 12)),
    tags.CIELAB: (3, "Lab", (8, 16)),
    tags.ICCLAB: (3, "Lab", (8, 16)),
}
#: bits of the floats that are read
FLOATS = (16, 32)
#: what tifffile calls the fields that hold one number, and gives as they stand, were they lists
NUMBERS = (
    *("imagewidth", "imagelength", "tilewidth", "tilelength", "rowsperstrip"),
    *("samplesperpixel", "planarconfig", "compression", "photometric"),
)
#: pixels of a tile, which is as large as its picture or larger where that is small; each is held
#: whole while it is decoded
LARGEST_TILE = 1 << 24
#: compressions that are read, those of `imagecodecs` that say beforehand how large their result is
READ = frozenset(
    {
        *(tags.NONE, tags.CCITT_RLE, tags.CCITT_3, tags.CCITT_4, tags.LZW, tags.DEFLATE),
        *(tags.PACKBITS, tags.OLD_DEFLATE, tags.LZMA, tags.ZSTD, tags.NEW_ZSTD, *tags.JPEGS),
        *(tags.WEBP, tags.NEW_WEBP, tags.LERC, tags.PNG, tags.JPEG_XL, tags.DNG_JPEG_XL),
        *tags.JPEG_2000,
    }
)


@dataclass(frozen=True)
class Kind:
    """What the samples of a page mean."""

    #: the kind of its colours (PhotometricInterpretation), RGB where the decoder makes that of it
    photometric: int
    #: samples of colour that a pixel has in the file
    samples: int
    #: channels of colour after decoding: 1 or 3
    colours: int
    #: the depth after decoding
    depth: Depth
    #: bits of a sample in the file
    bits: int
    #: whether samples are floats
    float: bool
    #: what the sample beside the colours is, as far as the file says; None where there is none
    extra: int | None
    #: what colours they are, in a word
    called: str

    @property
    def alpha(self) -> bool:
        """Whether the sample beside the colours is transparency."""
        return self.extra in (tags.PREMULTIPLIED, tags.ALPHA)

    @property
    def significant(self) -> int | None:
        """How many bits of a decoded sample count; None where all do."""
        whole = self.float or self.bits in (8, 16) or self.photometric == tags.PALETTE
        return None if whole else self.bits

    @property
    def stored(self) -> str:
        """How the file has its samples, in words."""
        words = f"{self.bits}-bit {'float ' if self.float else ''}{self.called}"
        if self.extra is None:
            return words
        return f"{words} and {'alpha' if self.alpha else 'a channel of another kind'}"


def kind_of(page: TiffPage, name: str) -> Kind:
    """What the samples of a page mean.

    UnsupportedFormat or UnsupportedChannels where they are of another kind than those read.
    """
    if not all(isinstance(getattr(page, field), int) for field in NUMBERS):
        raise corrupt(name, "its structure makes no sense")
    if not page.imagewidth or not page.imagelength:
        raise corrupt(name, f"its size is {page.imagewidth}x{page.imagelength}")
    strip = (page.tilewidth, page.tilelength) if page.is_tiled else (1, page.rowsperstrip)
    if not all(strip):
        raise corrupt(name, "its strips or tiles have no size")
    most = max(LARGEST_TILE, 4 * page.imagewidth * page.imagelength)
    if page.is_tiled and page.tilewidth * page.tilelength > most:
        raise corrupt(name, f"its tiles are {page.tilewidth}x{page.tilelength} pixels")
    if 0 in (page.subsampling or (1, 1)):
        raise corrupt(name, "its colours are coarser by nothing")
    if page.compression not in READ:
        raise UnsupportedFormat(
            f"{name}: is packed in a way that is not read ({_in_words(page.compression)}); save it "
            "with LZW or deflate, or without compression"
        )
    photometric = int(page.photometric)
    if photometric == tags.YCBCR and page.planarconfig == 2 and page.is_subsampled:
        raise UnsupportedFormat(
            f"{name}: has YCbCr in separate planes, of which two are smaller; convert it to RGB"
        )
    if photometric not in COLOURS or _has_other_inks(page):
        what = "inks other than CMYK" if photometric == tags.CMYK else _in_words(page.photometric)
        raise UnsupportedFormat(
            f"{name}: has colours of a kind that is not read ({what}); convert it to RGB"
        )
    samples, called, _ = COLOURS[photometric]
    sort, bits = _sample(page, photometric, name)
    extra = page.samplesperpixel - samples
    if extra not in (0, 1) or samples + extra > 4 or (extra and photometric == tags.PALETTE):
        raise UnsupportedChannels(
            f"{name}: has {page.samplesperpixel} channels of {called}; grey and RGB, each with or "
            "without alpha, and CMYK are read"
        )
    beside = (
        (int(page.extrasamples[0]) if page.extrasamples else tags.UNSPECIFIED) if extra else None
    )
    depth: Depth = "uint8" if bits <= 8 else "uint16"
    if sort == "f":
        depth = "float32"
    elif photometric == tags.PALETTE and _has_fine_palette(page, name):
        depth = "uint16"
    if photometric == tags.YCBCR and _is_made_rgb(page):
        photometric, called = tags.RGB, "colour"
    colours = 1 if samples == 1 and photometric != tags.PALETTE else 3
    return Kind(photometric, samples, colours, depth, bits, sort == "f", beside, called)


def _sample(page: TiffPage, photometric: int, name: str) -> tuple[str, int]:
    """The sort of a sample, "f" or "u", and its bits; UnsupportedChannels where they are others
    than those read.
    """
    _, called, known = COLOURS[photometric]
    bits = page.bitspersample
    sort = "" if page.dtype is None else page.dtype.kind
    # a and b of Lab have a sign, whether the file says so or not
    if sort == "b" or (sort == "i" and photometric == tags.CIELAB):
        sort = "u"
    plain = photometric in (tags.WHITE_IS_ZERO, tags.GREY, tags.RGB)
    if photometric == tags.YCBCR and not _is_made_rgb(page):
        known = (8,)
    if sort == "u" and bits in known and page.imagedepth == 1:
        return sort, bits
    if sort == "f" and plain and bits in FLOATS and page.imagedepth == 1:
        return sort, bits
    if page.imagedepth != 1:
        raise UnsupportedChannels(f"{name}: has volumes, {page.imagedepth} deep; save its slices")
    said = {"f": " float", "i": " signed", "c": " complex"}.get(sort, "")
    many = " and ".join(map(str, bits)) if isinstance(bits, tuple) else str(bits)
    raise UnsupportedChannels(
        f"{name}: has {many} bits{said} of {called}; 1 to 16 bits and floats of 16 and 32 are read "
        "(Lab and CMYK: 8 and 16); convert it to one of these"
    )


def _is_made_rgb(page: TiffPage) -> bool:
    """Whether the decoder makes RGB of YCbCr: of all three together, in a JPEG."""
    return page.compression in tags.JPEGS and page.planarconfig == 1


def _has_other_inks(page: TiffPage) -> bool:
    """Whether it is printed with other inks than cyan, magenta, yellow and black."""
    inks, number = page.tags.valueof(tags.INKS, 1), page.tags.valueof(tags.INK_NUMBER, 4)
    return page.photometric == tags.CMYK and (inks != 1 or number != 4)


def _has_fine_palette(page: TiffPage, name: str) -> bool:
    """Whether the colours of a palette, of 16 bits by the standard, need more than 8."""
    colours = page.colormap
    if colours is None or colours.shape[-1] < 2**page.bitspersample:
        raise corrupt(name, "its palette is not there")
    low, high = colours & 255, colours >> 8
    return bool(((low != 0) & (low != high)).any() and (high != 0).any())


def _in_words(value: object) -> str:
    """What tifffile calls a number, such as "ITULAB" or "65535"."""
    return str(getattr(value, "name", value))
